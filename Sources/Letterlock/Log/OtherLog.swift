public import TLSCodec

/// Another log of the account, which the relay showed in place of this device's: neither of the two begins with the
/// other. SPEC.md section 3.4.
///
/// This device keeps its own log whatever the relay shows.
///
/// ```
/// struct {
///   uint8 is_shown;                 whether the relay showed it when it was last asked
///   uint8 is_decided;               whether the person went on in spite of it
///   Time seen;                      when it was last shown, by this device's clock
///   uint64 shared_count;
///   LogEntry entries<V>;            those that this device's log does not have
/// } OtherLog;
/// ```
public struct OtherLog: Hashable, Sendable {
  /// Whether the relay showed it when it was last asked.
  public internal(set) var isShown: Bool
  /// Whether the person decided to go on in spite of it.
  public internal(set) var isDecided: Bool
  /// When it was last shown, by this device's clock.
  public internal(set) var seen: Timestamp
  /// With how many entries both logs begin.
  public let sharedCount: UInt64
  /// The entries that this device's log does not have, in order: what was changed, and who signed it.
  public let entries: [LogEntry]

  /// What two logs do not share.
  init(_ entries: [LogEntry], besides known: AccountLog, at time: Timestamp) {
    let shared = zip(entries, known.heads).prefix { $0.head == $1 }.count
    (isShown, isDecided, seen) = (true, false, time)
    (sharedCount, self.entries) = (UInt64(shared), Array(entries.dropFirst(shared)))
  }

  /// Who signed the entries, in order.
  public var signers: [DeviceID] { Set(entries.map(\.content.signer)).sorted() }

  /// The signers that are active devices of a log, the recovery device included. If there are none, devices that were
  /// removed made the other log, which they can do at any time: it stops nobody.
  public func activeSigners(in log: AccountLog) -> [DeviceID] {
    signers.filter { log.activeMember($0) != nil }
  }

  /// Whether a device whose log is `log` seals nothing until the relay shows that log again or the person decides.
  func stops(_ log: AccountLog) -> Bool { isShown && !isDecided && !activeSigners(in: log).isEmpty }

  /// Takes over what the person decided about an earlier state of the same log. What other devices added since needs a
  /// decision of its own.
  func keepingDecision(about earlier: OtherLog?, in log: AccountLog) -> OtherLog {
    guard let earlier, earlier.isDecided, earlier.sharedCount == sharedCount,
      earlier.entries.first?.head == entries.first?.head,
      Set(activeSigners(in: log)).isSubset(of: earlier.signers)
    else { return self }
    var next = self
    next.isDecided = true
    return next
  }
}

extension OtherLog: WireCodable {
  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init(shown:decided:seen:sharedCount:entries:), field(\.shown), field(\.decided), field(\.seen),
    field(\.sharedCount), field(\.entries))

  private var shown: UInt8 { isShown ? 1 : 0 }
  private var decided: UInt8 { isDecided ? 1 : 0 }

  private init(shown: UInt8, decided: UInt8, seen: Timestamp, sharedCount: UInt64, entries: [LogEntry]) {
    (isShown, isDecided, self.seen) = (shown != 0, decided != 0, seen)
    (self.sharedCount, self.entries) = (sharedCount, entries)
  }
}

/// What the relay showed of another log: the newest is kept, whether it is still shown or not.
struct OtherLogKeeper: Sendable {
  let state: AccountState
  let notes: DeviceNotes
  let clock: DeviceClock

  /// Notes that the relay shows another log. Returns it, with what the person decided about it before.
  func note(_ entries: [LogEntry]) throws(DeviceError) -> OtherLog {
    let (log, earlier) = state.read { ($0.log, $0.otherLog) }
    let other = OtherLog(entries, besides: log, at: clock.now).keepingDecision(about: earlier, in: log)
    try keep(other)
    return other
  }

  /// Notes that the relay shows this device's log.
  func noteOwnLogShown() throws(DeviceError) {
    guard var other = state.read({ $0.otherLog }), other.isShown else { return }
    other.isShown = false
    try keep(other)
  }

  /// Notes that the person goes on in spite of it.
  func dismiss() throws(DeviceError) {
    guard var other = state.read({ $0.otherLog }), !other.isDecided else { return }
    other.isDecided = true
    try keep(other)
  }

  private func keep(_ other: OtherLog) throws(DeviceError) {
    try state.mutate { $0.otherLog = other }
    if notes.arePresent { try notes.keep(other.encoded, as: .otherLog) }
  }
}
