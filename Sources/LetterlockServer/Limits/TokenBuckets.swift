#if Server
internal import LetterlockFormat
internal import Synchronization

/// What is counted.
enum LimitedKind: Hashable, Sendable {
  case read, write, uploadedByte, accountCreation, mailboxPost, mailboxRead, stranger
}

/// Token buckets: each has its rate's burst at first, gives up tokens, and fills up again.
///
/// A bucket that is full has no row, and there are never more rows than a server has room for: an attacker with more
/// addresses than that makes some be forgotten, which are then full.
final class TokenBuckets: Sendable {
  /// Whose bucket it is, and for what.
  struct Key: Hashable, Sendable {
    let kind: LimitedKind
    let owner: Owner
  }

  /// Who a bucket is for.
  enum Owner: Hashable, Sendable {
    case account(AccountID)
    case device(DeviceID)
    case address(ClientAddress)
  }

  /// A number of tokens from a bucket.
  struct Charge: Sendable {
    let key: Key
    let rate: RequestRate
    let count: Int

    init(_ kind: LimitedKind, _ owner: Owner, _ rate: RequestRate, _ count: Int = 1) {
      (key, self.rate, self.count) = (Key(kind: kind, owner: owner), rate, count)
    }
  }

  private struct Bucket {
    /// How many tokens it had then; below none if it was charged for what had happened already.
    var level: Double
    var time: Duration
    let rate: RequestRate

    func level(at now: Duration) -> Double {
      min(Double(rate.burst), level + max(0, (now - time).inSeconds) * rate.perSecond)
    }
  }

  private let maximumCount: Int
  private let clock: ServerClock
  private let buckets = Mutex<[Key: Bucket]>([:])

  init(maximumCount: Int, clock: ServerClock) {
    (self.maximumCount, self.clock) = (max(1, maximumCount), clock)
  }

  /// How many buckets are not full, or were not when somebody looked.
  var count: Int { buckets.withLock { $0.count } }

  /// Takes from all these buckets, or from none. Returns how long to wait until there are enough; nil if they were taken.
  func take(_ charges: [Charge]) -> Duration? {
    let charges = charges.filter { !$0.rate.isUnlimited }
    guard !charges.isEmpty else { return nil }
    let now = clock.elapsed()
    return buckets.withLock { buckets in
      var wait = 0.0
      for charge in charges {
        let level = buckets[charge.key]?.level(at: now) ?? Double(charge.rate.burst)
        // What is more than a bucket holds is given to whoever finds it full, and missing from then on.
        let missing = Double(min(charge.count, max(1, charge.rate.burst))) - level
        if missing > 0 { wait = max(wait, missing / max(charge.rate.perSecond, .leastNormalMagnitude)) }
      }
      guard wait == 0 else { return Duration(roundingUp: wait) }
      for charge in charges { spend(charge, now, &buckets) }
      return nil
    }
  }

  /// Takes from a bucket for what happened already, however much it has.
  func charge(_ charge: Charge) {
    guard !charge.rate.isUnlimited else { return }
    let now = clock.elapsed()
    buckets.withLock { spend(charge, now, &$0) }
  }

  /// How long to wait until a bucket has so many tokens; nil if it has them.
  func wait(for charge: Charge, level wanted: Double) -> Duration? {
    guard !charge.rate.isUnlimited else { return nil }
    let now = clock.elapsed()
    guard let level = buckets.withLock({ $0[charge.key]?.level(at: now) }), level < wanted else { return nil }
    return Duration(roundingUp: (wanted - level) / max(charge.rate.perSecond, .leastNormalMagnitude))
  }

  private func spend(_ charge: Charge, _ now: Duration, _ buckets: inout [Key: Bucket]) {
    let burst = Double(charge.rate.burst)
    let level = buckets[charge.key]?.level(at: now) ?? burst
    if buckets[charge.key] == nil, buckets.count >= maximumCount { makeRoom(now, &buckets) }
    // So much in debt, and no more, that nobody waits for ever.
    buckets[charge.key] = Bucket(
      level: max(-burst, level - Double(charge.count)), time: now, rate: charge.rate)
  }

  private func makeRoom(_ now: Duration, _ buckets: inout [Key: Bucket]) {
    buckets = buckets.filter { $0.value.level(at: now) < Double($0.value.rate.burst) }
    // Some are forgotten, a sixteenth at once, so that not every request looks at all of them.
    let excess = buckets.count - maximumCount + max(1, maximumCount / 16)
    guard excess > 0 else { return }
    for key in Array(buckets.keys.prefix(excess)) { buckets[key] = nil }
  }
}
#endif
