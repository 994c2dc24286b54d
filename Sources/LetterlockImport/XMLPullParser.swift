#if SQLite
import Letterlock

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
  /// All values of an element together; of those that are longer is kept only where they lie.
  private static let maximumKeptByteCount = ArchiveEntry.maximumByteCount
  /// The same for an encoded file, which nobody needs in memory.
  private static let maximumKeptFileByteCount = 4096
  /// Where reading goes on after what breaks the format: behind the last whole tag, or in the broken one.
  private var restart: UInt64 = 0
  /// Where the last tag begins.
  private var tagStart: UInt64 = 0
  /// How many bytes may be read again after what breaks the format: a file of nothing else would be read for ever.
  private var rereadable: UInt64

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

  init(_ reader: XMLByteReader) {
    self.reader = reader
    let (most, isOverflow) = reader.byteCount.multipliedReportingOverflow(by: 4)
    rereadable = isOverflow ? .max : max(most, 64 << 20)
  }

  private func broken(_ reason: String) -> ImportError {
    .malformed(offset: reader.offset, reason)
  }

  /// The failure of what stands before the last tag, which is read again.
  mutating func brokenBeforeTag(_ reason: String) -> ImportError {
    restart = tagStart
    return broken(reason)
  }

  /// Goes on behind what breaks the format, with the next message or the end of them all; false if there is neither.
  mutating func resume() throws(ImportError) -> Bool {
    let again = reader.offset > restart ? reader.offset - restart : 0
    guard again <= rereadable else { return false }
    rereadable -= again
    reader.seek(to: restart)
    while true {
      while !(try reader.takePiece { $0 == UInt8(ascii: "<") }).isEmpty {}
      let start = reader.offset
      guard try reader.next() != nil else { return false }
      var name: [UInt8] = []
      while let byte = try reader.peek(), name.count < 8, byte != UInt8(ascii: "<") {
        name.append(byte)
        _ = try reader.next()
      }
      let isMessage =
        (name.starts(with: Array("sms".utf8)) || name.starts(with: Array("mms".utf8)))
        && name.count > 3 && Self.isSpace(name[3])
      guard isMessage || name.starts(with: Array("/smses".utf8)) else { continue }
      reader.seek(to: start)
      // If this breaks the format as well, it is not found again.
      restart = start + 1
      (open, ended) = (["smses"], nil)
      return true
    }
  }

  /// The next start or end of an element; nil at the end of the file.
  mutating func next() throws(ImportError) -> Event? {
    if let name = ended {
      ended = nil
      return .end(name)
    }
    while true {
      while !(try reader.takePiece { $0 == UInt8(ascii: "<") }).isEmpty {}
      tagStart = reader.offset
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
    restart = reader.offset
    return name
  }

  private mutating func startTag() throws(ImportError) -> Event {
    restart = tagStart + 1
    let element = try name()
    var attributes: [String: Value] = [:]
    var room = Self.maximumKeptByteCount
    while true {
      try skipSpace()
      switch try reader.peek() {
      case UInt8(ascii: ">"):
        _ = try reader.next()
        // No message stands in another: the one before was not closed.
        if element == "sms" || element == "mms" { open = Array(open.prefix(1)) }
        guard open.count < Self.maximumDepth else { throw broken("elements are nested too deep") }
        open.append(element)
        restart = reader.offset
        return .start(element, attributes)
      case UInt8(ascii: "/"):
        _ = try reader.next()
        guard try reader.next() == UInt8(ascii: ">") else { throw broken("a tag does not end") }
        ended = element
        restart = reader.offset
        return .start(element, attributes)
      case nil: throw broken("it ends in the middle of a tag")
      default:
        let key = try name()
        guard attributes.count < Self.maximumAttributeCount else { throw broken("too many attributes") }
        attributes[key] = try value(key == "data" ? min(room, Self.maximumKeptFileByteCount) : room, &room)
      }
    }
  }

  private func value(_ most: Int, _ room: inout Int) throws(ImportError) -> Value {
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
      if isKept, bytes.count + piece.count <= most {
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
    room -= bytes.count
    return isKept ? .text(XMLText.decode(bytes)) : .range(start..<end)
  }
}
#endif
