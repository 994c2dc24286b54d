/// Sixteen bytes held without an allocation: the storage of every 128-bit identifier.
package struct Bytes16: Hashable, Sendable {
  /// Bytes 0 to 7, big-endian.
  package var high: UInt64
  /// Bytes 8 to 15, big-endian.
  package var low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// The first 16 bytes of `bytes`, or nil if there are fewer.
  package init?(prefixOf bytes: [UInt8]) {
    guard bytes.count >= 16 else { return nil }
    high = bytes[0..<8].reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes[8..<16].reduce(0) { $0 << 8 | UInt64($1) }
  }

  package var bytes: [UInt8] {
    Self.bigEndian(high) + Self.bigEndian(low)
  }

  package var hexadecimal: String {
    Self.hexadecimal(high) + Self.hexadecimal(low)
  }

  private static func bigEndian(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
  }

  private static func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

extension Bytes16: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}
