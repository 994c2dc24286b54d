public import TLSCodec

/// What clients send each other.
///
/// ```
/// struct {
///   ProtocolVersion version = mls10;
///   WireFormat wire_format;
///   select (MLSMessage.wire_format) {
///     case mls_public_message:   PublicMessage public_message;
///     case mls_private_message:  PrivateMessage private_message;
///     case mls_welcome:          Welcome welcome;
///     case mls_group_info:       GroupInfo group_info;
///     case mls_key_package:      KeyPackage key_package;
///   };
/// } MLSMessage;
/// ```
/// RFC 9420 section 6.
public enum MLSMessage: TLSCodable, Hashable, Sendable {
  /// Signed, not encrypted.
  case publicMessage(PublicMessage)
  /// Signed and encrypted.
  case privateMessage(PrivateMessage)
  /// For new members.
  case welcome(Welcome)
  /// A group's public state.
  case groupInfo(GroupInfo)
  /// A client's keys.
  case keyPackage(KeyPackage)

  /// The wire format.
  public var wireFormat: MessageWireFormat {
    switch self {
    case .publicMessage: .publicMessage
    case .privateMessage: .privateMessage
    case .welcome: .welcome
    case .groupInfo: .groupInfo
    case .keyPackage: .keyPackage
    }
  }

  /// Writes the version, the wire format and the message.
  public func encode(to writer: inout TLSWriter) {
    ProtocolVersion.mls10.encode(to: &writer)
    wireFormat.encode(to: &writer)
    switch self {
    case .publicMessage(let message): message.encode(to: &writer)
    case .privateMessage(let message): message.encode(to: &writer)
    case .welcome(let message): message.encode(to: &writer)
    case .groupInfo(let message): message.encode(to: &writer)
    case .keyPackage(let message): message.encode(to: &writer)
    }
  }

  /// Reads a message of version MLS 1.0 in one of the five wire formats.
  public init(from reader: inout TLSReader) throws(TLSError) {
    guard try ProtocolVersion(from: &reader) == .mls10 else { throw .unknownValue }
    switch try MessageWireFormat(from: &reader) {
    case .publicMessage: self = .publicMessage(try PublicMessage(from: &reader))
    case .privateMessage: self = .privateMessage(try PrivateMessage(from: &reader))
    case .welcome: self = .welcome(try Welcome(from: &reader))
    case .groupInfo: self = .groupInfo(try GroupInfo(from: &reader))
    case .keyPackage: self = .keyPackage(try KeyPackage(from: &reader))
    default: throw .unknownValue
    }
  }
}
