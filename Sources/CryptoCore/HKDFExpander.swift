internal import CSodium
internal import Crypto

/// HKDF-Expand of several outputs from one key, none longer than the hash: the key is hashed once for all of
/// them, and nothing is allocated. For ratchets, which derive three values from every secret.
package struct HKDFExpander: ~Copyable {
  private let hash: HashFunctionName
  private var sha256 = crypto_auth_hmacsha256_state()
  private var sha512 = crypto_auth_hmacsha512_state()
  private var sha384: Crypto.HMAC<SHA384>?

  fileprivate init(_ key: SecretKey, _ hash: HashFunctionName) {
    self.hash = hash
    _ = Sodium.isReady
    key.withBytes { key in
      // Every buffer outlives the call.
      unsafe key.withUnsafeBytes { key in
        switch hash {
        case .sha256: _ = unsafe crypto_auth_hmacsha256_init(&sha256, key.byteAddress, key.count)
        case .sha512: _ = unsafe crypto_auth_hmacsha512_init(&sha512, key.byteAddress, key.count)
        case .sha384: break
        }
      }
    }
    if hash == .sha384 { sha384 = Crypto.HMAC<SHA384>(key: key.symmetric) }
  }

  fileprivate mutating func wipe() {
    unsafe sodium_memzero(&sha256, MemoryLayout<crypto_auth_hmacsha256_state>.size)
    unsafe sodium_memzero(&sha512, MemoryLayout<crypto_auth_hmacsha512_state>.size)
  }

  /// `T(1) = HMAC(key, prefix || context || 0x01)`, as much of it as `range` has room for.
  package func expandBlock(
    _ prefix: [UInt8], context: RawSpan, into output: inout MutableRawSpan, at range: Range<Int>
  ) {
    withTemporaryBytes(hash.digestByteCount) { block in
      switch hash {
      case .sha256: expand256(prefix, context, &block)
      case .sha512: expand512(prefix, context, &block)
      case .sha384: expand384(prefix, context, &block)
      }
      block.withReadOnly {
        output.copy($0.extracting(0..<min(range.count, $0.byteCount)), to: range.lowerBound)
      }
    }
  }

  /// The same with a big-endian number as context.
  package func expandBlock(
    _ prefix: [UInt8], context: UInt32, into output: inout MutableRawSpan, at range: Range<Int>
  ) {
    withTemporaryBytes(4) { number in
      number.store(bigEndian: context, at: 0)
      number.withReadOnly { expandBlock(prefix, context: $0, into: &output, at: range) }
    }
  }

  private func expand256(_ prefix: [UInt8], _ context: RawSpan, _ block: inout MutableRawSpan) {
    var state = sha256
    var counter: UInt8 = 1
    // Every buffer outlives the call; the block has the hash's size.
    _ = unsafe crypto_auth_hmacsha256_update(&state, prefix, UInt64(prefix.count))
    unsafe context.withUnsafeBytes {
      _ = unsafe crypto_auth_hmacsha256_update(&state, $0.byteAddress, UInt64($0.count))
    }
    _ = unsafe crypto_auth_hmacsha256_update(&state, &counter, 1)
    unsafe block.withUnsafeMutableBytes { _ = unsafe crypto_auth_hmacsha256_final(&state, $0.byteAddress) }
    unsafe sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
  }

  private func expand512(_ prefix: [UInt8], _ context: RawSpan, _ block: inout MutableRawSpan) {
    var state = sha512
    var counter: UInt8 = 1
    // Every buffer outlives the call; the block has the hash's size.
    _ = unsafe crypto_auth_hmacsha512_update(&state, prefix, UInt64(prefix.count))
    unsafe context.withUnsafeBytes {
      _ = unsafe crypto_auth_hmacsha512_update(&state, $0.byteAddress, UInt64($0.count))
    }
    _ = unsafe crypto_auth_hmacsha512_update(&state, &counter, 1)
    unsafe block.withUnsafeMutableBytes { _ = unsafe crypto_auth_hmacsha512_final(&state, $0.byteAddress) }
    unsafe sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha512_state>.size)
  }

  private func expand384(_ prefix: [UInt8], _ context: RawSpan, _ block: inout MutableRawSpan) {
    guard var code = sha384 else { return }
    code.update(data: prefix)
    // The span outlives the call.
    unsafe context.withUnsafeBytes { unsafe code.update(data: $0) }
    code.update(data: [1])
    code.finalize().withRawSpan { block.copy($0, to: 0) }
  }
}

extension HKDF {
  /// Lends an expander of one key, and wipes it.
  package static func withExpander<Result>(
    _ key: SecretKey, hash: HashFunctionName, _ body: (borrowing HKDFExpander) -> Result
  ) -> Result {
    var expander = HKDFExpander(key, hash)
    defer { expander.wipe() }
    return body(expander)
  }
}
