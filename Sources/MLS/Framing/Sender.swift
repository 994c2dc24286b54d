public import TLSCodec

/// `uint16 WireFormat`: how a message travels. RFC 9420 section 17.2.
public struct MessageWireFormat: CodePoint {
  /// The number.
  public let rawValue: UInt16
  /// Wraps a number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Signed, not encrypted.
  public static let publicMessage = MessageWireFormat(rawValue: 1)
  /// Signed and encrypted.
  public static let privateMessage = MessageWireFormat(rawValue: 2)
  /// For new members.
  public static let welcome = MessageWireFormat(rawValue: 3)
  /// A group's public state.
  public static let groupInfo = MessageWireFormat(rawValue: 4)
  /// A client's keys.
  public static let keyPackage = MessageWireFormat(rawValue: 5)
}

/// `enum { reserved(0), application(1), proposal(2), commit(3), (255) } ContentType`. RFC 9420 section 6.
public enum ContentType: UInt8, TLSCodable, Hashable, Sendable {
  /// Data of the application.
  case application = 1
  /// A proposed change.
  case proposal = 2
  /// A change.
  case commit = 3

  /// Writes the number.
  public func encode(to writer: inout TLSWriter) { writer.write(rawValue) }

  /// Reads a number.
  public init(from reader: inout TLSReader) throws(TLSError) {
    guard let type = ContentType(rawValue: try reader.read()) else { throw .unknownValue }
    self = type
  }
}

/// Who sent a message.
///
/// ```
/// struct {
///   SenderType sender_type;
///   select (Sender.sender_type) {
///     case member:               uint32 leaf_index;
///     case external:             uint32 sender_index;
///     case new_member_commit:
///     case new_member_proposal:  struct{};
///   };
/// } Sender;
/// ```
/// RFC 9420 section 6.
public enum Sender: TLSCodable, Hashable, Sendable {
  /// A member, by its leaf.
  case member(LeafIndex)
  /// Someone outside, by its place in the `external_senders` extension.
  case external(UInt32)
  /// Who proposes to be added.
  case newMemberProposal
  /// Who joins by an external commit.
  case newMemberCommit

  /// Writes the type and the index.
  public func encode(to writer: inout TLSWriter) {
    switch self {
    case .member(let leaf):
      writer.write(Self.memberType)
      leaf.encode(to: &writer)
    case .external(let index):
      writer.write(UInt8(2))
      writer.write(index)
    case .newMemberProposal: writer.write(UInt8(3))
    case .newMemberCommit: writer.write(UInt8(4))
    }
  }

  /// Reads a type and its index.
  public init(from reader: inout TLSReader) throws(TLSError) {
    switch try reader.read(UInt8.self) {
    case Self.memberType: self = .member(try LeafIndex(from: &reader))
    case 2: self = .external(try reader.read())
    case 3: self = .newMemberProposal
    case 4: self = .newMemberCommit
    default: throw .unknownValue
    }
  }

  /// The SenderType of a member.
  static let memberType: UInt8 = 1

  /// Whether what this sender signs covers the GroupContext. RFC 9420 section 6.1.
  var signsGroupContext: Bool {
    switch self {
    case .member, .newMemberCommit: true
    case .external, .newMemberProposal: false
    }
  }

  /// The member's leaf, if it is one.
  public var leaf: LeafIndex? {
    if case .member(let leaf) = self { leaf } else { nil }
  }
}
