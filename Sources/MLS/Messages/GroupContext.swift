public import TLSCodec

/// What all members of a group agree on in an epoch.
///
/// ```
/// struct {
///   ProtocolVersion version = mls10;
///   CipherSuite cipher_suite;
///   opaque group_id<V>;
///   uint64 epoch;
///   opaque tree_hash<V>;
///   opaque confirmed_transcript_hash<V>;
///   Extension extensions<V>;
/// } GroupContext;
/// ```
/// RFC 9420 section 8.1.
public struct GroupContext: WireCodable, Hashable, Sendable {
  /// The version of the protocol.
  public var version: ProtocolVersion
  /// The group's suite.
  public var cipherSuite: CipherSuite
  /// The group.
  public var groupID: [UInt8]
  /// The epoch.
  public var epoch: UInt64
  /// The hash of the ratchet tree. RFC 9420 section 7.8.
  public var treeHash: [UInt8]
  /// The hash of the commits that led here. RFC 9420 section 8.2.
  public var confirmedTranscriptHash: [UInt8]
  /// The group's extensions.
  public var extensions: [Extension]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.cipherSuite), field(\.groupID), field(\.epoch),
    field(\.treeHash), field(\.confirmedTranscriptHash), field(\.extensions))

  /// A context.
  public init(
    version: ProtocolVersion = .mls10, cipherSuite: CipherSuite, groupID: [UInt8], epoch: UInt64,
    treeHash: [UInt8], confirmedTranscriptHash: [UInt8], extensions: [Extension]
  ) {
    self.version = version
    self.cipherSuite = cipherSuite
    self.groupID = groupID
    self.epoch = epoch
    self.treeHash = treeHash
    self.confirmedTranscriptHash = confirmedTranscriptHash
    self.extensions = extensions
  }
}
