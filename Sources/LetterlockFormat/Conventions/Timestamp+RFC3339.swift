extension Timestamp {
  private static let nanosecondsPerSecond: Int64 = 1_000_000_000
  private static let secondsPerDay: Int64 = 86_400

  /// `2026-03-01T09:08:07.000000000Z`: UTC, nine decimals. RFC 3339 section 5.6.
  public var rfc3339: String {
    let (seconds, nanoseconds) = nanosecondsSince1970.flooredDivision(by: Self.nanosecondsPerSecond)
    let (days, secondOfDay) = seconds.flooredDivision(by: Self.secondsPerDay)
    let date = CivilDate(daysSince1970: days)
    let day = "\(date.year.padded(4))-\(date.month.padded(2))-\(date.day.padded(2))"
    let minuteOfDay = secondOfDay / 60
    let time =
      "\((minuteOfDay / 60).padded(2)):\((minuteOfDay % 60).padded(2)):\((secondOfDay % 60).padded(2))"
    return "\(day)T\(time).\(nanoseconds.padded(9))Z"
  }

  /// Reads an RFC 3339 `date-time`: any offset, up to nine decimals.
  ///
  /// Nil if the text is no such time, is a leap second, or lies outside the years 1677 to 2262.
  public init?(rfc3339 text: String) {
    var scanner = DigitScanner(text)
    guard let date = scanner.date(), scanner.skip(oneOf: "Tt"),
      let secondOfDay = scanner.timeOfDay(), let nanoseconds = scanner.fraction(),
      let offset = scanner.offset(), scanner.isAtEnd
    else { return nil }
    let seconds = date.daysSince1970 * Self.secondsPerDay + secondOfDay - offset
    // Before 1970 the whole seconds alone may lie below Int64.min although the sum does not.
    let borrow: Int64 = seconds < 0 && nanoseconds > 0 ? 1 : 0
    let (scaled, scaledOverflow) = (seconds + borrow).multipliedReportingOverflow(
      by: Self.nanosecondsPerSecond)
    let rest = nanoseconds - borrow * Self.nanosecondsPerSecond
    let (sum, sumOverflow) = scaled.addingReportingOverflow(rest)
    guard !scaledOverflow, !sumOverflow else { return nil }
    self.init(nanosecondsSince1970: sum)
  }
}

/// A day of the proleptic Gregorian calendar.
private struct CivilDate {
  var year: Int64
  var month: Int64
  var day: Int64

  private static let daysPerEra: Int64 = 146_097
  /// From 0000-03-01, where the reckoning below starts its years, to 1970-01-01.
  private static let daysBefore1970: Int64 = 719_468

  /// Counts years from 1 March, so that the leap day is the last of its year.
  init(daysSince1970: Int64) {
    let (era, dayOfEra) = (daysSince1970 + Self.daysBefore1970).flooredDivision(by: Self.daysPerEra)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// Nil for a day that the calendar does not have.
  init?(year: Int64, month: Int64, day: Int64) {
    guard (1...12).contains(month), day >= 1 else { return nil }
    self.year = year
    self.month = month
    self.day = day
    let again = CivilDate(daysSince1970: daysSince1970)
    guard again.month == month, again.day == day else { return nil }
  }

  var daysSince1970: Int64 {
    let marchYear = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = marchYear.flooredDivision(by: 400)
    let monthFromMarch = month > 2 ? month - 3 : month + 9
    let dayOfYear = (153 * monthFromMarch + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * Self.daysPerEra + dayOfEra - Self.daysBefore1970
  }
}

/// Walks the fixed-width digits of a `date-time`.
private struct DigitScanner {
  private var rest: ArraySlice<UInt8>

  init(_ text: String) {
    rest = Array(text.utf8)[...]
  }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func skip(oneOf characters: String) -> Bool {
    guard let first = rest.first, characters.utf8.contains(first) else { return false }
    rest.removeFirst()
    return true
  }

  mutating func digits(_ count: Int) -> Int64? {
    guard rest.count >= count else { return nil }
    var value: Int64 = 0
    for byte in rest.prefix(count) {
      guard let digit = byte.decimalDigit else { return nil }
      value = value * 10 + digit
    }
    rest.removeFirst(count)
    return value
  }

  mutating func date() -> CivilDate? {
    guard let year = digits(4), skip(oneOf: "-"), let month = digits(2), skip(oneOf: "-"),
      let day = digits(2)
    else { return nil }
    return CivilDate(year: year, month: month, day: day)
  }

  mutating func timeOfDay() -> Int64? {
    guard let hour = digits(2), skip(oneOf: ":"), let minute = digits(2), skip(oneOf: ":"),
      let second = digits(2), hour < 24, minute < 60, second < 60
    else { return nil }
    return (hour * 60 + minute) * 60 + second
  }

  mutating func fraction() -> Int64? {
    guard skip(oneOf: ".") else { return 0 }
    let count = rest.prefix { $0.decimalDigit != nil }.count
    guard (1...9).contains(count), let value = digits(count) else { return nil }
    return (count..<9).reduce(value) { scaled, _ in scaled * 10 }
  }

  /// Seconds east of UTC.
  mutating func offset() -> Int64? {
    if skip(oneOf: "Zz") { return 0 }
    let isEast = rest.first == UInt8(ascii: "+")
    guard skip(oneOf: "+-"), let hour = digits(2), skip(oneOf: ":"), let minute = digits(2),
      hour < 24, minute < 60
    else { return nil }
    let seconds = (hour * 60 + minute) * 60
    return isEast ? seconds : -seconds
  }
}

extension UInt8 {
  fileprivate var decimalDigit: Int64? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) ? Int64(self - UInt8(ascii: "0")) : nil
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  fileprivate func padded(_ width: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}
