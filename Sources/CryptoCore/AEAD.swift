/// Why an AEAD did not seal or open.
public enum AEADError: Error, Hashable, Sendable {
  /// The ciphertext, its associated data, the nonce or the key is not the one that was used to seal.
  case authenticationFailed
  /// The key has not the AEAD's size.
  case invalidKeySize
  /// The nonce has not the AEAD's size.
  case invalidNonceSize
  /// The ciphertext is shorter than a tag, or the output has not the size of the result.
  case invalidSize
}

/// Authenticated encryption: one shape for every algorithm, over buffers that the caller owns.
///
/// A ciphertext is the encrypted bytes, then the tag.
public protocol AEAD {
  /// The key's size in bytes.
  static var keyByteCount: Int { get }
  /// The nonce's size in bytes.
  static var nonceByteCount: Int { get }
  /// The tag's size in bytes.
  static var tagByteCount: Int { get }

  /// Encrypts `plaintext` into `output`, which has room for it and the tag, exactly.
  static func seal(
    _ plaintext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError)

  /// Decrypts `ciphertext` into `output`, which has room for the plaintext, exactly. If it throws, `output`
  /// holds nothing of it.
  static func open(
    _ ciphertext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError)
}

extension AEAD {
  static func checkSizes(
    plaintext: Int, ciphertext: Int, key: SecretKey, nonce: RawSpan
  ) throws(AEADError) {
    guard key.byteCount == keyByteCount else { throw .invalidKeySize }
    guard nonce.byteCount == nonceByteCount else { throw .invalidNonceSize }
    guard ciphertext >= tagByteCount, plaintext == ciphertext - tagByteCount else {
      throw .invalidSize
    }
  }

  /// Encrypts an array.
  public static func seal(
    _ plaintext: [UInt8], using key: SecretKey, nonce: [UInt8], authenticating: [UInt8]
  ) throws(AEADError) -> [UInt8] {
    try withNewBytes(plaintext.count + tagByteCount) { (output) throws(AEADError) in
      // The arrays outlive the call.
      try unsafe seal(
        plaintext.span.bytes, into: &output, using: key, nonce: nonce.span.bytes,
        authenticating: authenticating.span.bytes)
    }
  }

  /// Decrypts an array.
  public static func open(
    _ ciphertext: [UInt8], using key: SecretKey, nonce: [UInt8], authenticating: [UInt8]
  ) throws(AEADError) -> [UInt8] {
    guard ciphertext.count >= tagByteCount else { throw .invalidSize }
    return try withNewBytes(ciphertext.count - tagByteCount) { (output) throws(AEADError) in
      // The arrays outlive the call.
      try unsafe open(
        ciphertext.span.bytes, into: &output, using: key, nonce: nonce.span.bytes,
        authenticating: authenticating.span.bytes)
    }
  }

  /// Encrypts a secret.
  package static func sealSecret(
    _ secret: SecretKey, using key: SecretKey, nonce: [UInt8], authenticating: [UInt8]
  ) throws(AEADError) -> [UInt8] {
    try withNewBytes(secret.byteCount + tagByteCount) { (output) throws(AEADError) in
      try secret.withBytes { (plaintext) throws(AEADError) in
        // The arrays outlive the call.
        try unsafe seal(
          plaintext, into: &output, using: key, nonce: nonce.span.bytes,
          authenticating: authenticating.span.bytes)
      }
    }
  }

  /// Decrypts a secret.
  package static func openSecret(
    _ ciphertext: [UInt8], using key: SecretKey, nonce: [UInt8], authenticating: [UInt8]
  ) throws(AEADError) -> SecretKey {
    guard ciphertext.count >= tagByteCount else { throw .invalidSize }
    return SecretKey(
      try SecretBytes(byteCount: ciphertext.count - tagByteCount) { (output) throws(AEADError) in
        // The arrays outlive the call.
        try unsafe open(
          ciphertext.span.bytes, into: &output, using: key, nonce: nonce.span.bytes,
          authenticating: authenticating.span.bytes)
      })
  }
}
