public import TLSCodec

/// Who may send proposals to a group without being a member.
///
/// ```
/// struct {
///   SignaturePublicKey signature_key;
///   Credential credential;
/// } ExternalSender;
/// ```
/// RFC 9420 section 12.1.8.1.
public struct ExternalSender: WireCodable, Hashable, Sendable {
  /// The key of its signatures.
  public var signatureKey: SignaturePublicKey
  /// Who it is.
  public var credential: Credential

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.signatureKey), field(\.credential))

  /// A sender.
  public init(signatureKey: SignaturePublicKey, credential: Credential) {
    self.signatureKey = signatureKey
    self.credential = credential
  }
}
