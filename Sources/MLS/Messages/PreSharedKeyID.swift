public import TLSCodec

/// Which pre-shared key, and a nonce that makes each of its uses different.
///
/// ```
/// struct {
///   PSKType psktype;
///   select (PreSharedKeyID.psktype) {
///     case external:
///       opaque psk_id<V>;
///     case resumption:
///       ResumptionPSKUsage usage;
///       opaque psk_group_id<V>;
///       uint64 psk_epoch;
///     case application:
///       ComponentID component_id;
///       opaque psk_id<V>;
///   };
///   opaque psk_nonce<V>;
/// } PreSharedKeyID;
/// ```
/// RFC 9420 section 8.4; `application` is of draft-ietf-mls-extensions, section "Pre-Shared Keys (PSKs)".
public struct PreSharedKeyID: WireCodable, Hashable, Sendable {
  /// The key.
  public var key: Key
  /// Fresh for every use, as long as the suite's hash.
  public var nonce: [UInt8]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.key), field(\.nonce))

  /// A use of a key.
  public init(key: Key, nonce: [UInt8]) {
    self.key = key
    self.nonce = nonce
  }

  /// A pre-shared key, without a nonce.
  public enum Key: TLSCodable, Hashable, Sendable {
    /// One that the application has, by its name.
    case external(id: [UInt8])
    /// One of an earlier epoch of this group or another.
    case resumption(ResumptionPSKUsage, groupID: [UInt8], epoch: UInt64)
    /// One that a component of the application has, by its name.
    case application(ComponentID, id: [UInt8])

    /// Writes the type and its fields.
    public func encode(to writer: inout TLSWriter) {
      switch self {
      case .external(let id):
        writer.write(UInt8(1))
        writer.write(opaque: id)
      case .resumption(let usage, let groupID, let epoch):
        writer.write(UInt8(2))
        usage.encode(to: &writer)
        writer.write(opaque: groupID)
        writer.write(epoch)
      case .application(let component, let id):
        writer.write(UInt8(3))
        component.encode(to: &writer)
        writer.write(opaque: id)
      }
    }

    /// Reads a type and its fields.
    public init(from reader: inout TLSReader) throws(TLSError) {
      switch try reader.read(UInt8.self) {
      case 1: self = .external(id: try reader.readOpaque())
      case 2:
        self = .resumption(
          try ResumptionPSKUsage(from: &reader), groupID: try reader.readOpaque(),
          epoch: try reader.read())
      case 3: self = .application(try ComponentID(from: &reader), id: try reader.readOpaque())
      default: throw .unknownValue
      }
    }
  }
}

/// What a resumption key is for: `enum { reserved(0), application(1), reinit(2), branch(3), (255) }`. RFC 9420
/// section 8.4.
public enum ResumptionPSKUsage: UInt8, TLSCodable, Hashable, Sendable {
  /// Whatever the application wants.
  case application = 1
  /// A group that takes another's place. RFC 9420 section 11.2.
  case reinit = 2
  /// A group of some of another's members. RFC 9420 section 11.3.
  case branch = 3

  /// Writes the number.
  public func encode(to writer: inout TLSWriter) { writer.write(rawValue) }

  /// Reads a number.
  public init(from reader: inout TLSReader) throws(TLSError) {
    guard let usage = ResumptionPSKUsage(rawValue: try reader.read()) else { throw .unknownValue }
    self = usage
  }
}
