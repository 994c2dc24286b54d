import Benchmark
import Letterlock

/// `Archive.open` of stored bytes, beside libsodium alone on as many bytes.
func registerOpening() {
  registerOpening("open 200 B", textByteCount: 200, batchCount: 32)
  registerOpening("open 16 KiB", textByteCount: 16 * 1024, batchCount: 4)
}

private func registerOpening(_ name: String, textByteCount: Int, batchCount: Int) {
  Benchmark(name, configuration: .timed) { (benchmark, sample: Sample) in
    let bare = BareCipher()
    var nonce = [UInt8](repeating: 0, count: 24)
    let ciphertext = bare.encrypt([UInt8](repeating: 0x61, count: sample.paddedByteCount), nonce: &nonce)
    try benchmark.compare(batchCount) {
      blackHole(try sample.archive.open(SealedRecord(decoding: sample.record)))
    } with: {
      blackHole(try bare.decrypt(ciphertext, nonce: nonce))
    }
  } setup: {
    try Sample(textByteCount: textByteCount)
  }
}
