import Benchmark
import Letterlock

/// `Conversation.seal` beside libsodium alone on as many bytes.
func registerSealing() {
  registerSealing("seal 200 B", textByteCount: 200, batchCount: 32)
  registerSealing("seal 16 KiB", textByteCount: 16 * 1024, batchCount: 4)
}

private func registerSealing(_ name: String, textByteCount: Int, batchCount: Int) {
  Benchmark(name, configuration: .timed) { (benchmark, sample: Sample) in
    let bare = BareCipher()
    let plaintext = [UInt8](repeating: 0x61, count: sample.paddedByteCount)
    var nonce = [UInt8](repeating: 0, count: 24)
    try benchmark.compare(batchCount) {
      blackHole(try sample.conversation.seal(sample.message))
    } with: {
      blackHole(bare.encrypt(plaintext, nonce: &nonce))
    }
  } setup: {
    try Sample(textByteCount: textByteCount)
  }
}
