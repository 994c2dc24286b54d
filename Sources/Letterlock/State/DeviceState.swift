internal import CryptoCore
internal import TLSCodec

/// Everything a device knows about its account and keeps in its vault. SPEC.md section 8.4.
struct DeviceState: ~Copyable {
  var keys: DeviceKeys
  var log: AccountLog
  var entries: [LogEntry]
  var keyring: EpochKeyring
  /// A log entry that was made and perhaps sent, and not yet seen in the log.
  var pending: PendingEntry?
  /// The order by which the relay's copy of everything was erased.
  var erasure: AccountErasure?
  /// The account's recovery key, until the app says that the person has it.
  var recoverySecret: SecretKey?
  /// The recovery key that is to come, until it counts.
  var nextRecoverySecret: SecretKey?
  /// What the device is called, until the record that tells the others is in the store.
  var unannouncedName: String?
  /// The 32 bytes of the code by which the device joined, until it has finished joining.
  var joinCode: SecretKey?
  /// What seals what was taken along from a former device, until all of it is sealed for the account.
  var handover: SecretKey?
  /// Another log of the account that the relay showed; kept in the store, not in the vault.
  var otherLog: OtherLog?

  init(keys: DeviceKeys, log: AccountLog, entries: [LogEntry]) {
    self.keys = keys
    self.log = log
    self.entries = entries
    keyring = EpochKeyring(account: log.account)
  }

  /// Set while the device's store has seen a later version of the vault than this one: somebody put an old copy of the
  /// vault back.
  var isOlderThanStore = false

  /// A copy: an explicit act, since it knows the same secrets.
  func duplicate() -> DeviceState {
    var copy = DeviceState(keys: keys, log: log, entries: entries)
    copy.keyring = keyring.duplicate()
    (copy.pending, copy.erasure) = (pending, erasure)
    (copy.recoverySecret, copy.nextRecoverySecret) = (recoverySecret, nextRecoverySecret)
    (copy.unannouncedName, copy.joinCode, copy.handover) = (unannouncedName, joinCode, handover)
    (copy.otherLog, copy.isOlderThanStore) = (otherLog, isOlderThanStore)
    return copy
  }

  /// Whether this is an older state of the device than others have seen: its vault is older than its store, or the log
  /// holds a sealing key of its own that it does not have. A restored backup and a cloned machine are.
  var isRolledBack: Bool {
    guard !isOlderThanStore, let member = log.activeMember(keys.deviceID) else { return isOlderThanStore }
    return member.bundle.sealingKey != keys.sealingKey
  }

  /// Whether the relay shows another log that devices which may act have made, and the person has not decided.
  var isForked: Bool { otherLog?.stops(log) ?? false }

  /// Whether this device may still act.
  var isActive: Bool { log.activeMember(keys.deviceID) != nil }
}

/// A log entry on its way, with the secrets that it makes true. It is in the vault before it is sent, so
/// that a process that ends in between neither loses an epoch secret nor makes two.
struct PendingEntry: Sendable {
  let entry: LogEntry
  let wraps: [StoredWrap]
  /// The epoch secret of the epoch that the entry begins.
  let epochSecret: SecretKey?
  /// The sealing key that a rotation brings.
  let sealingSeed: SecretKey?
}

extension PendingEntry {
  /// An entry that makes no secret true.
  init(_ entry: LogEntry) { self.init(entry: entry, wraps: [], epochSecret: nil, sealingSeed: nil) }
}

/// Which secret stands where in the vault.
///
/// ```
/// struct {
///   uint8 kind;                     1 signing, 2 sealing, 3 epoch secret, 4 pending epoch secret, 5 pending sealing,
///                                   6 join, 7 recovery, 8 next recovery, 9 handover
///   uint64 epoch;                   of an epoch secret; else zero
/// } SecretSlot;
/// ```
struct SecretSlot: WireCodable, Hashable, Sendable {
  enum Kind: UInt8, TLSCodable, Sendable {
    case signing = 1
    case sealing = 2
    case epochSecret = 3
    case pendingEpochSecret = 4
    case pendingSealing = 5
    case join = 6
    case recovery = 7
    case nextRecovery = 8
    case handover = 9

    func encode(to writer: inout TLSWriter) { writer.write(rawValue) }

    init(from reader: inout TLSReader) throws(TLSError) {
      guard let kind = Kind(rawValue: try reader.read(UInt8.self)) else { throw .unknownValue }
      self = kind
    }
  }

  var kind: Kind
  var epoch: UInt64 = 0

  static let wire = WireFormat(Self.init, field(\.kind), field(\.epoch))
}

/// What an epoch that was not accepted is remembered by.
struct StoredFault: WireCodable, Hashable, Sendable {
  var epoch: UInt64
  var code: UInt8
  var signer: DeviceID

  static let wire = WireFormat(Self.init, field(\.epoch), field(\.code), field(\.signer))
}

/// The part of the vault that is not secret.
struct VaultState: WireCodable, Sendable {
  var version: FormatVersion
  var slots: [SecretSlot]
  var entries: [LogEntry]
  var faults: [StoredFault]
  var pending: [LogEntry]
  var pendingWraps: [StoredWrap]
  /// The device's name, if the others have not been told.
  var names: [Opaque]

  static let wire = WireFormat(
    Self.init, field(\.version), field(\.slots), field(\.entries), field(\.faults),
    field(\.pending), field(\.pendingWraps), field(\.names))
}
