internal import CSodium

/// A frame sealed in place: `prefix || length field || ciphertext || tag`, where the prefix is the associated
/// data and its last 24 bytes are the nonce. Nothing is allocated.
extension XChaCha20Poly1305 {
  /// Draws a nonce into the prefix and encrypts what stands after the length field, whose last 16 bytes
  /// make room for the tag.
  package static func sealFrame(
    _ frame: inout MutableRawSpan, prefixByteCount: Int, lengthFieldByteCount: Int,
    using key: SecretKey
  ) throws(AEADError) {
    let start = prefixByteCount + lengthFieldByteCount
    guard key.byteCount == keyByteCount else { throw .invalidKeySize }
    guard prefixByteCount >= nonceByteCount, lengthFieldByteCount >= 0,
      frame.byteCount >= start + tagByteCount
    else { throw .invalidSize }
    _ = Sodium.isReady
    // Every offset lies within the frame, as checked above; libsodium allows plaintext and ciphertext to
    // be the same place.
    unsafe frame.withUnsafeMutableBytes { frame in
      guard let base = unsafe frame.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
      let nonce = unsafe base + (prefixByteCount - nonceByteCount)
      unsafe randombytes_buf(nonce, nonceByteCount)
      let body = unsafe base + start
      let plaintextByteCount = frame.count - start - tagByteCount
      key.withBytes { key in
        unsafe key.withUnsafeBytes { key in
          _ = unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
            body, nil, body, UInt64(plaintextByteCount), base, UInt64(prefixByteCount), nil, nonce,
            key.byteAddress)
        }
      }
    }
  }

  /// Opens such a frame into `output`, which has the plaintext's size.
  package static func openFrame(
    _ frame: RawSpan, prefixByteCount: Int, lengthFieldByteCount: Int,
    into output: inout MutableRawSpan, using key: SecretKey
  ) throws(AEADError) {
    let start = prefixByteCount + lengthFieldByteCount
    guard prefixByteCount >= nonceByteCount, lengthFieldByteCount >= 0, frame.byteCount >= start else {
      throw .invalidSize
    }
    try open(
      frame.extracting(start..<frame.byteCount), into: &output, using: key,
      nonce: frame.extracting(prefixByteCount - nonceByteCount..<prefixByteCount),
      authenticating: frame.extracting(0..<prefixByteCount))
  }
}
