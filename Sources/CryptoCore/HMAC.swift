internal import CSodium
internal import Crypto

/// HMAC with SHA-2. RFC 2104, FIPS 198-1. SHA-256 and SHA-512 by libsodium, which is quicker on short
/// inputs; SHA-384 by swift-crypto.
public enum HMAC {
  /// The authentication code of `message`: as long as the hash.
  public static func authenticationCode(
    for message: [UInt8], using key: SecretKey, hash: HashFunctionName
  ) -> [UInt8] {
    withNewBytes(hash.digestByteCount) { output in
      message.withRawSpan { write($0, key, hash, into: &output) }
    }
  }

  /// Whether `code` is the whole authentication code of `message`, in constant time.
  public static func isValid(
    _ code: [UInt8], for message: [UInt8], using key: SecretKey, hash: HashFunctionName
  ) -> Bool {
    constantTimeEqual(code, authenticationCode(for: message, using: key, hash: hash))
  }

  /// Writes an authentication code into `output`, which has the hash's size.
  static func write(
    _ message: RawSpan, _ key: SecretKey, _ hash: HashFunctionName, into output: inout MutableRawSpan
  ) {
    key.withBytes { write(message, usingBytes: $0, hash, into: &output) }
  }

  static func write(
    _ message: RawSpan, usingBytes key: RawSpan, _ hash: HashFunctionName, into output: inout MutableRawSpan
  ) {
    _ = Sodium.isReady
    switch hash {
    case .sha256: sha256(message, key, &output)
    case .sha512: sha512(message, key, &output)
    case .sha384:
      var code = Crypto.HMAC<SHA384>(key: key.symmetric)
      // The span outlives the call.
      unsafe message.withUnsafeBytes { unsafe code.update(data: $0) }
      code.finalize().withRawSpan { output.copy($0, to: 0) }
    }
  }

  private static func sha256(_ message: RawSpan, _ key: RawSpan, _ output: inout MutableRawSpan) {
    var state = crypto_auth_hmacsha256_state()
    // Every buffer outlives the call; the output has the hash's size.
    unsafe key.withUnsafeBytes { key in
      _ = unsafe crypto_auth_hmacsha256_init(&state, key.byteAddress, key.count)
    }
    unsafe message.withUnsafeBytes { message in
      _ = unsafe crypto_auth_hmacsha256_update(&state, message.byteAddress, UInt64(message.count))
    }
    unsafe output.withUnsafeMutableBytes { output in
      _ = unsafe crypto_auth_hmacsha256_final(&state, output.byteAddress)
    }
    unsafe sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha256_state>.size)
  }

  private static func sha512(_ message: RawSpan, _ key: RawSpan, _ output: inout MutableRawSpan) {
    var state = crypto_auth_hmacsha512_state()
    // Every buffer outlives the call; the output has the hash's size.
    unsafe key.withUnsafeBytes { key in
      _ = unsafe crypto_auth_hmacsha512_init(&state, key.byteAddress, key.count)
    }
    unsafe message.withUnsafeBytes { message in
      _ = unsafe crypto_auth_hmacsha512_update(&state, message.byteAddress, UInt64(message.count))
    }
    unsafe output.withUnsafeMutableBytes { output in
      _ = unsafe crypto_auth_hmacsha512_final(&state, output.byteAddress)
    }
    unsafe sodium_memzero(&state, MemoryLayout<crypto_auth_hmacsha512_state>.size)
  }
}
