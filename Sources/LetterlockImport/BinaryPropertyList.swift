#if SQLite
/// Apple's binary property list, read object by object.
///
/// Foundation's reader builds every object first, one call inside the other, so that a list which is nested deeply
/// enough ends the process. This one reads only what it is asked for, and follows nothing by itself.
struct BinaryPropertyList {
  /// The number of the object that holds the others.
  let root: Int
  private let bytes: [UInt8]
  private let offsets: Int
  private let offsetByteCount: Int
  private let referenceByteCount: Int
  private let objectCount: Int

  private static let trailerByteCount = 32

  /// Takes a list; nil if it is none, or has more than so many bytes.
  init?(_ bytes: [UInt8], maximumByteCount: Int) {
    guard bytes.count <= maximumByteCount, bytes.starts(with: Array("bplist00".utf8)),
      bytes.count >= 8 + Self.trailerByteCount
    else { return nil }
    let trailer = bytes.count - Self.trailerByteCount
    (offsetByteCount, referenceByteCount) = (Int(bytes[trailer + 6]), Int(bytes[trailer + 7]))
    guard (1...8).contains(offsetByteCount), (1...8).contains(referenceByteCount),
      let count = Self.number(bytes, trailer + 8, 8), let root = Self.number(bytes, trailer + 16, 8),
      let offsets = Self.number(bytes, trailer + 24, 8), root < count, offsets <= trailer,
      count <= (trailer - offsets) / offsetByteCount
    else { return nil }
    (objectCount, self.root, self.offsets, self.bytes) = (count, root, offsets, bytes)
  }

  /// A number of so many bytes, the highest first; nil if it does not fit or is not there.
  private static func number(_ bytes: [UInt8], _ offset: Int, _ byteCount: Int) -> Int? {
    guard offset >= 0, byteCount <= bytes.count - offset else { return nil }
    var value: UInt64 = 0
    for byte in bytes[offset..<offset + byteCount] {
      guard value >> 56 == 0 else { return nil }
      value = value << 8 | UInt64(byte)
    }
    return Int(exactly: value)
  }

  /// The kind of an object, and where its content begins: after the marker.
  private func marker(of object: Int) -> (kind: UInt8, low: UInt8, start: Int)? {
    guard (0..<objectCount).contains(object),
      let offset = Self.number(bytes, offsets + object * offsetByteCount, offsetByteCount), offset < offsets
    else { return nil }
    return (bytes[offset] >> 4, bytes[offset] & 0x0f, offset + 1)
  }

  /// How many items an object has, and where the first one is.
  private func content(of object: Int, kind: UInt8) -> (count: Int, start: Int)? {
    guard let marker = marker(of: object), marker.kind == kind else { return nil }
    guard marker.low == 0x0f else { return (Int(marker.low), marker.start) }
    guard marker.start < offsets, bytes[marker.start] >> 4 == 1, bytes[marker.start] & 0x0f <= 3 else {
      return nil
    }
    let byteCount = 1 << Int(bytes[marker.start] & 0x0f)
    guard let count = Self.number(bytes, marker.start + 1, byteCount) else { return nil }
    return (count, marker.start + 1 + byteCount)
  }

  private func bytes(of object: Int, kind: UInt8, itemByteCount: Int = 1) -> ArraySlice<UInt8>? {
    guard let (count, start) = content(of: object, kind: kind), start <= offsets,
      count <= (offsets - start) / itemByteCount
    else { return nil }
    return bytes[start..<start + count * itemByteCount]
  }

  private func references(_ start: Int, _ count: Int) -> [Int]? {
    guard start <= offsets, count <= (offsets - start) / referenceByteCount else { return nil }
    return (0..<count).compactMap { Self.number(bytes, start + $0 * referenceByteCount, referenceByteCount) }
  }
}

extension BinaryPropertyList {
  /// The objects of an array.
  func array(_ object: Int) -> [Int]? {
    content(of: object, kind: 0xa).flatMap { references($0.start, $0.count) }
  }

  /// The objects of a dictionary, by their keys; the first of a key counts.
  func dictionary(_ object: Int) -> [String: Int]? {
    guard let (count, start) = content(of: object, kind: 0xd), count <= bytes.count,
      let both = references(start, 2 * count), both.count == 2 * count
    else { return nil }
    let pairs = (0..<count).compactMap { place in string(both[place]).map { ($0, both[count + place]) } }
    return Dictionary(pairs) { first, _ in first }
  }

  /// The bytes of a data object.
  func data(_ object: Int) -> [UInt8]? { bytes(of: object, kind: 0x4).map { Array($0) } }

  /// A text.
  func string(_ object: Int) -> String? {
    if let text = bytes(of: object, kind: 0x5) { return String(decoding: text, as: UTF8.self) }
    guard let units = bytes(of: object, kind: 0x6, itemByteCount: 2) else { return nil }
    let start = units.startIndex
    return String(
      decoding: (0..<units.count / 2).map {
        UInt16(units[start + 2 * $0]) << 8 | UInt16(units[start + 2 * $0 + 1])
      },
      as: UTF16.self)
  }

  /// A number, whole or not.
  func number(_ object: Int) -> Double? {
    guard let marker = marker(of: object), marker.low <= 3 else { return nil }
    guard let number = Self.number(bytes, marker.start, 1 << Int(marker.low)) else {
      // A date before 2001 has its highest bit set.
      return marker.kind == 1 ? nil : real(marker)
    }
    return marker.kind == 1 ? Double(number) : real(marker)
  }

  private func real(_ marker: (kind: UInt8, low: UInt8, start: Int)) -> Double? {
    guard marker.kind == 2 || marker.kind == 3, marker.low >= 2 else { return nil }
    let byteCount = 1 << Int(marker.low)
    guard byteCount <= bytes.count - marker.start else { return nil }
    let pattern = bytes[marker.start..<marker.start + byteCount].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return byteCount == 8
      ? Double(bitPattern: pattern) : Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern)))
  }
}
#endif
