/// A value of a structured field that stands by itself. RFC 9651 section 3.3; numbers are integers.
package enum BareItem: Hashable, Sendable {
  case integer(Int64)
  case string(String)
  case token(String)
  case bytes([UInt8])
  case boolean(Bool)

  /// As it stands in a field. RFC 9651 section 4.1.3.
  package var serialized: String {
    switch self {
    case .integer(let number): return "\(number)"
    case .string(let text):
      let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      return "\"\(escaped)\""
    case .token(let token): return token
    case .bytes(let bytes): return ":\(Base64.encode(bytes)):"
    case .boolean(let holds): return holds ? "?1" : "?0"
    }
  }
}

/// A parameter of an item or of an inner list. RFC 9651 section 3.1.2.
package struct FieldParameter: Hashable, Sendable {
  package let key: String
  package let value: BareItem

  package init(_ key: String, _ value: BareItem) { (self.key, self.value) = (key, value) }

  package var serialized: String { value == .boolean(true) ? ";\(key)" : ";\(key)=\(value.serialized)" }
}

/// An item with its parameters. RFC 9651 section 3.3.
package struct FieldItem: Hashable, Sendable {
  package let value: BareItem
  package let parameters: [FieldParameter]

  package init(_ value: BareItem, _ parameters: [FieldParameter] = []) {
    (self.value, self.parameters) = (value, parameters)
  }

  package var serialized: String { value.serialized + parameters.map(\.serialized).joined() }
}

/// An inner list with its parameters. RFC 9651 section 3.1.1.
package struct FieldInnerList: Hashable, Sendable {
  package let items: [FieldItem]
  package let parameters: [FieldParameter]

  package init(_ items: [FieldItem], _ parameters: [FieldParameter]) {
    (self.items, self.parameters) = (items, parameters)
  }

  package var serialized: String {
    "(\(items.map(\.serialized).joined(separator: " ")))" + parameters.map(\.serialized).joined()
  }

  /// The value of the only parameter of this name; nil if there is none.
  package subscript(key: String) -> BareItem? { parameters.first { $0.key == key }?.value }
}

/// A member of a dictionary. RFC 9651 section 3.2.
package enum FieldMember: Hashable, Sendable {
  case item(FieldItem)
  case list(FieldInnerList)
}

/// A field's value is not what its structure asks for.
package struct StructuredFieldError: Error, Hashable, Sendable {
  package init() {}
}
