public import TLSCodec

/// What a client supports, beyond the defaults of RFC 9420.
///
/// ```
/// struct {
///   ProtocolVersion versions<V>;
///   CipherSuite cipher_suites<V>;
///   ExtensionType extensions<V>;
///   ProposalType proposals<V>;
///   CredentialType credentials<V>;
/// } Capabilities;
/// ```
/// RFC 9420 section 7.2.
public struct Capabilities: WireCodable, Hashable, Sendable {
  /// The versions of the protocol.
  public var versions: [ProtocolVersion]
  /// The cipher suites.
  public var cipherSuites: [CipherSuite]
  /// The extensions that not every client has.
  public var extensions: [ExtensionType]
  /// The proposals that not every client has.
  public var proposals: [ProposalType]
  /// The credentials that the client can judge.
  public var credentials: [CredentialType]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.versions), field(\.cipherSuites), field(\.extensions), field(\.proposals),
    field(\.credentials))

  /// Capabilities.
  public init(
    versions: [ProtocolVersion], cipherSuites: [CipherSuite], extensions: [ExtensionType],
    proposals: [ProposalType], credentials: [CredentialType]
  ) {
    self.versions = versions
    self.cipherSuites = cipherSuites
    self.extensions = extensions
    self.proposals = proposals
    self.credentials = credentials
  }

  /// The capabilities without the numbers that test how others treat the unknown.
  var withoutGREASE: Capabilities {
    Capabilities(
      versions: versions, cipherSuites: cipherSuites.filter { !$0.isGREASE },
      extensions: extensions.filter { !$0.isGREASE }, proposals: proposals.filter { !$0.isGREASE },
      credentials: credentials.filter { !$0.isGREASE })
  }

  /// Whether the client takes extensions of a type: a default one, or one that it lists.
  public func supports(_ type: ExtensionType) -> Bool { type.isDefault || extensions.contains(type) }

  /// Whether the client takes proposals of a type: a default one, or one that it lists.
  public func supports(_ type: ProposalType) -> Bool { type.isDefault || proposals.contains(type) }

  /// Whether the client can judge credentials of a type.
  public func supports(_ type: CredentialType) -> Bool { credentials.contains(type) }

  /// Whether everything that a group requires is supported. RFC 9420 section 11.1.
  public func meets(_ required: RequiredCapabilities) -> Bool {
    required.extensionTypes.allSatisfy(supports) && required.proposalTypes.allSatisfy(supports)
      && required.credentialTypes.allSatisfy(supports)
  }
}

/// What every member of a group must support.
///
/// ```
/// struct {
///   ExtensionType extension_types<V>;
///   ProposalType proposal_types<V>;
///   CredentialType credential_types<V>;
/// } RequiredCapabilities;
/// ```
/// RFC 9420 section 11.1.
public struct RequiredCapabilities: WireCodable, Hashable, Sendable {
  /// The extensions.
  public var extensionTypes: [ExtensionType]
  /// The proposals.
  public var proposalTypes: [ProposalType]
  /// The credentials.
  public var credentialTypes: [CredentialType]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.extensionTypes), field(\.proposalTypes), field(\.credentialTypes))

  /// Requirements.
  public init(
    extensionTypes: [ExtensionType] = [], proposalTypes: [ProposalType] = [],
    credentialTypes: [CredentialType] = []
  ) {
    self.extensionTypes = extensionTypes
    self.proposalTypes = proposalTypes
    self.credentialTypes = credentialTypes
  }
}
