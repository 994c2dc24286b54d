public import TLSCodec

/// A group's state, signed by a member for those who join.
///
/// ```
/// struct {
///   GroupContext group_context;
///   Extension extensions<V>;
///   MAC confirmation_tag;
///   uint32 signer;
///   /* SignWithLabel(., "GroupInfoTBS", GroupInfoTBS) */
///   opaque signature<V>;
/// } GroupInfo;
/// ```
/// RFC 9420 section 12.4.3.
public struct GroupInfo: WireCodable, Hashable, Sendable {
  /// What the members agree on.
  public var groupContext: GroupContext
  /// More for who joins: the ratchet tree, the key for external commits.
  public var extensions: [Extension]
  /// The confirmation tag of the commit that began the epoch.
  public var confirmationTag: MAC
  /// Who signed.
  public var signer: LeafIndex
  /// The signature of all of this.
  public var signature: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.groupContext), field(\.extensions), field(\.confirmationTag), field(\.signer),
    field(\.signature))

  package init(
    groupContext: GroupContext, extensions: [Extension], confirmationTag: MAC, signer: LeafIndex,
    signature: [UInt8] = []
  ) {
    self.groupContext = groupContext
    self.extensions = extensions
    self.confirmationTag = confirmationTag
    self.signer = signer
    self.signature = signature
  }

  /// What is signed: the fields above the signature. `GroupInfoTBS`.
  var toBeSigned: [UInt8] {
    var writer = TLSWriter(reserving: 1024)
    groupContext.encode(to: &writer)
    extensions.encode(to: &writer)
    confirmationTag.encode(to: &writer)
    signer.encode(to: &writer)
    return writer.bytes
  }

  /// Signs the GroupInfo as its signer.
  package mutating func sign(with key: SignatureKeyPair, _ suite: CipherSuiteAlgorithms)
    throws(CipherSuiteError)
  {
    signature = try suite.signWithLabel(key, label: "GroupInfoTBS", toBeSigned)
  }

  /// Verifies that the owner of a key, the leaf's at `signer`, signed.
  /// - Throws: `CipherSuiteError.invalidSignature`.
  package func verifySignature(
    by key: SignaturePublicKey, _ suite: CipherSuiteAlgorithms
  ) throws(CipherSuiteError) {
    try suite.verifyWithLabel(key, label: "GroupInfoTBS", toBeSigned, signature: signature)
  }
}
