internal import CryptoCore

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
    self = bytes.withRawSpan { Bytes16($0, at: 0) }
  }

  /// The 16 bytes at `offset`.
  init(_ bytes: RawSpan, at offset: Int) {
    high = bytes.bigEndian(at: offset)
    low = bytes.bigEndian(at: offset + 8)
  }

  package var bytes: [UInt8] {
    withNewBytes(16) { bytes in
      var offset = 0
      bytes.write(self, at: &offset)
    }
  }

  package var hexadecimal: String {
    Self.hexadecimal(high) + Self.hexadecimal(low)
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
