internal import LetterlockFormat
internal import TLSCodec

/// Who has to wait before it writes to an account: kept in the account's row. SPEC.md section 7.8.
///
/// ```
/// struct {
///   uint8 version;
///   optional<Reservation> hold;     the recovery device's
///   optional<Reservation> turn;     of a device that is to remove another
///   EntryAllowance allowances<V>;   of devices that are active; one that is not there has a full one
/// } WriteControl;
/// ```
struct WriteControl: WireCodable, Hashable, Sendable {
  private let version: FormatVersion
  private var hold: Reservation?
  private var turn: Reservation?
  private var allowances: [EntryAllowance]

  static let wire = WireFormat(
    Self.init(version:hold:turn:allowances:), field(\.version), field(\.hold), field(\.turn),
    field(\.allowances))

  private init(
    version: FormatVersion, hold: Reservation?, turn: Reservation?, allowances: [EntryAllowance]
  ) {
    (self.version, self.hold, self.turn, self.allowances) = (version, hold, turn, allowances)
  }

  /// Nobody has to wait.
  init() { self.init(version: .newest, hold: nil, turn: nil, allowances: []) }
}

/// ```
/// struct { opaque device[32]; int64 end; } Reservation;        nanoseconds since 1970, by the relay's clock
/// ```
struct Reservation: WireCodable, Hashable, Sendable {
  let device: DeviceID
  let end: Timestamp

  static let wire = WireFormat(Self.init, field(\.device), field(\.end))

  /// The time that is left; nil if none is. What would last longer than it can was made before the clock was set back: it
  /// has ended.
  func remaining(_ now: Timestamp, atMost duration: Duration) -> Duration? {
    let left = end.nanosecondsElapsed(since: now)
    return left == 0 || left > duration.nanoseconds ? nil : .nanoseconds(counted: left)
  }
}

/// ```
/// struct {
///   opaque device[32];
///   uint64 credit;                  nanoseconds: what waiting has earned and entries have not yet cost
///   int64 counted_at;               when
///   int64 next_turn;                before this moment the device gets no turn
/// } EntryAllowance;
/// ```
struct EntryAllowance: WireCodable, Hashable, Sendable {
  let device: DeviceID
  var credit: UInt64
  var countedAt: Timestamp
  var nextTurn: Timestamp

  static let wire = WireFormat(
    Self.init(device:credit:countedAt:nextTurn:), field(\.device), field(\.credit), field(\.countedAt),
    field(\.nextTurn))

  init(device: DeviceID, credit: UInt64, countedAt: Timestamp, nextTurn: Timestamp) {
    (self.device, self.credit, self.countedAt, self.nextTurn) = (device, credit, countedAt, nextTurn)
  }

  /// What a device has that is not limited yet.
  init(full device: DeviceID, at moment: RelayMoment) {
    self.init(
      device: device, credit: moment.policy.fullAllowance, countedAt: moment.now,
      nextTurn: Timestamp(nanosecondsSince1970: .min))
  }

  /// Counts the time that has gone. A clock that was set back earns nothing.
  func counted(at moment: RelayMoment) -> EntryAllowance {
    let (sum, overflow) = credit.addingReportingOverflow(moment.now.nanosecondsElapsed(since: countedAt))
    var counted = self
    counted.credit = min(overflow ? .max : sum, moment.policy.fullAllowance)
    counted.countedAt = moment.now
    return counted
  }
}

/// Holds and turns.
extension WriteControl {
  /// Checks that nobody else has the account for itself.
  func check(_ device: DeviceID, of log: AccountLog, at moment: RelayMoment) throws(RelayError) {
    guard device != log.recoveryDevice else { return }
    if let left = holdRemaining(of: log, at: moment) { throw .recoveryUnderway(retryAfter: left) }
    if let turn, turn.device != device, let left = turnRemaining(of: log, at: moment) {
      throw .removalUnderway(retryAfter: left)
    }
  }

  /// How long the account is still held; nil if it is not.
  func holdRemaining(of log: AccountLog, at moment: RelayMoment) -> Duration? {
    guard let hold, hold.device == log.recoveryDevice else { return nil }
    return hold.remaining(moment.now, atMost: moment.policy.holdDuration)
  }

  private func turnRemaining(of log: AccountLog, at moment: RelayMoment) -> Duration? {
    guard let turn, log.activeMember(turn.device) != nil else { return nil }
    return turn.remaining(moment.now, atMost: moment.policy.turnDuration)
  }

  /// Holds the account for its recovery device. Returns until when.
  mutating func hold(_ log: AccountLog, at moment: RelayMoment) -> Timestamp {
    let end = moment.after(moment.policy.holdDuration)
    hold = Reservation(device: log.recoveryDevice, end: end)
    return end
  }

  /// Ends the hold.
  mutating func release() { hold = nil }

  /// Reserves a turn for a device, if nobody has one and its last one is long enough ago. Returns whether it has one now.
  mutating func giveTurn(to device: DeviceID, of log: AccountLog, at moment: RelayMoment) -> Bool {
    if turnRemaining(of: log, at: moment) != nil { return turn?.device == device }
    var allowance = allowance(of: device, at: moment)
    let wait = allowance.nextTurn.nanosecondsElapsed(since: moment.now)
    // A wait that is longer than it can be was noted before the clock was set back.
    guard wait == 0 || wait > moment.policy.turnInterval.nanoseconds else { return false }
    // Devices that take turns of each other pay for it as for entries.
    guard allowance.credit >= moment.policy.entryCost else { return false }
    allowance.credit -= moment.policy.entryCost
    allowance.nextTurn = moment.after(moment.policy.turnInterval)
    keep(allowance)
    turn = Reservation(device: device, end: moment.after(moment.policy.turnDuration))
    return true
  }
}

/// An account that is moved.
extension WriteControl {
  /// Whether rates are those of devices that are active, one for each.
  func fits(_ log: AccountLog) -> Bool {
    allowances.allSatisfy { $0.device != log.recoveryDevice && log.activeMember($0.device) != nil }
      && Set(allowances.map(\.device)).count == allowances.count
  }

  /// Ends a turn, which is shorter than a move.
  mutating func endTurn() { turn = nil }
}

/// Rates of log entries.
extension WriteControl {
  /// Counts an entry.
  /// - Throws: `RelayError.tooManyEntries` if its signer has to wait.
  mutating func spend(_ device: DeviceID, at moment: RelayMoment) throws(RelayError) {
    let cost = moment.policy.entryCost
    var allowance = allowance(of: device, at: moment)
    guard allowance.credit >= cost else {
      throw .tooManyEntries(retryAfter: .nanoseconds(counted: cost - allowance.credit))
    }
    allowance.credit -= cost
    keep(allowance)
  }

  /// Follows what an entry, which `log` ends with, has changed: a device that joined shares with the one that added it,
  /// and those that left have nothing.
  mutating func follow(_ content: LogEntryContent, to log: AccountLog, at moment: RelayMoment) {
    if case .add(let add) = content.change, content.signer != log.recoveryDevice {
      var adder = allowance(of: content.signer, at: moment)
      var joiner = EntryAllowance(full: add.device.deviceID, at: moment)
      joiner.credit = adder.credit / 2
      adder.credit -= joiner.credit
      keep(adder)
      keep(joiner)
    }
    if case .remove = content.change, turn?.device == content.signer { turn = nil }
    allowances.removeAll { $0.device == log.recoveryDevice || log.activeMember($0.device) == nil }
  }

  private func allowance(of device: DeviceID, at moment: RelayMoment) -> EntryAllowance {
    allowances.first { $0.device == device }?.counted(at: moment)
      ?? EntryAllowance(full: device, at: moment)
  }

  private mutating func keep(_ allowance: EntryAllowance) {
    allowances.removeAll { $0.device == allowance.device }
    allowances.append(allowance)
  }
}
