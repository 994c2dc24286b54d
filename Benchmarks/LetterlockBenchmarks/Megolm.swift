#if OLM
import Benchmark
import COlm

/// Another library's message in a group, beside which to see ours: signed, not padded, a new key for each.
func registerMegolm() {
  let batchCount = 16
  Benchmark("libolm Megolm encrypt 100 B", configuration: .timed) { (benchmark, megolm: Megolm) in
    benchmark.note(try Batch(of: batchCount) { blackHole(try megolm.encrypt()) }, of: batchCount)
  } setup: {
    try Megolm()
  }
  Benchmark("libolm Megolm decrypt 100 B", configuration: .timed) { (benchmark, megolm: Megolm) in
    let messages = try (0..<batchCount).map { _ in try megolm.encrypt() }
    var next = 0
    benchmark.note(
      try Batch(of: batchCount) {
        blackHole(try megolm.decrypt(messages[next]))
        next += 1
      }, of: batchCount)
  } setup: {
    try Megolm()
  }
}

/// A session's sending and receiving ends.
@safe private final class Megolm {
  // Both lie in memory that this object owns, and are used by one thread.
  private let outbound: OpaquePointer
  private let inbound: OpaquePointer
  private let memory: (sending: UnsafeMutableRawPointer, receiving: UnsafeMutableRawPointer)
  private let plaintext = [UInt8](repeating: 0x61, count: 100)

  init() throws {
    let sending = UnsafeMutableRawPointer.allocate(
      byteCount: olm_outbound_group_session_size(), alignment: 16)
    let receiving = UnsafeMutableRawPointer.allocate(
      byteCount: olm_inbound_group_session_size(), alignment: 16)
    unsafe memory = (sending, receiving)
    guard let outbound = unsafe olm_outbound_group_session(sending),
      let inbound = unsafe olm_inbound_group_session(receiving)
    else { throw Failure.refused }
    unsafe self.outbound = outbound
    unsafe self.inbound = inbound
    var random = BareCipher.random(unsafe olm_init_outbound_group_session_random_length(outbound))
    try Self.check(unsafe olm_init_outbound_group_session(outbound, &random, random.count))
    var key = [UInt8](repeating: 0, count: unsafe olm_outbound_group_session_key_length(outbound))
    try Self.check(unsafe olm_outbound_group_session_key(outbound, &key, key.count))
    try Self.check(unsafe olm_init_inbound_group_session(inbound, key, key.count))
    guard try decrypt(encrypt()) == plaintext else { throw Failure.wrongContent }
  }

  deinit {
    unsafe memory.sending.deallocate()
    unsafe memory.receiving.deallocate()
  }

  func encrypt() throws -> [UInt8] {
    let byteCount = unsafe olm_group_encrypt_message_length(outbound, plaintext.count)
    return try unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      initialized = try Self.check(
        unsafe olm_group_encrypt(outbound, plaintext, plaintext.count, buffer.baseAddress, byteCount))
    }
  }

  func decrypt(_ message: [UInt8]) throws -> [UInt8] {
    // libolm overwrites the message.
    var message = message
    var index: UInt32 = 0
    return try unsafe [UInt8](unsafeUninitializedCapacity: message.count) { buffer, initialized in
      initialized = try Self.check(
        unsafe olm_group_decrypt(
          inbound, &message, message.count, buffer.baseAddress, buffer.count, &index))
    }
  }

  @discardableResult
  private static func check(_ result: Int) throws -> Int {
    guard result != olm_error() else { throw Failure.refused }
    return result
  }
}
#endif
