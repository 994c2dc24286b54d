/// The application's judgement of who is who. RFC 9420 section 5.3.1.
public protocol AuthenticationService: Sendable {
  /// Whether a credential is genuine, and vouches for the signature key.
  func accepts(_ credential: Credential, signatureKey: SignaturePublicKey) -> Bool

  /// Whether a member may go on under another credential: both name the same client.
  func accepts(_ credential: Credential, replacing former: Credential) -> Bool

  /// What tells the client of a leaf from all others: of leaves with one identity only one may be in a group. It
  /// is asked of every member when somebody is added. RFC 9420 section 12.2.
  func clientIdentity(of leaf: LeafNode) -> [UInt8]

  /// Whether a client may propose that it is added. RFC 9420 section 12.1.8.
  func mayProposeItself(_ keyPackage: KeyPackage) -> Bool
}

extension AuthenticationService {
  /// Only the same credential.
  public func accepts(_ credential: Credential, replacing former: Credential) -> Bool {
    credential == former
  }

  /// The signature key.
  public func clientIdentity(of leaf: LeafNode) -> [UInt8] { leaf.signatureKey.bytes }

  /// Nobody.
  public func mayProposeItself(_ keyPackage: KeyPackage) -> Bool { false }
}

/// Takes every credential at its word: for tests, and for applications that verify identities by other means
/// before they add anybody.
public struct UnauthenticatedCredentials: AuthenticationService {
  /// The service.
  public init() {}

  /// Always.
  public func accepts(_ credential: Credential, signatureKey: SignaturePublicKey) -> Bool { true }

  /// Always: who is added is for the application to decide.
  public func mayProposeItself(_ keyPackage: KeyPackage) -> Bool { true }
}
