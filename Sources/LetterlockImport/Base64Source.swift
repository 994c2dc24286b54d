#if SQLite
import Foundation
import Letterlock

/// An attachment that stands as base64 in a source file: decoded piece by piece, each time it is read.
struct Base64Source: Sendable {
  let path: String
  let range: Range<UInt64>

  var stream: ByteStream {
    ByteStream { [path, range] in
      let file = try SourceFile.open(path)
      var offset = range.lowerBound
      var decoder = Base64Decoder()
      return {
        guard offset < range.upperBound else { return nil }
        let raw = try file.read(at: offset, count: Int(min(range.upperBound - offset, 1 << 18)))
        guard !raw.isEmpty else { throw ImportError.unreadable("it became shorter") }
        offset += UInt64(raw.count)
        return try decoder.decode(raw)
      }
    }
  }
}

/// Base64 in pieces. RFC 4648 section 4; white space is passed over.
struct Base64Decoder {
  private var bits: UInt32 = 0
  private var bitCount = 0
  private var hasEnded = false

  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 0xff, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, character) in alphabet.utf8.enumerated() { values[Int(character)] = UInt8(value) }
    return values
  }()

  /// The bytes that the next characters complete.
  mutating func decode(_ characters: [UInt8]) throws(ImportError) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(characters.count * 3 / 4 + 3)
    for character in characters {
      let value = Self.values[Int(character)]
      if value == 0xff {
        if character == UInt8(ascii: "=") {
          hasEnded = true
        } else if character > 0x20 {
          throw .unreadable("an attachment is not base64")
        }
        continue
      }
      guard !hasEnded else { throw .unreadable("an attachment is not base64") }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      guard bitCount >= 8 else { continue }
      bitCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(bitCount)))
    }
    return bytes
  }
}
#endif
