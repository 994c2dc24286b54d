/// Reads structured fields strictly: what is no such field is refused whole. RFC 9651 section 4.2.
///
/// Decimals, dates and display strings are refused too: no field that a relay reads has them.
package struct StructuredFieldParser {
  private var rest: ArraySlice<UInt8>

  private init(_ text: String) { rest = Array(text.utf8)[...] }

  /// Reads a dictionary. A key that comes again is refused: two readers could take different ones.
  package static func dictionary(
    _ text: String
  ) throws(StructuredFieldError) -> [(key: String, member: FieldMember)] {
    var parser = StructuredFieldParser(text)
    var members: [(key: String, member: FieldMember)] = []
    parser.skipSpaces()
    while !parser.rest.isEmpty {
      let key = try parser.key()
      guard !members.contains(where: { $0.key == key }) else { throw StructuredFieldError() }
      members.append((key, try parser.member()))
      parser.skipBlanks()
      guard !parser.rest.isEmpty else { break }
      try parser.take(UInt8(ascii: ","))
      parser.skipBlanks()
      guard !parser.rest.isEmpty else { throw StructuredFieldError() }
    }
    return members
  }

  /// Reads a field that is one byte sequence without parameters.
  package static func bytes(_ text: String) throws(StructuredFieldError) -> [UInt8] {
    var parser = StructuredFieldParser(text)
    guard case .bytes(let bytes) = try parser.bareItem(), parser.rest.isEmpty else {
      throw StructuredFieldError()
    }
    return bytes
  }

  private mutating func take(_ byte: UInt8) throws(StructuredFieldError) {
    guard rest.popFirst() == byte else { throw StructuredFieldError() }
  }

  private mutating func skipSpaces() {
    while rest.first == 0x20 { rest.removeFirst() }
  }

  private mutating func skipBlanks() {
    while rest.first == 0x20 || rest.first == 0x09 { rest.removeFirst() }
  }

  private mutating func prefix(while holds: (UInt8) -> Bool) -> String {
    let taken = rest.prefix(while: holds)
    rest = rest[taken.endIndex...]
    return String(decoding: taken, as: UTF8.self)
  }

  private mutating func key() throws(StructuredFieldError) -> String {
    guard let first = rest.first, first.isLowerCase || first == UInt8(ascii: "*") else {
      throw StructuredFieldError()
    }
    return prefix { $0.isLowerCase || $0.isDigit || "_-.*".utf8.contains($0) }
  }

  private mutating func member() throws(StructuredFieldError) -> FieldMember {
    guard rest.first == UInt8(ascii: "=") else {
      return .item(FieldItem(.boolean(true), try parameters()))
    }
    rest.removeFirst()
    return rest.first == UInt8(ascii: "(") ? .list(try innerList()) : .item(try item())
  }

  private mutating func innerList() throws(StructuredFieldError) -> FieldInnerList {
    try take(UInt8(ascii: "("))
    var items: [FieldItem] = []
    skipSpaces()
    while rest.first != UInt8(ascii: ")") {
      items.append(try item())
      guard rest.first == 0x20 || rest.first == UInt8(ascii: ")") else { throw StructuredFieldError() }
      skipSpaces()
    }
    rest.removeFirst()
    return FieldInnerList(items, try parameters())
  }

  private mutating func item() throws(StructuredFieldError) -> FieldItem {
    let value = try bareItem()
    return FieldItem(value, try parameters())
  }

  private mutating func parameters() throws(StructuredFieldError) -> [FieldParameter] {
    var parameters: [FieldParameter] = []
    while rest.first == UInt8(ascii: ";") {
      rest.removeFirst()
      skipSpaces()
      let key = try key()
      guard !parameters.contains(where: { $0.key == key }) else { throw StructuredFieldError() }
      var value = BareItem.boolean(true)
      if rest.first == UInt8(ascii: "=") {
        rest.removeFirst()
        value = try bareItem()
      }
      parameters.append(FieldParameter(key, value))
    }
    return parameters
  }

  private mutating func bareItem() throws(StructuredFieldError) -> BareItem {
    switch rest.first {
    case UInt8(ascii: "\"")?: return .string(try string())
    case UInt8(ascii: ":")?: return .bytes(try byteSequence())
    case UInt8(ascii: "?")?: return .boolean(try boolean())
    case let first? where first.isDigit || first == UInt8(ascii: "-"): return .integer(try integer())
    case let first? where first.isLetter || first == UInt8(ascii: "*"):
      return .token(prefix { $0.isTokenByte })
    default: throw StructuredFieldError()
    }
  }

  private mutating func string() throws(StructuredFieldError) -> String {
    try take(UInt8(ascii: "\""))
    var bytes: [UInt8] = []
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: bytes, as: UTF8.self)
      case UInt8(ascii: "\\"):
        guard let next = rest.popFirst(), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") else {
          throw StructuredFieldError()
        }
        bytes.append(next)
      case 0x20...0x7e: bytes.append(byte)
      default: throw StructuredFieldError()
      }
    }
    throw StructuredFieldError()
  }

  private mutating func byteSequence() throws(StructuredFieldError) -> [UInt8] {
    try take(UInt8(ascii: ":"))
    let text = prefix { $0 != UInt8(ascii: ":") }
    try take(UInt8(ascii: ":"))
    guard let bytes = Base64.decode(text) else { throw StructuredFieldError() }
    return bytes
  }

  private mutating func boolean() throws(StructuredFieldError) -> Bool {
    try take(UInt8(ascii: "?"))
    switch rest.popFirst() {
    case UInt8(ascii: "0")?: return false
    case UInt8(ascii: "1")?: return true
    default: throw StructuredFieldError()
    }
  }

  private mutating func integer() throws(StructuredFieldError) -> Int64 {
    var text = ""
    if rest.first == UInt8(ascii: "-") {
      rest.removeFirst()
      text = "-"
    }
    let digits = prefix { $0.isDigit }
    guard (1...15).contains(digits.utf8.count), rest.first != UInt8(ascii: "."),
      let number = Int64(text + digits)
    else { throw StructuredFieldError() }
    return number
  }
}

extension UInt8 {
  fileprivate var isLowerCase: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  fileprivate var isLetter: Bool { isLowerCase || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
  fileprivate var isTokenByte: Bool { isLetter || isDigit || "!#$%&'*+-.^_`|~:/".utf8.contains(self) }
}
