package import CryptoCore
internal import TLSCodec

/// What an epoch's messages are signed, authenticated and encrypted with. RFC 9420 section 6.
package struct MessageProtection: Sendable {
  let suite: CipherSuiteAlgorithms
  let groupID: [UInt8]
  let epoch: UInt64
  /// The epoch's GroupContext, encoded: every signature of a member covers it.
  let groupContext: [UInt8]
  var authenticatedDataFormat: AuthenticatedDataFormat
  let senderDataSecret: SecretKey
  let membershipKey: SecretKey
  let senderDataLabels: SenderDataLabels
  /// The keys of private messages.
  package internal(set) var secretTree: SecretTree
  /// How far messages may be out of order.
  package var limits: RatchetLimits

  /// The protection of an epoch.
  package init(
    _ context: GroupContext, senderDataSecret: SecretKey, membershipKey: SecretKey, secretTree: SecretTree,
    limits: RatchetLimits = .default, _ suite: CipherSuiteAlgorithms
  ) {
    self.suite = suite
    groupID = context.groupID
    epoch = context.epoch
    groupContext = context.encoded
    authenticatedDataFormat = context.authenticatedDataFormat
    self.senderDataSecret = senderDataSecret
    self.membershipKey = membershipKey
    self.secretTree = secretTree
    self.limits = limits
    senderDataLabels = SenderDataLabels(suite)
  }

  private func checkPlace(_ groupID: [UInt8], _ epoch: UInt64) throws(MessageProtectionError) {
    guard groupID == self.groupID else { throw .wrongGroup }
    guard epoch == self.epoch else { throw .wrongEpoch }
  }
}

// RFC 9420 section 6.1.
extension MessageProtection {
  /// Signs a content for one way of travelling. A commit gets its confirmation tag afterwards, since the tag
  /// covers the signature.
  package func sign(
    _ content: FramedContent, _ wireFormat: MessageWireFormat, with key: SignatureKeyPair
  ) throws(MessageProtectionError) -> AuthenticatedContent {
    if case .application = content.content, wireFormat == .publicMessage {
      throw .applicationDataNotEncrypted
    }
    try authenticatedDataFormat.check(content.authenticatedData)
    do throws(CipherSuiteError) {
      let signature = try suite.signWithLabel(
        key, label: "FramedContentTBS", about: content.byteCountToBeSigned + groupContext.count
      ) { content.encodeToBeSigned(wireFormat, groupContext: groupContext, to: &$0) }
      return AuthenticatedContent(
        wireFormat: wireFormat, content: content,
        auth: FramedContentAuthData(signature: signature, confirmationTag: nil))
    } catch { throw .sealFailed }
  }

  /// Verifies a content's signature.
  /// - Throws: `MessageProtectionError.invalidSignature`.
  package func verify(
    _ message: AuthenticatedContent, by key: SignaturePublicKey
  ) throws(MessageProtectionError) {
    do throws(CipherSuiteError) {
      try suite.verify(message, by: key, groupContext: groupContext)
    } catch { throw .invalidSignature }
  }
}

extension CipherSuiteAlgorithms {
  /// Verifies the signature of a content.
  func verify(
    _ message: AuthenticatedContent, by key: SignaturePublicKey, groupContext: [UInt8]
  ) throws(CipherSuiteError) {
    let content = message.content
    try verifyWithLabel(
      key, label: "FramedContentTBS", signature: message.auth.signature,
      about: content.byteCountToBeSigned + groupContext.count
    ) { content.encodeToBeSigned(message.wireFormat, groupContext: groupContext, to: &$0) }
  }
}

// RFC 9420 section 6.2.
extension MessageProtection {
  /// A signed content as PublicMessage; a member's gets a membership tag.
  package func protect(_ message: AuthenticatedContent) throws(MessageProtectionError) -> PublicMessage {
    try checkPlace(message.content.groupID, message.content.epoch)
    guard message.wireFormat == .publicMessage, message.content.content.type != .application else {
      throw .applicationDataNotEncrypted
    }
    let isMember = message.content.sender.leaf != nil
    return PublicMessage(
      content: message.content, auth: message.auth,
      membershipTag: isMember ? suite.mac(membershipKey, membershipInput(message)) : nil)
  }

  /// The content of a PublicMessage, its membership tag and signature verified.
  package func unprotect(
    _ message: PublicMessage, by key: SignaturePublicKey
  ) throws(MessageProtectionError) -> AuthenticatedContent {
    try checkPlace(message.content.groupID, message.content.epoch)
    guard message.content.content.type != .application else { throw .applicationDataNotEncrypted }
    try authenticatedDataFormat.check(message.content.authenticatedData)
    let content = AuthenticatedContent(
      wireFormat: .publicMessage, content: message.content, auth: message.auth)
    if message.content.sender.leaf != nil {
      guard let tag = message.membershipTag, suite.isValid(tag, membershipKey, membershipInput(content))
      else { throw .invalidMembershipTag }
    }
    try verify(content, by: key)
    return content
  }

  /// `AuthenticatedContentTBM`.
  ///
  ///     struct {
  ///       FramedContentTBS content_tbs;
  ///       FramedContentAuthData auth;
  ///     } AuthenticatedContentTBM;
  private func membershipInput(_ message: AuthenticatedContent) -> [UInt8] {
    var writer = TLSWriter(reserving: 1024)
    writer.write(fixed: message.content.toBeSigned(message.wireFormat, groupContext: groupContext))
    message.auth.encode(to: &writer)
    return writer.bytes
  }
}

// RFC 9420 section 6.3.
extension MessageProtection {
  /// A member's signed content as PrivateMessage, with `paddingByteCount` zero bytes after it.
  package mutating func seal(
    _ message: AuthenticatedContent, paddingByteCount: Int = 0
  ) throws(MessageProtectionError) -> PrivateMessage {
    let content = message.content
    try checkPlace(content.groupID, content.epoch)
    guard message.wireFormat == .privateMessage, let leaf = content.sender.leaf else {
      throw .wrongSenderType
    }
    let type = content.content.type
    let key = try secretTree.nextKey(of: leaf, type)
    let senderData = SenderData.next(leaf, key)
    let plaintext = PrivateMessageContent.encode(message, paddingByteCount: paddingByteCount)
    let aad = PrivateMessage.contentAAD(groupID, epoch, type, content.authenticatedData)
    let ciphertext = try key.seal(plaintext, senderData.reuseGuard, authenticating: aad, suite)
    return PrivateMessage(
      groupID: groupID, epoch: epoch, contentType: type, authenticatedData: content.authenticatedData,
      encryptedSenderData: try seal(senderData, type, sampleOf: ciphertext), ciphertext: ciphertext)
  }

  /// The content of a PrivateMessage, its signature verified by the key of its sender, which the caller
  /// knows. The message's key is gone afterwards; if this throws, nothing has changed.
  package mutating func open(
    _ message: PrivateMessage, signatureKey: (LeafIndex) -> SignaturePublicKey?
  ) throws(MessageProtectionError) -> AuthenticatedContent {
    try checkPlace(message.groupID, message.epoch)
    try authenticatedDataFormat.check(message.authenticatedData)
    let senderData = try openSenderData(of: message)
    guard let signer = signatureKey(senderData.leaf) else { throw .unknownSender(senderData.leaf) }
    let opening = PrivateMessageOpening(message, senderData, suite)
    let (suite, groupContext) = (suite, groupContext)
    return try secretTree.withKey(
      of: senderData.leaf, message.contentType, generation: senderData.generation, limits: limits
    ) { (key) throws(MessageProtectionError) in
      try opening.open(with: key, by: signer, groupContext: groupContext, suite)
    }
  }
}
