#if Tool
import Foundation

/// Finds known texts and keys in bytes, in every form in which they could lie there: as they are, as
/// UTF-16LE, and as base64 or hexadecimal text.
struct LeakScanner {
  private var needles: [(name: String, bytes: [UInt8])] = []
  /// Needles by their first 8 bytes.
  private var starts: [UInt64: [Int]] = [:]
  /// Which hashes occur among the starts: most places need no more than a look at this.
  private var filter = [Bool](repeating: false, count: 1 << 16)

  /// How many forms are looked for.
  var needleCount: Int { needles.count }

  mutating func add(_ text: String, named name: String) {
    add(bytes: Array(text.utf8), named: name)
    insert(text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }, "\(name) in UTF-16")
  }

  mutating func add(bytes: [UInt8], named name: String) {
    insert(bytes, name)
    insert(Array(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined().utf8), "\(name) in hex")
    for shift in 0..<3 { insert(Self.base64(bytes, shift: shift), "\(name) in base64") }
  }

  /// The characters that every base64 text has in which the bytes begin at this place of a group of three.
  static func base64(_ bytes: [UInt8], shift: Int) -> [UInt8] {
    let data = Data([UInt8](repeating: 0, count: shift) + bytes)
    let sure = (shift + bytes.count) * 8 / 6
    return Array(data.base64EncodedString().utf8.prefix(sure).dropFirst((shift * 8 + 5) / 6))
  }

  private mutating func insert(_ bytes: [UInt8], _ name: String) {
    precondition(bytes.count >= 8, "\(name) is too short to tell from chance")
    let start = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    starts[start, default: []].append(needles.count)
    filter[Self.hash(start)] = true
    needles.append((name, bytes))
  }

  private static func hash(_ start: UInt64) -> Int { Int((start &* 0x9e37_79b9_7f4a_7c15) >> 48) }

  /// The names of what occurs.
  func scan(_ bytes: [UInt8]) -> Set<String> {
    var found: Set<String> = []
    var window: UInt64 = 0
    for (place, byte) in bytes.enumerated() {
      window = window << 8 | UInt64(byte)
      guard place >= 7, filter[Self.hash(window)], let candidates = starts[window] else { continue }
      for candidate in candidates where bytes[(place - 7)...].starts(with: needles[candidate].bytes) {
        found.insert(needles[candidate].name)
      }
    }
    return found
  }

  /// Every file under a folder, by name, with what occurs in it or in its name.
  func scan(folder: String) throws -> [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      let contents = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
      found[name] = scan([UInt8](contents)).union(scan(Array(name.utf8)))
    }
    return found
  }
}
#endif
