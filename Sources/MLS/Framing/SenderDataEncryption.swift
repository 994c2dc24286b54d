package import CryptoCore
internal import TLSCodec

/// The KDFLabels of sender data, up to their context: the ciphertext's first bytes. RFC 9420 section 6.3.2.
struct SenderDataLabels: Sendable {
  private let suite: CipherSuiteAlgorithms
  private let full: (key: [UInt8], nonce: [UInt8])

  init(_ suite: CipherSuiteAlgorithms) {
    self.suite = suite
    full = Self.labels(suite, sampleByteCount: suite.hashByteCount)
  }

  private static func labels(
    _ suite: CipherSuiteAlgorithms, sampleByteCount: Int
  ) -> (key: [UInt8], nonce: [UInt8]) {
    (
      suite.kdfLabelPrefix(suite.aeadKeyByteCount, "key", contextByteCount: sampleByteCount),
      suite.kdfLabelPrefix(suite.aeadNonceByteCount, "nonce", contextByteCount: sampleByteCount)
    )
  }

  /// A ciphertext may be shorter than the hash, but none that a suite's signature is in.
  func labels(sampleByteCount: Int) -> (key: [UInt8], nonce: [UInt8]) {
    sampleByteCount == suite.hashByteCount ? full : Self.labels(suite, sampleByteCount: sampleByteCount)
  }
}

extension SenderData {
  static func next(_ leaf: LeafIndex, _ key: MessageKey) -> SenderData {
    SenderData(leaf: leaf, generation: key.generation, reuseGuard: .random())
  }
}

// RFC 9420 section 6.3.2.
extension MessageProtection {
  /// The key and nonce of a message's sender data, `key || nonce`.
  ///
  ///     ciphertext_sample = ciphertext[0..KDF.Nh-1]
  ///     sender_data_key = ExpandWithLabel(sender_data_secret, "key", ciphertext_sample, AEAD.Nk)
  ///     sender_data_nonce = ExpandWithLabel(sender_data_secret, "nonce", ciphertext_sample, AEAD.Nn)
  package func senderDataKey(sampleOf ciphertext: RawSpan, into keyAndNonce: inout MutableRawSpan) {
    let count = min(ciphertext.byteCount, suite.hashByteCount)
    let sample = ciphertext.extracting(0..<count)
    let keyByteCount = suite.aeadKeyByteCount
    let end = keyAndNonce.byteCount
    let labels = senderDataLabels.labels(sampleByteCount: count)
    HKDF.withExpander(senderDataSecret, hash: suite.hash) { expander in
      expander.expandBlock(labels.key, context: sample, into: &keyAndNonce, at: 0..<keyByteCount)
      expander.expandBlock(labels.nonce, context: sample, into: &keyAndNonce, at: keyByteCount..<end)
    }
  }

  /// The same, to be kept.
  package func senderDataKey(sampleOf ciphertext: RawSpan) -> SecretKey {
    SecretKey(
      SecretBytes(byteCount: suite.aeadKeyByteCount + suite.aeadNonceByteCount) {
        senderDataKey(sampleOf: ciphertext, into: &$0)
      })
  }

  /// Lends the key, and the nonce, of the sender data of a message that is there.
  private func withSenderDataKey<Result>(
    sampleOf ciphertext: [UInt8], _ body: (RawSpan, RawSpan) throws(AEADError) -> Result
  ) throws(AEADError) -> Result {
    try withTemporaryBytes(suite.aeadKeyByteCount + suite.aeadNonceByteCount) { (both) throws(AEADError) in
      ciphertext.withRawSpan { senderDataKey(sampleOf: $0, into: &both) }
      return try both.withReadOnly { (both) throws(AEADError) in
        try suite.withKeyAndNonce(both, 0, body)
      }
    }
  }

  func seal(
    _ senderData: SenderData, _ type: ContentType, sampleOf ciphertext: [UInt8]
  ) throws(MessageProtectionError) -> [UInt8] {
    do throws(AEADError) {
      return try withSenderDataKey(sampleOf: ciphertext) { (key, nonce) throws(AEADError) in
        try suite.hpke.aead.seal(
          senderData.encoded, using: key, nonce: nonce,
          authenticating: PrivateMessage.senderDataAAD(groupID, epoch, type))
      }
    } catch { throw .sealFailed }
  }

  func openSenderData(of message: PrivateMessage) throws(MessageProtectionError) -> SenderData {
    let aad = PrivateMessage.senderDataAAD(groupID, epoch, message.contentType)
    do {
      let plaintext = try withSenderDataKey(sampleOf: message.ciphertext) { (key, nonce) throws(AEADError) in
        try suite.hpke.aead.open(
          message.encryptedSenderData, using: key, nonce: nonce, authenticating: aad)
      }
      return try SenderData(decoding: plaintext)
    } catch { throw .openFailed }
  }
}
