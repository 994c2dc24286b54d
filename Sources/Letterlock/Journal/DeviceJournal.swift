internal import TLSCodec

/// What a device remembers of its own doings, beside the history; kept in its store, and no secret.
///
/// ```
/// struct {
///   uint8 version;
///   DataUsage usage;
///   optional<SyncAttempt> last_attempt;
///   optional<Time> last_success;
///   optional<EpochSighting> sighting;
///   optional<Time> presence;        when it last told the others about itself
///   opaque name<V>;                 its own
///   DeviceDirectory directory;
///   optional<AnnouncementSighting> announcement;
///   optional<uint64> looked_through; the log up to this entry, for recovery keys that were replaced
///   ReplacementSighting replacements<V>; those that the person has not seen yet
///   optional<PendingErasure> erasure; the order that waited when the relay was last asked
///   optional<Time> wrap_seen;       when the relay was last asked for a wrap that this device has opened
/// } DeviceJournal;
/// ```
/// SPEC.md section 8.5.
struct DeviceJournal: WireCodable, Hashable, Sendable {
  var version = FormatVersion.newest
  var usage = DataUsage()
  var lastAttempt: SyncAttempt?
  var lastSuccess: Timestamp?
  var sighting: EpochSighting?
  var presence: Timestamp?
  var name = Opaque([])
  var directory = DeviceDirectory()
  var announcement: AnnouncementSighting?
  var lookedThrough: UInt64?
  var replacements: [ReplacementSighting] = []
  var pendingErasure: PendingErasure?
  var wrapSeen: Timestamp?

  static let wire = WireFormat(
    Self.init(
      version:usage:lastAttempt:lastSuccess:sighting:presence:name:directory:announcement:lookedThrough:
      replacements:pendingErasure:wrapSeen:),
    field(\.version),
    field(\.usage), field(\.lastAttempt), field(\.lastSuccess), field(\.sighting), field(\.presence),
    field(\.name), field(\.directory), field(\.announcement), field(\.lookedThrough),
    field(\.replacements), field(\.pendingErasure), field(\.wrapSeen))
}

/// Two processes that change one journal.
extension DeviceJournal {
  /// What the store holds by now, with what was changed here since the store held `base`.
  /// - Parameter usage: What was exchanged here since.
  func rebased(from base: DeviceJournal, onto stored: DeviceJournal, adding usage: DataUsage) -> DeviceJournal
  {
    var next = stored
    func keep<Value: Equatable>(_ field: WritableKeyPath<DeviceJournal, Value>) {
      if self[keyPath: field] != base[keyPath: field] { next[keyPath: field] = self[keyPath: field] }
    }
    keep(\.lastAttempt)
    keep(\.lastSuccess)
    keep(\.sighting)
    keep(\.presence)
    keep(\.name)
    keep(\.announcement)
    keep(\.lookedThrough)
    keep(\.replacements)
    keep(\.pendingErasure)
    keep(\.wrapSeen)
    if directory != base.directory { next.directory.merge(directory) }
    next.usage = stored.usage + usage
    return next
  }
}

/// When this device first saw the announcement of a recovery device that stands.
///
/// ```
/// struct {
///   opaque head[32];                of the announcement
///   opaque recovery[32];            DeviceID of the recovery device that is to come
///   uint64 cooling_off;             milliseconds
///   Time seen;
///   optional<Checkpoint> first;     the one of the earliest time that was verified since
/// } AnnouncementSighting;
/// ```
struct AnnouncementSighting: WireCodable, Hashable, Sendable {
  var head: LogHead
  var recovery: DeviceID
  var coolingOff: UInt64
  var seen: Timestamp
  var first: Checkpoint?

  static let wire = WireFormat(
    Self.init, field(\.head), field(\.recovery), field(\.coolingOff), field(\.seen), field(\.first))

  /// Whether the cooling-off time has gone by on this device's clock.
  func hasCooledOff(at now: Timestamp) -> Bool {
    now.nanoseconds(since: seen) / 1_000_000 >= Int64(clamping: coolingOff)
  }
}

/// When this device first saw the newest epoch, and when it opens the next one.
///
/// ```
/// struct {
///   uint64 epoch;
///   Time seen;
///   Time due;
/// } EpochSighting;
/// ```
struct EpochSighting: WireCodable, Hashable, Sendable {
  var epoch: UInt64
  var seen: Timestamp
  var due: Timestamp

  static let wire = WireFormat(Self.init, field(\.epoch), field(\.seen), field(\.due))
}

/// How the last synchronisation ended.
///
/// ```
/// struct {
///   Time at;
///   uint8 outcome;                  0 complete, 1 refused history, 2 network, 3 quota, 4 other, 5 said otherwise
///   opaque words<V>;
///   uint64 quota_used; uint64 quota;
/// } SyncAttempt;
/// ```
struct SyncAttempt: WireCodable, Hashable, Sendable {
  enum Outcome: UInt8, TLSCodable, Sendable {
    case complete = 0
    case historyRefused = 1
    case network = 2
    case quota = 3
    case failed = 4
    /// The device's own state says why.
    case ownState = 5

    func encode(to writer: inout TLSWriter) { writer.write(rawValue) }

    init(from reader: inout TLSReader) throws(TLSError) {
      guard let outcome = Outcome(rawValue: try reader.read(UInt8.self)) else { throw .unknownValue }
      self = outcome
    }
  }

  var at: Timestamp
  var outcome: Outcome
  var words: Opaque
  var usedLog: UInt64
  var usedRecords: UInt64
  var usedBlobs: UInt64
  var quota: UInt64

  static let wire = WireFormat(
    Self.init, field(\.at), field(\.outcome), field(\.words), field(\.usedLog), field(\.usedRecords),
    field(\.usedBlobs), field(\.quota))

  init(
    at: Timestamp, outcome: Outcome, words: Opaque, usedLog: UInt64, usedRecords: UInt64, usedBlobs: UInt64,
    quota: UInt64
  ) {
    self.at = at
    self.outcome = outcome
    self.words = words
    self.usedLog = usedLog
    self.usedRecords = usedRecords
    self.usedBlobs = usedBlobs
    self.quota = quota
  }

  /// An attempt that went through, or was told something wrong.
  init(at time: Timestamp, verdict: Verdict) {
    let outcome: Outcome =
      switch verdict {
      // Everything was fetched and verified, whoever made some of it so that it cannot be read.
      case .complete, .unreadable: .complete
      case .removed, .erased: .ownState
      case .missing, .rolledBack, .reordered, .tampered, .forked: .historyRefused
      }
    self.init(
      at: time, outcome: outcome, words: Opaque([]), usedLog: 0,
      usedRecords: 0, usedBlobs: 0, quota: 0)
  }

  /// An attempt that failed.
  init(at time: Timestamp, error: DeviceError) {
    var usage = RelayUsage(quota: 0)
    let outcome: Outcome
    switch error {
    case .relay(.quotaExceeded(let full)): (outcome, usage) = (.quota, full)
    case .relay(.unavailable), .relay(.recoveryUnderway), .relay(.removalUnderway), .relay(.tooManyEntries):
      outcome = .network
    case .historyRefused, .forked, .logRefused: outcome = .historyRefused
    case .removed, .stateRolledBack: outcome = .ownState
    default: outcome = .failed
    }
    self.init(
      at: time, outcome: outcome, words: Opaque(Array(error.reason.utf8.prefix(500))), usedLog: usage.log,
      usedRecords: usage.records, usedBlobs: usage.blobs, quota: usage.quota)
  }

  /// What it means for what waits.
  var hold: SyncHold? {
    let words = String(decoding: words.bytes, as: UTF8.self)
    return switch outcome {
    case .complete, .ownState: nil
    case .historyRefused: .historyRefused
    case .network: .network(words)
    case .quota: .quota(RelayUsage(log: usedLog, records: usedRecords, blobs: usedBlobs, quota: quota))
    case .failed: .failed(words)
    }
  }
}
