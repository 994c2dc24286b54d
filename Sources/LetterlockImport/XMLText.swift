#if SQLite
/// Text with references in it.
enum XMLText {
  /// Replaces references by what they stand for; what is no reference stays as it is.
  static func decode(_ bytes: [UInt8]) -> String {
    guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
    var units: [UInt16] = []
    var index = 0
    var plain = 0
    func flush(_ end: Int) { units += String(decoding: bytes[plain..<end], as: UTF8.self).utf16 }
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "&"), let (value, end) = reference(bytes, index) else {
        index += 1
        continue
      }
      flush(index)
      units += value
      (index, plain) = (end, end)
    }
    flush(bytes.count)
    return String(decoding: units, as: UTF16.self)
  }

  /// What the reference at `start` stands for, in UTF-16 units, and where it ends.
  private static func reference(_ bytes: [UInt8], _ start: Int) -> ([UInt16], Int)? {
    guard let end = bytes[start...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
    let units: [UInt16]
    switch name {
    case "amp": units = [0x26]
    case "lt": units = [0x3c]
    case "gt": units = [0x3e]
    case "quot": units = [0x22]
    case "apos": units = [0x27]
    default:
      guard name.hasPrefix("#") else { return nil }
      let digits = name.dropFirst()
      let number =
        digits.first == "x" ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits, radix: 10)
      guard let number, number <= 0x10ffff else { return nil }
      // Half of a surrogate pair is kept as it is: the other half follows.
      units =
        number > 0xffff
        ? Unicode.Scalar(number).map { Array(String($0).utf16) } ?? [] : [UInt16(truncatingIfNeeded: number)]
    }
    return (units, end + 1)
  }
}
#endif
