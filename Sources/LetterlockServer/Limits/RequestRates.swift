#if Server
/// How often something may happen: at once as often as the burst says, and from then on as often as comes back.
public struct RequestRate: Hashable, Sendable {
  /// How often at once.
  public var burst: Int
  /// How much of that comes back in a second.
  public var perSecond: Double

  /// A rate.
  public init(burst: Int, perSecond: Double) { (self.burst, self.perSecond) = (burst, perSecond) }

  /// As often as one likes.
  public static let unlimited = RequestRate(burst: .max, perSecond: .infinity)

  /// Whether there is anything to count.
  var isUnlimited: Bool { burst == .max || perSecond == .infinity }
}

/// How often each kind of request may come, by whom it comes from.
///
/// The default is far beyond what a device does that imports 100,000 messages, or restores 1,000,000 records.
public struct RequestRates: Hashable, Sendable {
  /// The rates of one kind.
  public struct BySender: Hashable, Sendable {
    /// For a device.
    public var device: RequestRate
    /// For all devices of an account.
    public var account: RequestRate
    /// For an address.
    public var address: RequestRate

    /// Rates.
    public init(device: RequestRate, account: RequestRate, address: RequestRate) {
      (self.device, self.account, self.address) = (device, account, address)
    }

    /// As often as one likes.
    public static let unlimited = BySender(device: .unlimited, account: .unlimited, address: .unlimited)
  }

  /// Requests that change nothing.
  public var reads = BySender(
    device: RequestRate(burst: 1_000_000, perSecond: 500),
    account: RequestRate(burst: 2_000_000, perSecond: 1000),
    address: RequestRate(burst: 4_000_000, perSecond: 2000))
  /// Requests that change something.
  public var writes = BySender(
    device: RequestRate(burst: 500_000, perSecond: 200),
    account: RequestRate(burst: 1_000_000, perSecond: 400),
    address: RequestRate(burst: 2_000_000, perSecond: 1000))
  /// Bytes of bodies that change something.
  public var uploadedBytes = BySender(
    device: RequestRate(burst: 1 << 36, perSecond: 33_554_432),
    account: RequestRate(burst: 1 << 37, perSecond: 67_108_864),
    address: RequestRate(burst: 1 << 38, perSecond: 134_217_728))
  /// New accounts from an address: 20 in a day.
  public var accountCreations = RequestRate(burst: 20, perSecond: 20.0 / 86_400)
  /// Messages for mailboxes from an address.
  public var mailboxPosts = RequestRate(burst: 200, perSecond: 1)
  /// Looks into mailboxes from an address.
  public var mailboxReads = RequestRate(burst: 2000, perSecond: 10)
  /// Requests without a signature, and those that are refused as a stranger's, from an address.
  public var strangers = RequestRate(burst: 2000, perSecond: 20)

  /// The rates that a server has if it is told nothing.
  public init() {}

  /// No limit of a rate.
  public static var unlimited: RequestRates {
    var rates = RequestRates()
    rates.reads = .unlimited
    rates.writes = .unlimited
    rates.uploadedBytes = .unlimited
    rates.accountCreations = .unlimited
    rates.mailboxPosts = .unlimited
    rates.mailboxReads = .unlimited
    rates.strangers = .unlimited
    return rates
  }
}
#endif
