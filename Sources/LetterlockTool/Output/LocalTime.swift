#if Tool
import Foundation
import Letterlock

/// Times as people read them: by this machine's clock and time zone.
extension Timestamp {
  /// Day, hour and minute.
  var localText: String { "\(localDay) \(localMinute)" }

  /// Day.
  var localDay: String { String(localDigits.prefix(10)) }

  /// Hour and minute.
  var localMinute: String { String(localDigits.dropFirst(11).prefix(5)) }

  /// Day, hour, minute, second and how far the zone was from UTC then.
  var localSecond: String {
    let digits = localDigits.replacingOccurrences(of: "T", with: " ")
    return digits + ZoneOffset.text(ZoneOffset.seconds(at: self))
  }

  /// As RFC 3339 has it, without a fraction and a zone.
  private var localDigits: String {
    let (shifted, overflow) = nanosecondsSince1970.addingReportingOverflow(
      Int64(ZoneOffset.seconds(at: self)) * 1_000_000_000)
    let local = overflow ? self : Timestamp(nanosecondsSince1970: shifted)
    return String(local.rfc3339.prefix(19))
  }
}

/// A time in an output: RFC 3339 in UTC for programs, and what `time` says for people.
struct ShownTime: Encodable, Equatable {
  let time: Timestamp

  init(_ time: Timestamp) { self.time = time }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(time.rfc3339)
  }
}

/// How far this machine's time zone is from UTC.
enum ZoneOffset {
  static func seconds(at time: Timestamp) -> Int {
    TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.nanosecondsSince1970) / 1e9))
  }

  /// Such as `+02:00`.
  static func text(_ seconds: Int) -> String {
    let minutes = abs(seconds) / 60
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(seconds < 0 ? "-" : "+")\(two(minutes / 60)):\(two(minutes % 60))"
  }
}
#endif
