/// The order of messages: the history's, which every device shares, and not that of anybody's clock.
///
/// Messages that were brought in from elsewhere (`Message.origin`) stand by their dates. Of the others, the largest
/// set whose dates agree with the history's order is believed; what is dated more than a day off its believed
/// neighbours is doubtful. SPEC.md section 6.11.
struct ClockOrder {
  /// What to sort the messages by, and then by their places.
  let keys: [Timestamp]
  /// The believed date before a doubtful one, by the message's place.
  let doubtful: [Int: Timestamp]

  private static let tolerance: Int64 = 86_400_000_000_000

  /// - Parameters:
  ///   - sent: when each message was sent, by its device's clock, in the history's order.
  ///   - isLive: whether the message at a place was not brought in from elsewhere.
  init(_ sent: [Timestamp], isLive: (Int) -> Bool) {
    var keys = sent
    let live = sent.indices.filter(isLive)
    let dates = live.map { sent[$0] }
    let believed = Self.longestAscent(dates)
    var following = [Timestamp?](repeating: nil, count: live.count)
    var next: Timestamp?
    for index in live.indices.reversed() {
      if believed[index] { next = dates[index] }
      following[index] = next
    }
    var doubtful: [Int: Timestamp] = [:]
    var last: Timestamp?
    for (index, place) in live.enumerated() {
      guard !believed[index] else {
        last = dates[index]
        continue
      }
      let implied = last ?? following[index] ?? dates[index]
      if Self.isOff(dates[index], after: last, before: following[index]) { doubtful[place] = implied }
      keys[place] = implied
    }
    self.keys = keys
    self.doubtful = doubtful
  }

  private static func isOff(_ date: Timestamp, after last: Timestamp?, before next: Timestamp?) -> Bool {
    if let last, isMore(than: tolerance, from: date, to: last) { return true }
    if let next, isMore(than: tolerance, from: next, to: date) { return true }
    return false
  }

  private static func isMore(than span: Int64, from: Timestamp, to: Timestamp) -> Bool {
    let (difference, overflow) = to.nanosecondsSince1970.subtractingReportingOverflow(
      from.nanosecondsSince1970)
    return overflow ? to > from : difference > span
  }

  /// Which dates belong to the longest subsequence that never goes back.
  private static func longestAscent(_ dates: [Timestamp]) -> [Bool] {
    var tails: [Int] = []
    var before = [Int?](repeating: nil, count: dates.count)
    for index in dates.indices {
      var (low, high) = (0, tails.count)
      while low < high {
        let middle = (low + high) / 2
        if dates[tails[middle]] <= dates[index] { low = middle + 1 } else { high = middle }
      }
      before[index] = low > 0 ? tails[low - 1] : nil
      if low == tails.count { tails.append(index) } else { tails[low] = index }
    }
    var isIn = [Bool](repeating: false, count: dates.count)
    var next = tails.last
    while let index = next {
      isIn[index] = true
      next = before[index]
    }
    return isIn
  }
}
