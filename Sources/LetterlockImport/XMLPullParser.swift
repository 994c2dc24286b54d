#if SQLite
/// Reads the elements and attributes of an XML file one after the other. It knows what SMS Backup & Restore
/// writes: no text between tags matters, values may be hundreds of megabytes long, and emoji come as two
/// character references, one for each half of a surrogate pair.
struct XMLPullParser {
  private let reader: XMLByteReader
  private var open: [String] = []
  private var ended: String?
  private static let maximumDepth = 64
  private static let maximumAttributeCount = 128
  private static let maximumNameByteCount = 128
  /// Longer values are not kept, only where they lie.
  private static let maximumKeptByteCount = 1 << 20

  /// A step through the file.
  enum Event {
    case start(String, [String: Value])
    case end(String)
  }

  /// What an attribute holds.
  enum Value {
    case text(String)
    /// Too long to keep: the raw bytes at this place in the file.
    case range(Range<UInt64>)
  }

  init(_ reader: XMLByteReader) { self.reader = reader }

  private func broken(_ reason: String) -> ImportError {
    .malformed(offset: reader.offset, reason)
  }

  /// The next start or end of an element; nil at the end of the file.
  mutating func next() throws(ImportError) -> Event? {
    if let name = ended {
      ended = nil
      return .end(name)
    }
    while true {
      while !(try reader.takePiece { $0 == UInt8(ascii: "<") }).isEmpty {}
      guard try reader.next() != nil else {
        guard open.isEmpty else { throw broken("it ends inside <\(open[open.count - 1])>") }
        return nil
      }
      switch try reader.peek() {
      case UInt8(ascii: "?"): try skip(past: Array("?>".utf8))
      case UInt8(ascii: "!"): try skipDeclaration()
      case UInt8(ascii: "/"): return .end(try endTag())
      default: return try startTag()
      }
    }
  }

  private func skip(past end: [UInt8]) throws(ImportError) {
    var matched = 0
    while matched < end.count {
      guard let byte = try reader.next() else { throw broken("it ends in the middle of a tag") }
      if byte == end[matched] {
        matched += 1
      } else if !(matched == 2 && end.count == 3 && byte == end[0]) {
        // "--->" also ends a comment: a third dash leaves two matched.
        matched = byte == end[0] ? 1 : 0
      }
    }
  }

  private func skipDeclaration() throws(ImportError) {
    _ = try reader.next()
    switch try reader.peek() {
    case UInt8(ascii: "-"): try skip(past: Array("-->".utf8))
    case UInt8(ascii: "["): try skip(past: Array("]]>".utf8))
    default: try skip(past: [UInt8(ascii: ">")])
    }
  }

  private func name() throws(ImportError) -> String {
    var bytes: [UInt8] = []
    while let byte = try reader.peek(), !Self.endsName(byte) {
      bytes.append(byte)
      _ = try reader.next()
      guard bytes.count <= Self.maximumNameByteCount else { throw broken("a name is too long") }
    }
    guard !bytes.isEmpty else { throw broken("a name is missing") }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func endsName(_ byte: UInt8) -> Bool {
    isSpace(byte)
      || [UInt8(ascii: ">"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "<")].contains(byte)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

  private func skipSpace() throws(ImportError) {
    while let byte = try reader.peek(), Self.isSpace(byte) { _ = try reader.next() }
  }

  private mutating func endTag() throws(ImportError) -> String {
    _ = try reader.next()
    let name = try name()
    try skipSpace()
    guard try reader.next() == UInt8(ascii: ">") else { throw broken("a tag does not end") }
    guard open.popLast() == name else { throw broken("</\(name)> ends what did not begin") }
    return name
  }

  private mutating func startTag() throws(ImportError) -> Event {
    let element = try name()
    var attributes: [String: Value] = [:]
    while true {
      try skipSpace()
      switch try reader.peek() {
      case UInt8(ascii: ">"):
        _ = try reader.next()
        guard open.count < Self.maximumDepth else { throw broken("elements are nested too deep") }
        open.append(element)
        return .start(element, attributes)
      case UInt8(ascii: "/"):
        _ = try reader.next()
        guard try reader.next() == UInt8(ascii: ">") else { throw broken("a tag does not end") }
        ended = element
        return .start(element, attributes)
      case nil: throw broken("it ends in the middle of a tag")
      default:
        let key = try name()
        guard attributes.count < Self.maximumAttributeCount else { throw broken("too many attributes") }
        attributes[key] = try value()
      }
    }
  }

  private func value() throws(ImportError) -> Value {
    try skipSpace()
    guard try reader.next() == UInt8(ascii: "=") else { throw broken("an attribute has no value") }
    try skipSpace()
    guard let quote = try reader.next(), quote == 0x22 || quote == 0x27 else {
      throw broken("a value is not quoted")
    }
    let start = reader.offset
    var bytes: [UInt8] = []
    var isKept = true
    while true {
      let piece = try reader.takePiece { $0 == quote }
      if isKept, bytes.count + piece.count <= Self.maximumKeptByteCount {
        bytes += piece
      } else {
        isKept = false
        bytes = []
      }
      guard let byte = try reader.peek() else { throw broken("it ends in the middle of a value") }
      if byte == quote { break }
    }
    let end = reader.offset
    _ = try reader.next()
    return isKept ? .text(XMLText.decode(bytes)) : .range(start..<end)
  }
}

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
