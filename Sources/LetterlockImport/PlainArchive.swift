#if SQLite
/// The archive of a text without styles, files or mentions, which nearly all are: Messages writes the same bytes
/// around every such text, so they are compared instead of decoded.
enum PlainArchive {
  /// What stands before the text's length, and after the text's length in UTF-16 units.
  static let frames: [(head: [UInt8], tail: [UInt8])] = [
    frame(
      classes: ["NSMutableAttributedString", "NSAttributedString", "NSObject"],
      strings: ["NSMutableString", "NSString"], object: 0x95, key: 0x98, value: 0x9b),
    frame(
      classes: ["NSAttributedString", "NSObject"], strings: ["NSString"], object: 0x94, key: 0x96, value: 0x99
    ),
  ]

  private static let afterText: [UInt8] = [0x86, 0x84, 0x02, 0x69, 0x49, 0x01]

  /// The text of an archive that is exactly of this form; nil says nothing about any other.
  static func text(of bytes: [UInt8]) -> String? {
    for (head, tail) in frames where bytes.starts(with: head) {
      var position = head.count
      guard let byteCount = length(bytes, &position), bytes.count - position >= byteCount else { return nil }
      let content = bytes[position..<position + byteCount]
      position += byteCount
      guard bytes[position...].starts(with: afterText) else { return nil }
      position += afterText.count
      guard length(bytes, &position) != nil, bytes[position...].elementsEqual(tail),
        !holdsAttachment(content)
      else { return nil }
      return String(decoding: content, as: UTF8.self)
    }
    return nil
  }

  /// A length as NSArchiver writes it, little-endian.
  private static func length(_ bytes: [UInt8], _ position: inout Int) -> Int? {
    guard position < bytes.count else { return nil }
    let byteCount: Int
    switch bytes[position] {
    case 0..<0x80:
      position += 1
      return Int(bytes[position - 1])
    case 0x81: byteCount = 2
    case 0x82: byteCount = 4
    default: return nil
    }
    guard bytes.count - position > byteCount else { return nil }
    let number = bytes[position + 1...position + byteCount].reversed().reduce(0) { $0 << 8 | Int($1) }
    position += 1 + byteCount
    return number
  }

  /// Whether U+FFFC may be in the text.
  private static func holdsAttachment(_ text: ArraySlice<UInt8>) -> Bool {
    text.contains(0xef)
  }

  /// - Parameters:
  ///   - object: the reference to NSObject.
  ///   - key: the reference to the class of strings.
  ///   - value: the reference to the type of the number.
  private static func frame(
    classes: [String], strings: [String], object: UInt8, key: UInt8, value: UInt8
  ) -> (head: [UInt8], tail: [UInt8]) {
    var head: [UInt8] =
      [0x04, 0x0b] + Array("streamtyped".utf8) + [0x81, 0xe8, 0x03, 0x84, 0x01, 0x40, 0x84]
    for name in classes { head += [0x84, 0x84] + shared(name) + [0x00] }
    head += [0x85, 0x92, 0x84]
    for name in strings { head += [0x84, 0x84] + shared(name) + [0x01] }
    head += [object, 0x84, 0x01, 0x2b]
    var tail: [UInt8] =
      [0x92, 0x84, 0x84, 0x84] + shared("NSDictionary") + [0x00, object, 0x84, 0x01, 0x69, 0x01]
    tail +=
      [0x92, 0x84, key, key] + shared("__kIMMessagePartAttributeName") + [0x86, 0x92, 0x84, 0x84, 0x84]
    tail +=
      shared("NSNumber") + [0x00, 0x84, 0x84] + shared("NSValue") + [0x00, object, 0x84, 0x01, 0x2a, 0x84]
    tail += [value, value, 0x00, 0x86, 0x86, 0x86]
    return (head, tail)
  }

  private static func shared(_ name: String) -> [UInt8] { [UInt8(name.utf8.count)] + Array(name.utf8) }
}
#endif
