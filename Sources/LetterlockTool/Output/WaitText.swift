#if Tool
/// How long to wait, for people: rounded up, so that whoever waits as long has waited long enough.
struct WaitText: CustomStringConvertible {
  let description: String

  init(_ duration: Duration) {
    let (whole, fraction) = duration.components
    // A relay says how long: it may say anything.
    let seconds = min(max(whole, 0), 1_000_000_000) + (fraction > 0 ? 1 : 0)
    let (count, unit) =
      switch seconds {
      case ...90: (max(seconds, 1), "second")
      case ...5_400: ((seconds + 59) / 60, "minute")
      default: ((seconds + 3_599) / 3_600, "hour")
      }
    description = count == 1 ? "1 \(unit)" : "\(count) \(unit)s"
  }
}
#endif
