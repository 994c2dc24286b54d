#if SQLite
/// Writes a text as Messages does: an NSAttributedString with one run, in a typedstream.
enum ArchivedText {
  static func bytes(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = [0x04, 0x0b] + Array("streamtyped".utf8) + [0x81, 0xe8, 0x03]
    bytes += [0x84, 0x01, 0x40]
    bytes += [0x84, 0x84, 0x84] + name("NSAttributedString") + [0x00]
    bytes += [0x84, 0x84] + name("NSObject") + [0x00, 0x85]
    bytes += [0x92, 0x84, 0x84, 0x84] + name("NSString") + [0x01, 0x94]
    bytes += [0x84, 0x01, 0x2b] + integer(text.utf8.count) + Array(text.utf8) + [0x86]
    bytes += [0x84, 0x02, 0x69, 0x49, 0x01] + integer(text.utf16.count)
    bytes += [0x92, 0x84, 0x84, 0x84] + name("NSDictionary") + [0x00, 0x94]
    return bytes + [0x84, 0x01, 0x69, 0x00, 0x86, 0x86]
  }

  /// The same within what stands around a plain text.
  static func bytes(_ text: String, in frame: (head: [UInt8], tail: [UInt8])) -> [UInt8] {
    frame.head + integer(text.utf8.count) + Array(text.utf8) + [0x86, 0x84, 0x02, 0x69, 0x49, 0x01]
      + integer(text.utf16.count) + frame.tail
  }

  private static func name(_ name: String) -> [UInt8] { [UInt8(name.utf8.count)] + Array(name.utf8) }

  private static func integer(_ value: Int) -> [UInt8] {
    if value < 0x80 { return [UInt8(value)] }
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    return value < 0x8000 ? [0x81] + bytes[..<2] : [0x82] + bytes
  }
}

/// SplitMix64: the same changes in every run.
struct Seeded: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// The bytes with a few of them changed, left out or doubled.
  mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &self) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<3, using: &self) {
      case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &self)
      case 1: bytes.remove(at: place)
      default: bytes.insert(bytes[place], at: place)
      }
    }
    return bytes
  }
}
#endif
