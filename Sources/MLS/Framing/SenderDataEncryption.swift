package import CryptoCore
internal import TLSCodec

/// The KDFLabels of sender data, up to their context: the ciphertext's first bytes. RFC 9420 section 6.3.2.
struct SenderDataLabels: Sendable {
  let key: [[UInt8]]
  let nonce: [[UInt8]]

  /// For samples of every size: a ciphertext may be shorter than the hash.
  init(_ suite: CipherSuiteAlgorithms) {
    let sizes = 0...suite.hashByteCount
    key = sizes.map { suite.kdfLabelPrefix(suite.aeadKeyByteCount, "key", contextByteCount: $0) }
    nonce = sizes.map { suite.kdfLabelPrefix(suite.aeadNonceByteCount, "nonce", contextByteCount: $0) }
  }
}

extension SenderData {
  static func next(_ leaf: LeafIndex, _ key: MessageKey) -> SenderData {
    SenderData(leaf: leaf, generation: key.generation, reuseGuard: .random())
  }
}

// RFC 9420 section 6.3.2.
extension MessageProtection {
  /// The key and nonce of a message's sender data.
  ///
  ///     ciphertext_sample = ciphertext[0..KDF.Nh-1]
  ///     sender_data_key = ExpandWithLabel(sender_data_secret, "key", ciphertext_sample, AEAD.Nk)
  ///     sender_data_nonce = ExpandWithLabel(sender_data_secret, "nonce", ciphertext_sample, AEAD.Nn)
  package func senderDataKey(sampleOf ciphertext: RawSpan) -> SenderDataKey {
    let count = min(ciphertext.byteCount, suite.hashByteCount)
    let sample = ciphertext.extracting(0..<count)
    let keyByteCount = suite.aeadKeyByteCount
    return HKDF.withExpander(senderDataSecret, hash: suite.hash) { expander in
      SenderDataKey(
        keyAndNonce: SecretKey(
          SecretBytes(byteCount: keyByteCount + suite.aeadNonceByteCount) { output in
            expander.expandBlock(
              senderDataLabels.key[count], context: sample, into: &output, at: 0..<keyByteCount)
            expander.expandBlock(
              senderDataLabels.nonce[count], context: sample, into: &output,
              at: keyByteCount..<output.byteCount)
          }))
    }
  }

  func seal(
    _ senderData: SenderData, _ type: ContentType, sampleOf ciphertext: [UInt8]
  ) throws(MessageProtectionError) -> [UInt8] {
    let key = ciphertext.withRawSpan { senderDataKey(sampleOf: $0) }
    do throws(AEADError) {
      return try key.messageKey.withKeyAndNonce(0, suite) { (key, nonce) throws(AEADError) in
        try suite.hpke.aead.seal(
          senderData.encoded, using: key, nonce: nonce,
          authenticating: PrivateMessage.senderDataAAD(groupID, epoch, type))
      }
    } catch { throw .sealFailed }
  }

  func openSenderData(of message: PrivateMessage) throws(MessageProtectionError) -> SenderData {
    let key = message.ciphertext.withRawSpan { senderDataKey(sampleOf: $0) }
    let aad = PrivateMessage.senderDataAAD(groupID, epoch, message.contentType)
    do {
      let plaintext = try key.messageKey.withKeyAndNonce(0, suite) { (key, nonce) throws(AEADError) in
        try suite.hpke.aead.open(
          message.encryptedSenderData, using: key, nonce: nonce, authenticating: aad)
      }
      return try SenderData(decoding: plaintext)
    } catch { throw .openFailed }
  }
}

/// The key and nonce of one message's sender data.
package struct SenderDataKey: Sendable {
  package let keyAndNonce: SecretKey

  var messageKey: MessageKey { MessageKey(keyAndNonce: keyAndNonce, generation: 0) }
}
