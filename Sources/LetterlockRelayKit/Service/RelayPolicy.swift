public import LetterlockFormat

/// How long a relay holds other writers off, and how many log entries a device may send. SPEC.md section 7.8 names the
/// numbers of `standard`.
public struct RelayPolicy: Hashable, Sendable {
  /// How long a hold lasts.
  public var holdDuration: Duration
  /// How long a device whose `remove` was overtaken has the account for itself.
  public var turnDuration: Duration
  /// The time between the beginnings of two turns of one device.
  public var turnInterval: Duration
  /// How many log entries a device may send at once.
  public var entryBurst: Int
  /// How long it takes until a device may send one more. If it is zero, the number is not limited.
  public var entryInterval: Duration
  /// When a backup was last put in the relay's place; nil if never. An order to erase an account that came before waits
  /// its 72 hours again from then on: the entry that voided it may be lost. SPEC.md section 6.13.
  public var restored: Timestamp?
  /// Whether an order to erase takes effect when its time has come.
  var carriesOutErasures = true

  /// A policy with other numbers than SPEC.md names: for tests and simulations.
  public init(
    holdDuration: Duration = .seconds(600), turnDuration: Duration = .seconds(3),
    turnInterval: Duration = .seconds(60), entryBurst: Int = 16, entryInterval: Duration = .seconds(600),
    restored: Timestamp? = nil
  ) {
    self.holdDuration = holdDuration
    self.turnDuration = turnDuration
    self.turnInterval = turnInterval
    self.entryBurst = entryBurst
    self.entryInterval = entryInterval
    self.restored = restored
  }

  /// What SPEC.md names.
  public static let standard = RelayPolicy()
}

extension RelayPolicy {
  /// What a device that has sent nothing for long may spend, in nanoseconds: each entry costs `entryCost`.
  var fullAllowance: UInt64 {
    let (product, overflow) = entryCost.multipliedReportingOverflow(by: UInt64(max(0, entryBurst)))
    return overflow ? .max : product
  }

  /// What an entry costs, in nanoseconds of waiting.
  var entryCost: UInt64 { entryInterval.nanoseconds }
}

extension Duration {
  /// Whole nanoseconds, from none to the most that a moment can be after 1970.
  var nanoseconds: UInt64 {
    let (seconds, fraction) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds > 0 ? UInt64(Int64.max) : 0 }
    let (sum, isTooMuch) = whole.addingReportingOverflow(fraction / 1_000_000_000)
    return isTooMuch ? UInt64(Int64.max) : UInt64(max(0, sum))
  }
}
