internal import CryptoCore
internal import TLSCodec

/// What a PrivateMessage encrypts.
///
///     struct {
///       select (PrivateMessage.content_type) {
///         case application:  opaque application_data<V>;
///         case proposal:     Proposal proposal;
///         case commit:       Commit commit;
///       };
///       FramedContentAuthData auth;
///       opaque padding[length_of_padding];
///     } PrivateMessageContent;                             RFC 9420 section 6.3.1
enum PrivateMessageContent {
  static func encode(_ message: AuthenticatedContent, paddingByteCount: Int) -> [UInt8] {
    var writer = TLSWriter(reserving: 512)
    message.content.content.encodeWithoutType(to: &writer)
    message.auth.encode(to: &writer)
    writer.write(fixed: [UInt8](repeating: 0, count: max(0, paddingByteCount)))
    return writer.bytes
  }

  /// The content and its authentication; padding that is not zeros is refused.
  static func decode(
    _ type: ContentType, _ plaintext: [UInt8]
  ) throws(TLSError) -> (FramedContent.Content, FramedContentAuthData) {
    var reader = TLSReader(plaintext)
    let content = try FramedContent.Content(of: type, from: &reader)
    let auth = try FramedContentAuthData(of: type, from: &reader)
    guard plaintext[reader.offset...].allSatisfy({ $0 == 0 }) else { throw .invalidValue }
    return (content, auth)
  }
}

/// A private message whose sender is known.
struct PrivateMessageOpening {
  private let message: PrivateMessage
  private let senderData: SenderData
  private let aad: [UInt8]

  init(_ message: PrivateMessage, _ senderData: SenderData, _ suite: CipherSuiteAlgorithms) {
    self.message = message
    self.senderData = senderData
    aad = PrivateMessage.contentAAD(
      message.groupID, message.epoch, message.contentType, message.authenticatedData)
  }

  /// Decrypts, decodes, and verifies the signature.
  func open(
    with key: MessageKey, by signer: SignaturePublicKey, groupContext: [UInt8],
    _ suite: CipherSuiteAlgorithms
  ) throws(MessageProtectionError) -> AuthenticatedContent {
    let plaintext = try key.open(
      message.ciphertext, senderData.reuseGuard, authenticating: aad, suite)
    let content: AuthenticatedContent
    do throws(TLSError) {
      let (body, auth) = try PrivateMessageContent.decode(message.contentType, plaintext)
      content = AuthenticatedContent(
        wireFormat: .privateMessage,
        content: FramedContent(
          groupID: message.groupID, epoch: message.epoch, sender: .member(senderData.leaf),
          authenticatedData: message.authenticatedData, content: body), auth: auth)
    } catch { throw .openFailed }
    do throws(CipherSuiteError) {
      try suite.verify(content, by: signer, groupContext: groupContext)
    } catch { throw .invalidSignature }
    return content
  }
}

// RFC 9420 section 6.3.1: the nonce's first four bytes are XORed with the reuse guard.
extension MessageKey {
  func seal(
    _ plaintext: [UInt8], _ reuseGuard: ReuseGuard, authenticating: [UInt8], _ suite: CipherSuiteAlgorithms
  ) throws(MessageProtectionError) -> [UInt8] {
    do throws(AEADError) {
      return try keyAndNonce.withBytes { (both) throws(AEADError) in
        try suite.withKeyAndNonce(both, reuseGuard.number) { (key, nonce) throws(AEADError) in
          try suite.hpke.aead.seal(plaintext, using: key, nonce: nonce, authenticating: authenticating)
        }
      }
    } catch { throw .sealFailed }
  }

  func open(
    _ ciphertext: [UInt8], _ reuseGuard: ReuseGuard, authenticating: [UInt8],
    _ suite: CipherSuiteAlgorithms
  ) throws(MessageProtectionError) -> [UInt8] {
    do throws(AEADError) {
      return try keyAndNonce.withBytes { (both) throws(AEADError) in
        try suite.withKeyAndNonce(both, reuseGuard.number) { (key, nonce) throws(AEADError) in
          try suite.hpke.aead.open(ciphertext, using: key, nonce: nonce, authenticating: authenticating)
        }
      }
    } catch { throw .openFailed }
  }
}

extension CipherSuiteAlgorithms {
  /// Lends the key of `key || nonce`, and the nonce with the guard in it.
  func withKeyAndNonce<Result>(
    _ both: RawSpan, _ reuseGuard: UInt32, _ body: (RawSpan, RawSpan) throws(AEADError) -> Result
  ) throws(AEADError) -> Result {
    let keyByteCount = aeadKeyByteCount
    return try withTemporaryBytes(both.byteCount - keyByteCount) { (nonce) throws(AEADError) in
      nonce.copy(both.extracting(keyByteCount..<both.byteCount), to: 0)
      nonce.store(bigEndian: both.bigEndian(at: keyByteCount) ^ reuseGuard, at: 0)
      return try nonce.withReadOnly { (nonce) throws(AEADError) in
        try body(both.extracting(0..<keyByteCount), nonce)
      }
    }
  }
}

extension ReuseGuard {
  static func random() -> ReuseGuard { ReuseGuard(unchecked: SecureRandom.bytes(byteCount)) }

  var number: UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }
}
