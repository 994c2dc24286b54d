public import TLSCodec

/// One entry of an account's log, with its signatures.
///
/// ```
/// struct {
///   LogEntryContent content;
///   select (content.type) {
///     case 1, 3, 5, 6, 8: EpochHeader epoch;
///     case 4: DeviceKeyBundle device; EpochHeader epoch;
///     case 10: CoolingOff cooling_off; EpochHeader epoch;
///     case 2, 7, 9, 11: struct {};
///   };
///   EntrySignature signatures<V>;
/// } LogEntry;
/// ```
/// SPEC.md section 3.3.
public struct LogEntry: TLSCodable, Hashable, Sendable {
  /// What the entry says, with the parts that it holds the hashes of.
  public let content: LogEntryContent
  /// Who says so.
  public let signatures: [EntrySignature]

  package init(content: LogEntryContent, signatures: [EntrySignature]) {
    self.content = content
    self.signatures = signatures
  }

  /// Writes the content, the parts, and the signatures.
  public func encode(to writer: inout TLSWriter) {
    writer.write(content)
    content.change.encodeParts(to: &writer)
    writer.write(signatures)
  }

  /// Reads an entry; refuses a part that has another hash than the content names.
  public init(from reader: inout TLSReader) throws(TLSError) {
    var content = try LogEntryContent(from: &reader)
    try content.change.readParts(from: &reader)
    self.content = content
    signatures = try [EntrySignature](from: &reader)
  }

  /// The hash of the content: signatures are left out, so nobody can make a second head by signing again.
  public var head: LogHead { content.head }
}

/// A device's signature of an entry.
///
/// ```
/// struct {
///   opaque device[32];
///   opaque signature[3373];         purpose "log entry", over LogEntryContent
/// } EntrySignature;
/// ```
/// SPEC.md section 3.3.
public struct EntrySignature: WireCodable, Hashable, Sendable {
  /// Who signed.
  public let device: DeviceID
  /// The signature.
  public let signature: HybridSignatureBytes

  package init(device: DeviceID, signature: HybridSignatureBytes) {
    self.device = device
    self.signature = signature
  }

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init, field(\.device), field(\.signature))
}

/// What a log entry says, and where in the log.
///
/// ```
/// struct {
///   uint8 version;
///   opaque predecessor[32];         zero in create
///   uint64 index;
///   opaque signer[32];              DeviceID
///   uint8 type;
///   select (type) {
///     case 1: Create;    case 2: Add;          case 3: Remove;     case 4: Rotate;
///     case 5: opaque epoch_hash[32];
///     case 6: ReplaceRecovery;
///     case 7: uint8 highest_version;
///     case 8: Recover;   case 9: AnnounceRecovery;                 case 10: CompleteRecovery;
///     case 11: opaque announcement[32];
///   };
/// } LogEntryContent;
/// ```
/// SPEC.md section 3.3.
public struct LogEntryContent: WireCodable, Hashable, Sendable {
  /// The format of the entry.
  public let version: FormatVersion
  /// The head of the log before this entry.
  public let predecessor: LogHead
  /// 0 for `create`, then one more each time.
  public let index: UInt64
  /// The device that made the entry.
  public let signer: DeviceID
  /// What changes.
  public internal(set) var change: AccountChange

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.predecessor), field(\.index), field(\.signer),
    field(\.change))

  package init(
    version: FormatVersion, predecessor: LogHead, index: UInt64, signer: DeviceID, change: AccountChange
  ) {
    self.version = version
    self.predecessor = predecessor
    self.index = index
    self.signer = signer
    self.change = change
  }

  /// The hash of the entry, and through its predecessor of the log up to it.
  public var head: LogHead { LogHead(unchecked: Derivation.hash("log entry", encoded)) }
}
