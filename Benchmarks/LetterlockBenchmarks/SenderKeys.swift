#if SIGNAL
import Benchmark
import SenderKey

/// libsignal-protocol-c's message in a group: signed, a new key for each, and its store written each time.
func registerSenderKeys() {
  let batchCount = 16
  Benchmark("libsignal-protocol-c sender key encrypt 100 B", configuration: .timed) {
    (benchmark, peer: SenderKeyPeer) in
    benchmark.note(try Batch(of: batchCount) { blackHole(try peer.encrypt()) }, of: batchCount)
  } setup: {
    try SenderKeyPeer()
  }
  Benchmark("libsignal-protocol-c sender key decrypt 100 B", configuration: .timed) {
    (benchmark, peer: SenderKeyPeer) in
    let messages = try (0..<batchCount).map { _ in try peer.encrypt() }
    var next = 0
    benchmark.note(
      try Batch(of: batchCount) {
        blackHole(try peer.decrypt(messages[next]))
        next += 1
      }, of: batchCount)
  } setup: {
    try SenderKeyPeer()
  }
}

/// Both ends of a group.
@safe private final class SenderKeyPeer {
  // Belongs to this object alone, and is used by one thread.
  private let pair: OpaquePointer
  private let plaintext = [UInt8](repeating: 0x61, count: 100)

  init() throws {
    guard let pair = unsafe sender_key_pair_new() else { throw Failure.refused }
    unsafe self.pair = pair
    try decrypt(encrypt())
  }

  deinit { unsafe sender_key_pair_free(pair) }

  func encrypt() throws -> [UInt8] {
    let message = unsafe [UInt8](unsafeUninitializedCapacity: 512) { buffer, initialized in
      initialized = unsafe sender_key_encrypt(
        pair, plaintext, plaintext.count, buffer.baseAddress, buffer.count)
    }
    guard !message.isEmpty else { throw Failure.refused }
    return message
  }

  @discardableResult
  func decrypt(_ message: [UInt8]) throws -> Int {
    let byteCount = unsafe sender_key_decrypt(pair, message, message.count)
    guard byteCount == plaintext.count else { throw Failure.wrongContent }
    return byteCount
  }
}
#endif
