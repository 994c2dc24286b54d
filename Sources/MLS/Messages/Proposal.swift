public import TLSCodec

/// A change to a group that somebody proposes.
///
/// ```
/// struct {
///   ProposalType proposal_type;
///   select (Proposal.proposal_type) {
///     case add:                       Add;
///     case update:                    Update;
///     case remove:                    Remove;
///     case psk:                       PreSharedKey;
///     case reinit:                    ReInit;
///     case external_init:             ExternalInit;
///     case group_context_extensions:  GroupContextExtensions;
///     case app_data_update:           AppDataUpdate;
///     case app_ephemeral:             AppEphemeral;
///     case self_remove:               SelfRemove;
///   };
/// } Proposal;
/// ```
/// RFC 9420 section 12.1; the last three are of draft-ietf-mls-extensions. A type that is not known here is
/// taken to hold one `opaque<V>`, and survives.
public enum Proposal: TLSCodable, Hashable, Sendable {
  /// Adds a client. RFC 9420 section 12.1.1.
  case add(Add)
  /// Replaces the sender's leaf. RFC 9420 section 12.1.2.
  case update(Update)
  /// Removes a member. RFC 9420 section 12.1.3.
  case remove(Remove)
  /// Brings a pre-shared key in. RFC 9420 section 12.1.4.
  case preSharedKey(PreSharedKey)
  /// Closes the group in favour of another. RFC 9420 section 12.1.5.
  case reInit(ReInit)
  /// Joins from outside. RFC 9420 section 12.1.6.
  case externalInit(ExternalInit)
  /// Replaces the group's extensions. RFC 9420 section 12.1.7.
  case groupContextExtensions(GroupContextExtensions)
  /// Changes a component's data. draft-ietf-mls-extensions, section "Updating Application Data in the GroupContext".
  case appDataUpdate(AppDataUpdate)
  /// Sends data to a component with the commit. draft-ietf-mls-extensions, section "Attaching Application Data to a
  /// Commit".
  case appEphemeral(AppEphemeral)
  /// Removes its sender. draft-ietf-mls-extensions, section "SelfRemove Proposal".
  case selfRemove
  /// A type that this library does not know.
  case unknown(ProposalType, [UInt8])

  /// The type on the wire.
  public var type: ProposalType {
    switch self {
    case .add: .add
    case .update: .update
    case .remove: .remove
    case .preSharedKey: .preSharedKey
    case .reInit: .reInit
    case .externalInit: .externalInit
    case .groupContextExtensions: .groupContextExtensions
    case .appDataUpdate: .appDataUpdate
    case .appEphemeral: .appEphemeral
    case .selfRemove: .selfRemove
    case .unknown(let type, _): type
    }
  }

  /// Writes the type and the proposal.
  public func encode(to writer: inout TLSWriter) {
    type.encode(to: &writer)
    switch self {
    case .add(let add): add.encode(to: &writer)
    case .update(let update): update.encode(to: &writer)
    case .remove(let remove): remove.encode(to: &writer)
    case .preSharedKey(let key): key.encode(to: &writer)
    case .reInit(let reInit): reInit.encode(to: &writer)
    case .externalInit(let externalInit): externalInit.encode(to: &writer)
    case .groupContextExtensions(let extensions): extensions.encode(to: &writer)
    case .appDataUpdate(let update): update.encode(to: &writer)
    case .appEphemeral(let ephemeral): ephemeral.encode(to: &writer)
    case .selfRemove: break
    case .unknown(_, let content): writer.write(opaque: content)
    }
  }

  /// Reads a type and its proposal.
  public init(from reader: inout TLSReader) throws(TLSError) {
    switch try ProposalType(from: &reader) {
    case .add: self = .add(try Add(from: &reader))
    case .update: self = .update(try Update(from: &reader))
    case .remove: self = .remove(try Remove(from: &reader))
    case .preSharedKey: self = .preSharedKey(try PreSharedKey(from: &reader))
    case .reInit: self = .reInit(try ReInit(from: &reader))
    case .externalInit: self = .externalInit(try ExternalInit(from: &reader))
    case .groupContextExtensions:
      self = .groupContextExtensions(try GroupContextExtensions(from: &reader))
    case .appDataUpdate: self = .appDataUpdate(try AppDataUpdate(from: &reader))
    case .appEphemeral: self = .appEphemeral(try AppEphemeral(from: &reader))
    case .selfRemove: self = .selfRemove
    case let type: self = .unknown(type, try reader.readOpaque())
    }
  }
}

/// `struct { KeyPackage key_package; } Add`. RFC 9420 section 12.1.1.
public struct Add: WireCodable, Hashable, Sendable {
  /// The client's keys.
  public var keyPackage: KeyPackage
  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.keyPackage))
  /// An Add.
  public init(keyPackage: KeyPackage) { self.keyPackage = keyPackage }
}

/// `struct { LeafNode leaf_node; } Update`. RFC 9420 section 12.1.2.
public struct Update: WireCodable, Hashable, Sendable {
  /// The sender's new leaf.
  public var leafNode: LeafNode
  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.leafNode))
  /// An Update.
  public init(leafNode: LeafNode) { self.leafNode = leafNode }
}

/// `struct { uint32 removed; } Remove`. RFC 9420 section 12.1.3.
public struct Remove: WireCodable, Hashable, Sendable {
  /// The member's leaf.
  public var removed: LeafIndex
  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.removed))
  /// A Remove.
  public init(removed: LeafIndex) { self.removed = removed }
}

/// `struct { PreSharedKeyID psk; } PreSharedKey`. RFC 9420 section 12.1.4.
public struct PreSharedKey: WireCodable, Hashable, Sendable {
  /// The key, and the nonce of this use.
  public var id: PreSharedKeyID
  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.id))
  /// A PreSharedKey.
  public init(id: PreSharedKeyID) { self.id = id }
}

/// What the group that takes this one's place is like.
///
/// ```
/// struct {
///   opaque group_id<V>;
///   ProtocolVersion version;
///   CipherSuite cipher_suite;
///   Extension extensions<V>;
/// } ReInit;
/// ```
/// RFC 9420 section 12.1.5.
public struct ReInit: WireCodable, Hashable, Sendable {
  /// The new group's identifier.
  public var groupID: [UInt8]
  /// Its version, not below this group's.
  public var version: ProtocolVersion
  /// Its cipher suite.
  public var cipherSuite: CipherSuite
  /// Its extensions.
  public var extensions: [Extension]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.groupID), field(\.version), field(\.cipherSuite), field(\.extensions))

  /// A ReInit.
  public init(
    groupID: [UInt8], version: ProtocolVersion, cipherSuite: CipherSuite, extensions: [Extension]
  ) {
    self.groupID = groupID
    self.version = version
    self.cipherSuite = cipherSuite
    self.extensions = extensions
  }
}

/// `struct { opaque kem_output<V>; } ExternalInit`. RFC 9420 section 12.1.6.
public struct ExternalInit: WireCodable, Hashable, Sendable {
  /// The encapsulated init secret.
  public var kemOutput: [UInt8]
  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.kemOutput))
  /// An ExternalInit.
  public init(kemOutput: [UInt8]) { self.kemOutput = kemOutput }
}

/// `struct { Extension extensions<V>; } GroupContextExtensions`. RFC 9420 section 12.1.7.
public struct GroupContextExtensions: WireCodable, Hashable, Sendable {
  /// All extensions that the group will have.
  public var extensions: [Extension]
  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.extensions))
  /// A GroupContextExtensions.
  public init(extensions: [Extension]) { self.extensions = extensions }
}
