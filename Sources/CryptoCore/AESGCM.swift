internal import Crypto
internal import Foundation

/// AES-128-GCM with a 12-byte nonce. NIST SP 800-38D, swift-crypto.
public enum AES128GCM: AEAD {
  /// 16.
  public static let keyByteCount = 16
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
    try AESGCM.seal(plaintext, into: &output, using: key, nonce: nonce, authenticating: authenticating)
  }

  /// Decrypts `ciphertext` into `output`, which has room for the plaintext, exactly. If it throws, `output`
  /// holds nothing of it.
  public static func open(
    _ ciphertext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try checkSizes(
      plaintext: output.byteCount, ciphertext: ciphertext.byteCount, key: key, nonce: nonce)
    try AESGCM.open(ciphertext, into: &output, using: key, nonce: nonce, authenticating: authenticating)
  }
}

/// AES-256-GCM with a 12-byte nonce. NIST SP 800-38D, swift-crypto.
public enum AES256GCM: AEAD {
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
    try AESGCM.seal(plaintext, into: &output, using: key, nonce: nonce, authenticating: authenticating)
  }

  /// Decrypts `ciphertext` into `output`, which has room for the plaintext, exactly. If it throws, `output`
  /// holds nothing of it.
  public static func open(
    _ ciphertext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try checkSizes(
      plaintext: output.byteCount, ciphertext: ciphertext.byteCount, key: key, nonce: nonce)
    try AESGCM.open(ciphertext, into: &output, using: key, nonce: nonce, authenticating: authenticating)
  }
}

/// swift-crypto's AES-GCM over spans. Also takes nonces that are longer than 12 bytes, for vectors.
package enum AESGCM {
  static let tagByteCount = 16

  package static func seal(
    _ plaintext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try key.withBytes { (key) throws(AEADError) in
      try seal(plaintext, into: &output, usingBytes: key, nonce: nonce, authenticating: authenticating)
    }
  }

  package static func open(
    _ ciphertext: RawSpan, into output: inout MutableRawSpan, using key: SecretKey, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try key.withBytes { (key) throws(AEADError) in
      try open(ciphertext, into: &output, usingBytes: key, nonce: nonce, authenticating: authenticating)
    }
  }

  static func seal(
    _ plaintext: RawSpan, into output: inout MutableRawSpan, usingBytes key: RawSpan, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    do {
      let box = try unsafe plaintext.withRawBuffer { plaintext in
        try unsafe authenticating.withRawBuffer { authenticating in
          try unsafe AES.GCM.seal(
            plaintext, using: key.symmetric, nonce: try nonce.gcmNonce,
            authenticating: authenticating)
        }
      }
      box.ciphertext.withRawSpan { output.copy($0, to: 0) }
      let end = output.byteCount - tagByteCount
      box.tag.withRawSpan { output.copy($0, to: end) }
    } catch { throw .invalidKeySize }
  }

  static func open(
    _ ciphertext: RawSpan, into output: inout MutableRawSpan, usingBytes key: RawSpan, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    guard ciphertext.byteCount >= tagByteCount else { throw .invalidSize }
    let end = ciphertext.byteCount - tagByteCount
    do {
      var plaintext = try unsafe ciphertext.withRawBuffer { bytes in
        try unsafe authenticating.withRawBuffer { authenticating in
          let box = try unsafe AES.GCM.SealedBox(
            nonce: try nonce.gcmNonce, ciphertext: unsafe UnsafeRawBufferPointer(rebasing: bytes[..<end]),
            tag: unsafe UnsafeRawBufferPointer(rebasing: bytes[end...]))
          return try unsafe AES.GCM.open(box, using: key.symmetric, authenticating: authenticating)
        }
      }
      plaintext.withRawSpan { output.copy($0, to: 0) }
      plaintext.wipe()
    } catch { throw .authenticationFailed }
  }
}

extension AESGCM {
  /// Decrypts an array under a nonce of any length that swift-crypto takes.
  package static func open(
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
}
