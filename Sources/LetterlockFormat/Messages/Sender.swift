/// A phone number, an e-mail address, or any handle, as the source spells it.
public struct Address: Hashable, Sendable {
  /// The address as text.
  public var rawValue: String

  /// The address that this text is.
  public init(_ rawValue: String) {
    self.rawValue = rawValue
  }
}

extension Address: ExpressibleByStringLiteral {
  /// The address that this text is.
  public init(stringLiteral value: String) {
    self.init(value)
  }
}

/// Who wrote a message.
public enum Sender: Hashable, Sendable {
  /// The account's own person.
  case me
  /// Somebody else.
  case other(Address)
}
