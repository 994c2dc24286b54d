internal import CryptoCore
public import TLSCodec

/// Two checkpoints of one relay that contradict each other: it signed two histories of one account.
///
/// ```
/// struct {
///   opaque magic[4] = "LLEV";
///   uint8 version;
///   LogEntry create;                pins the relay's key; its hash is the account
///   Checkpoint older;
///   Checkpoint newer;               of at least as many records
///   opaque beginning[32];           root of the newer history's first records, as many as the older's
///   ConsistencyProof proof;         of that beginning in the newer history
/// } RelayEvidence;
/// ```
/// A third party needs nothing but these bytes. A device's signature convicts nobody, and is not in them.
/// SPEC.md section 6.6.
public struct RelayEvidence: WireCodable, Hashable, Sendable {
  private let magic: EvidenceMagic
  /// The format.
  public let version: FormatVersion
  /// The account's first entry, which pins the relay's key.
  public let create: LogEntry
  /// What the relay signed for the shorter history, or for one of two equally long ones.
  public let older: Checkpoint
  /// What the relay signed for the other.
  public let newer: Checkpoint
  /// The root of the newer history when it was as long as the older one.
  public let beginning: Digest32
  /// Shows that it was.
  public let proof: ConsistencyProof

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.magic), field(\.version), field(\.create), field(\.older), field(\.newer),
    field(\.beginning), field(\.proof))

  private init(
    magic: EvidenceMagic, version: FormatVersion, create: LogEntry, older: Checkpoint, newer: Checkpoint,
    beginning: Digest32, proof: ConsistencyProof
  ) {
    self.magic = magic
    self.version = version
    self.create = create
    self.older = older
    self.newer = newer
    self.beginning = beginning
    self.proof = proof
  }

  /// Puts evidence together; `beginning` and `proof` are of the history that `newer` signs.
  package init(
    create: LogEntry, older: Checkpoint, newer: Checkpoint, beginning: Digest32, proof: ConsistencyProof
  ) {
    self.init(
      magic: EvidenceMagic(), version: .newest, create: create, older: older, newer: newer,
      beginning: beginning, proof: proof)
  }

  /// The account whose histories contradict each other.
  public var account: AccountID { older.account }

  /// Checks it as a third party would, from nothing but these bytes.
  /// - Throws: `RelayEvidenceError`: which part proves nothing.
  public func check() throws(RelayEvidenceError) {
    let log: AccountLog
    do throws(AccountLogError) { log = try AccountLog(create: create) } catch { throw .notAnAccount }
    guard !log.checkpointKey.isEmpty else { throw .notAnAccount }
    for checkpoint in [older, newer] {
      guard checkpoint.account == log.account else { throw .otherAccount }
      guard checkpoint.isSigned(by: log.checkpointKey) else { throw .notSigned }
    }
    guard proof.oldSize == older.treeSize, proof.newSize == newer.treeSize,
      proof.holds(old: beginning, new: newer.treeRoot)
    else { throw .proofFails }
    guard beginning != older.treeRoot else { throw .noContradiction }
  }
}

/// Why evidence against a relay proves nothing.
public enum RelayEvidenceError: Error, Hashable, Sendable {
  /// The first entry does not make an account with a relay.
  case notAnAccount
  /// A checkpoint is of another account.
  case otherAccount
  /// A checkpoint does not bear the signature of the relay that the account pinned.
  case notSigned
  /// The newer history is not shown to have begun as it is said to.
  case proofFails
  /// Both checkpoints are of one history.
  case noContradiction

  /// What is wrong, as the end of a sentence for a person.
  package var reason: String {
    switch self {
    case .notAnAccount: "it does not begin with an account that has a relay"
    case .otherAccount: "a checkpoint in it is of another account"
    case .notSigned: "the account's relay did not sign a checkpoint in it"
    case .proofFails: "it does not show how the second history began"
    case .noContradiction: "both checkpoints are of one history"
    }
  }
}

/// What a file with evidence begins with.
private struct EvidenceMagic: TLSCodable, Hashable, Sendable {
  private static let bytes = Array("LLEV".utf8)

  init() {}

  func encode(to writer: inout TLSWriter) { writer.write(fixed: Self.bytes) }

  init(from reader: inout TLSReader) throws(TLSError) {
    guard try reader.read(fixed: 4) == Self.bytes else { throw .unknownValue }
  }
}
