/// HPKE's AEADs over buffers, with a key that lies beside its nonce in one secret, as a ratchet derives them.
extension HPKEAEAD {
  /// Encrypts `plaintext` into `output`, which has room for it and the tag, exactly.
  package func seal(
    _ plaintext: RawSpan, into output: inout MutableRawSpan, using key: RawSpan, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try check(plaintext: plaintext.byteCount, ciphertext: output.byteCount, key: key, nonce: nonce)
    switch self {
    case .aes128GCM, .aes256GCM:
      try AESGCM.seal(
        plaintext, into: &output, usingBytes: key, nonce: nonce, authenticating: authenticating)
    case .chaCha20Poly1305:
      ChaCha20Poly1305.seal(
        plaintext, into: &output, usingBytes: key, nonce: nonce, authenticating: authenticating)
    case .exportOnly: throw .invalidKeySize
    }
  }

  /// Decrypts `ciphertext` into `output`, which has room for the plaintext, exactly. If it throws, `output`
  /// holds nothing of it.
  package func open(
    _ ciphertext: RawSpan, into output: inout MutableRawSpan, using key: RawSpan, nonce: RawSpan,
    authenticating: RawSpan
  ) throws(AEADError) {
    try check(plaintext: output.byteCount, ciphertext: ciphertext.byteCount, key: key, nonce: nonce)
    switch self {
    case .aes128GCM, .aes256GCM:
      try AESGCM.open(
        ciphertext, into: &output, usingBytes: key, nonce: nonce, authenticating: authenticating)
    case .chaCha20Poly1305:
      try ChaCha20Poly1305.open(
        ciphertext, into: &output, usingBytes: key, nonce: nonce, authenticating: authenticating)
    case .exportOnly: throw .invalidKeySize
    }
  }

  /// Encrypts an array.
  package func seal(
    _ plaintext: [UInt8], using key: RawSpan, nonce: RawSpan, authenticating: [UInt8]
  ) throws(AEADError) -> [UInt8] {
    try withNewBytes(plaintext.count + 16) { (output) throws(AEADError) in
      // The arrays outlive the call.
      try unsafe seal(
        plaintext.span.bytes, into: &output, using: key, nonce: nonce,
        authenticating: authenticating.span.bytes)
    }
  }

  /// Decrypts an array.
  package func open(
    _ ciphertext: [UInt8], using key: RawSpan, nonce: RawSpan, authenticating: [UInt8]
  ) throws(AEADError) -> [UInt8] {
    guard ciphertext.count >= 16 else { throw .invalidSize }
    return try withNewBytes(ciphertext.count - 16) { (output) throws(AEADError) in
      // The arrays outlive the call.
      try unsafe open(
        ciphertext.span.bytes, into: &output, using: key, nonce: nonce,
        authenticating: authenticating.span.bytes)
    }
  }

  private func check(
    plaintext: Int, ciphertext: Int, key: RawSpan, nonce: RawSpan
  ) throws(AEADError) {
    guard let algorithm, key.byteCount == algorithm.keyByteCount else { throw .invalidKeySize }
    guard nonce.byteCount == algorithm.nonceByteCount else { throw .invalidNonceSize }
    guard ciphertext >= algorithm.tagByteCount, plaintext == ciphertext - algorithm.tagByteCount else {
      throw .invalidSize
    }
  }
}
