/// The fields of an HTTP message, in order. Names are compared without regard to case. RFC 9110 section 5.
public struct HTTPFieldList: Hashable, Sendable {
  /// A field as it stands in the message, with its name in lower case.
  public struct Field: Hashable, Sendable {
    /// The name, in lower case.
    public let name: String
    /// The value, without white space around it.
    public let value: String
  }

  /// Every field, in order.
  public private(set) var all: [Field] = []

  /// No fields.
  public init() {}

  /// The value of the fields of this name, joined with a comma where there are several; nil if there is none. RFC 9421
  /// section 2.1 canonicalises a field so.
  ///
  /// Setting it replaces all fields of the name.
  public subscript(name: String) -> String? {
    get {
      let key = name.lowercased()
      let values = all.filter { $0.name == key }.map(\.value)
      return values.isEmpty ? nil : values.joined(separator: ", ")
    }
    set {
      let key = name.lowercased()
      all.removeAll { $0.name == key }
      if let newValue { append(name, newValue) }
    }
  }

  /// Adds a field after those that are there.
  public mutating func append(_ name: String, _ value: String) {
    all.append(Field(name: name.lowercased(), value: Self.trimmed(value)))
  }

  private static func trimmed(_ value: String) -> String {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    let start = value.utf8.drop(while: isBlank)
    guard let last = start.lastIndex(where: { !isBlank($0) }) else { return "" }
    return String(start[...last]) ?? value
  }
}
