internal import CSodium

/// XChaCha20-Poly1305 with a 24-byte nonce, which may be random. draft-irtf-cfrg-xchacha, libsodium.
public enum XChaCha20Poly1305: AEAD {
  /// 32.
  public static let keyByteCount = 32
  /// 24.
  public static let nonceByteCount = 24
  /// 16.
  public static let tagByteCount = 16

  /// Encrypts `plaintext` into `output`, which has room for it and the tag, exactly.
  public static func seal(
    _ plaintext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try checkSizes(
      plaintext: plaintext.byteCount, ciphertext: output.byteCount, key: key, nonce: nonce)
    _ = key.withBytes { key in
      unsafe SodiumCall.run(plaintext, &output, key, nonce, authenticating) {
        // Sizes were checked just above, and every buffer outlives the call.
        unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
          $0.output, nil, $0.input, $0.inputCount, $0.associated, $0.associatedCount, nil, $0.nonce,
          $0.key)
      }
    }
  }

  /// Decrypts `ciphertext` into `output`, which has room for the plaintext, exactly. If it throws, `output`
  /// holds nothing of it.
  public static func open(
    _ ciphertext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try checkSizes(
      plaintext: output.byteCount, ciphertext: ciphertext.byteCount, key: key, nonce: nonce)
    let status = key.withBytes { key in
      unsafe SodiumCall.run(ciphertext, &output, key, nonce, authenticating) {
        // Sizes were checked just above, and every buffer outlives the call.
        unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
          $0.output, nil, nil, $0.input, $0.inputCount, $0.associated, $0.associatedCount, $0.nonce,
          $0.key)
      }
    }
    guard status == 0 else { throw .authenticationFailed }
  }
}

/// ChaCha20-Poly1305 with a 12-byte nonce. RFC 8439, libsodium.
public enum ChaCha20Poly1305: AEAD {
  /// 32.
  public static let keyByteCount = 32
  /// 12.
  public static let nonceByteCount = 12
  /// 16.
  public static let tagByteCount = 16

  /// Encrypts `plaintext` into `output`, which has room for it and the tag, exactly.
  public static func seal(
    _ plaintext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try checkSizes(
      plaintext: plaintext.byteCount, ciphertext: output.byteCount, key: key, nonce: nonce)
    key.withBytes {
      seal(plaintext, into: &output, usingBytes: $0, nonce: nonce, authenticating: authenticating)
    }
  }

  static func seal(
    _ plaintext: RawSpan, into output: inout MutableRawSpan, usingBytes key: RawSpan, nonce: RawSpan,
    authenticating: RawSpan
  ) {
    _ = unsafe SodiumCall.run(plaintext, &output, key, nonce, authenticating) {
      // Sizes were checked just above, and every buffer outlives the call.
      unsafe crypto_aead_chacha20poly1305_ietf_encrypt(
        $0.output, nil, $0.input, $0.inputCount, $0.associated, $0.associatedCount, nil, $0.nonce,
        $0.key)
    }
  }

  /// Decrypts `ciphertext` into `output`, which has room for the plaintext, exactly. If it throws, `output`
  /// holds nothing of it.
  public static func open(
    _ ciphertext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try checkSizes(
      plaintext: output.byteCount, ciphertext: ciphertext.byteCount, key: key, nonce: nonce)
    try key.withBytes { (key) throws(AEADError) in
      try open(ciphertext, into: &output, usingBytes: key, nonce: nonce, authenticating: authenticating)
    }
  }

  static func open(
    _ ciphertext: RawSpan, into output: inout MutableRawSpan, usingBytes key: RawSpan, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    let status = unsafe SodiumCall.run(ciphertext, &output, key, nonce, authenticating) {
      // Sizes were checked just above, and every buffer outlives the call.
      unsafe crypto_aead_chacha20poly1305_ietf_decrypt(
        $0.output, nil, nil, $0.input, $0.inputCount, $0.associated, $0.associatedCount, $0.nonce,
        $0.key)
    }
    guard status == 0 else { throw .authenticationFailed }
  }
}

/// The pointers of one AEAD call, valid while `body` runs.
@unsafe private struct SodiumCall {
  let output: UnsafeMutablePointer<UInt8>
  let input: UnsafePointer<UInt8>
  let inputCount: UInt64
  let associated: UnsafePointer<UInt8>
  let associatedCount: UInt64
  let nonce: UnsafePointer<UInt8>
  let key: UnsafePointer<UInt8>

  @inline(__always)
  static func run(
    _ input: RawSpan, _ output: inout MutableRawSpan, _ key: RawSpan, _ nonce: RawSpan,
    _ associated: RawSpan, _ body: (SodiumCall) -> Int32
  ) -> Int32 {
    // Each pointer comes from a span or a key that is borrowed for the whole of `body`.
    unsafe input.withUnsafeBytes { input in
      unsafe output.withUnsafeMutableBytes { output in
        unsafe nonce.withUnsafeBytes { nonce in
          unsafe associated.withUnsafeBytes { associated in
            unsafe key.withUnsafeBytes { key in
              unsafe body(
                SodiumCall(
                  output: output.byteAddress,
                  input: input.byteAddress,
                  inputCount: UInt64(input.count),
                  associated: associated.byteAddress,
                  associatedCount: UInt64(associated.count),
                  nonce: nonce.byteAddress,
                  key: key.byteAddress))
            }
          }
        }
      }
    }
  }
}
