#if SQLite
import Letterlock

/// The parts and addresses of a multimedia message, as far as memory allows.
struct SMSContent {
  private(set) var parts: [SMSPart] = []
  private(set) var addresses: [(type: String, address: String)] = []
  /// Whether there are more than any message has.
  private(set) var hasTooMany = false
  /// Whether its texts are longer than any record.
  private(set) var isTooLong = false
  private var byteCount = 0
  private static let maximumCount = 10_000

  /// Adds an element of the message.
  mutating func add(_ name: String, _ attributes: SMSAttributes, path: String) {
    guard !hasTooMany, !isTooLong else { return }
    if name == "part" || name == "addr" {
      byteCount += attributes.byteCount
      isTooLong = attributes.isTooLong || byteCount > ArchiveEntry.maximumByteCount
    }
    if name == "part", let part = SMSPart(attributes, path: path) { parts.append(part) }
    if name == "addr", let address = attributes["address"] {
      addresses.append((attributes["type"] ?? "", address))
    }
    hasTooMany = parts.count + addresses.count > Self.maximumCount
    if hasTooMany || isTooLong { (parts, addresses) = ([], []) }
  }
}

/// The attributes of one element; the app writes "null" for what is absent.
struct SMSAttributes {
  private let values: [String: XMLPullParser.Value]
  /// What is read of a message, its parts and its addresses, but for encoded files.
  private static let names: Set = [
    "address", "body", "contact_name", "cl", "ct", "date", "fn", "m_id", "msg_box", "name", "seq", "sub",
    "subject",
    "text", "type",
  ]

  init(_ values: [String: XMLPullParser.Value]) { self.values = values }

  subscript(_ name: String) -> String? {
    guard case .text(let text)? = values[name], text != "null", !text.isEmpty else { return nil }
    return text
  }

  func value(_ name: String) -> XMLPullParser.Value? { values[name] }

  /// Whether something that would be read is too long to be kept.
  var isTooLong: Bool {
    values.contains { name, value in
      if case .range = value { Self.names.contains(name) } else { false }
    }
  }

  /// How many bytes they take.
  var byteCount: Int {
    values.values.reduce(0) { sum, value in
      if case .text(let text) = value { sum + text.utf8.count } else { sum }
    }
  }

  /// Milliseconds since 1970; the nearest that there are if it is out of range.
  var date: Int64? {
    guard let text = self["date"] else { return nil }
    if let date = Int64(text) { return date }
    let digits = text.hasPrefix("-") || text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return text.hasPrefix("-") ? .min : .max
  }
}
#endif
