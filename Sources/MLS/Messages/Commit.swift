public import TLSCodec

/// A proposal in a commit: itself, or the message in which it was sent.
///
/// ```
/// struct {
///   ProposalOrRefType type;
///   select (ProposalOrRef.type) {
///     case proposal:   Proposal proposal;
///     case reference:  ProposalRef reference;
///   };
/// } ProposalOrRef;
/// ```
/// RFC 9420 section 12.4.
public enum ProposalOrRef: TLSCodable, Hashable, Sendable {
  /// The proposal itself, by the committer.
  case proposal(Proposal)
  /// A proposal that was sent before, by anyone.
  case reference(ProposalRef)

  /// Writes the type and the value.
  public func encode(to writer: inout TLSWriter) {
    switch self {
    case .proposal(let proposal):
      writer.write(UInt8(1))
      proposal.encode(to: &writer)
    case .reference(let reference):
      writer.write(UInt8(2))
      reference.encode(to: &writer)
    }
  }

  /// Reads a type and its value.
  public init(from reader: inout TLSReader) throws(TLSError) {
    switch try reader.read(UInt8.self) {
    case 1: self = .proposal(try Proposal(from: &reader))
    case 2: self = .reference(try ProposalRef(from: &reader))
    default: throw .unknownValue
    }
  }
}

/// What begins a new epoch.
///
/// ```
/// struct {
///   ProposalOrRef proposals<V>;
///   optional<UpdatePath> path;
/// } Commit;
/// ```
/// RFC 9420 section 12.4.
public struct Commit: WireCodable, Hashable, Sendable {
  /// The proposals that it applies.
  public var proposals: [ProposalOrRef]
  /// New keys for the committer's path.
  public var path: UpdatePath?

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.proposals), field(\.path))

  /// A commit.
  public init(proposals: [ProposalOrRef], path: UpdatePath?) {
    self.proposals = proposals
    self.path = path
  }
}
