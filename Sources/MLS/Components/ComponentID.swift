/// `uint16 ComponentID`: a part of an application that uses a group for itself, without getting into the way of other
/// parts or of MLS. draft-ietf-mls-extensions, sections "Component IDs" and "MLS Component Types".
public struct ComponentID: CodePoint {
  /// The number.
  public let rawValue: UInt16
  /// Wraps a number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// A component of an application's own: 0x8000 and up are free for private use.
  /// - Parameter number: Which, from 0; of higher numbers than 0x7FFF the lower 15 bits count.
  public static func `private`(_ number: UInt16) -> ComponentID { ComponentID(rawValue: number | 0x8000) }

  /// Which components a client has, or a group requires: a ``ComponentsList``.
  public static let appComponents = ComponentID(rawValue: 1)
  /// Which components' additional authenticated data a client understands, or a group requires: a ``ComponentsList``.
  public static let safeAAD = ComponentID(rawValue: 2)
  /// Which media types a client takes, or a group requires.
  public static let contentMediaTypes = ComponentID(rawValue: 3)
  /// Marks a key package that may be used again.
  public static let lastResortKeyPackage = ComponentID(rawValue: 4)
  /// Acknowledges messages.
  public static let appAck = ComponentID(rawValue: 5)

  /// Whether the number is one of the eight reserved for GREASE: those of the same form from 0x8000 on are for private
  /// use.
  public var isGREASE: Bool { rawValue & 0x8f0f == 0x0a0a && rawValue >> 8 == rawValue & 0xff }

  /// One of the eight numbers reserved for GREASE, at random.
  public static func randomGREASE() -> ComponentID {
    ComponentID(rawValue: UInt16.random(in: 0...7) * 0x1010 + 0x0a0a)
  }
}
