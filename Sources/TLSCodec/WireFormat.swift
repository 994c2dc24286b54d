/// A structure declared once: its fields, in the order of its specification, give both directions.
public protocol WireCodable: TLSCodable {
  /// The structure's fields.
  static var wire: WireFormat<Self> { get }
}

extension WireCodable {
  /// Writes every field in order.
  @inlinable
  public func encode(to writer: inout TLSWriter) { Self.wire.encode(self, &writer) }

  /// Reads every field in order.
  @inlinable
  public init(from reader: inout TLSReader) throws(TLSError) { self = try Self.wire.decode(&reader) }
}

/// One field of a structure.
public struct WireField<Structure, Value: TLSCodable>: Sendable {
  @usableFromInline let value: @Sendable (Structure) -> Value

  @inlinable
  init(value: @escaping @Sendable (Structure) -> Value) { self.value = value }
}

/// The field that `value` gives: written as a key path, and taken as a function, since a key path that is stored costs
/// several times as much to follow.
@inlinable
public func field<Structure, Value: TLSCodable>(
  _ value: @escaping @Sendable (Structure) -> Value
) -> WireField<Structure, Value> {
  WireField(value: value)
}

/// The fields of a structure, and how to make one of them.
public struct WireFormat<Structure>: Sendable {
  @usableFromInline let encode: @Sendable (Structure, inout TLSWriter) -> Void
  @usableFromInline let decode: @Sendable (inout TLSReader) throws(TLSError) -> Structure

  /// Declares a structure: `WireFormat(Self.init, field(\.version), field(\.bytes))`.
  @inlinable
  public init<each Value: TLSCodable>(
    _ make: @escaping @Sendable (repeat each Value) -> Structure,
    _ fields: repeat WireField<Structure, each Value>
  ) {
    encode = { structure, writer in
      repeat (each fields).value(structure).encode(to: &writer)
    }
    decode = { (reader) throws(TLSError) in
      let values = (repeat try (each Value)(from: &reader))
      return make(repeat each values)
    }
  }

  /// Declares a structure whose fields must agree with each other: `make` throws when they do not.
  @inlinable
  public init<each Value: TLSCodable>(
    checking make: @escaping @Sendable (repeat each Value) throws(TLSError) -> Structure,
    _ fields: repeat WireField<Structure, each Value>
  ) {
    encode = { structure, writer in
      repeat (each fields).value(structure).encode(to: &writer)
    }
    decode = { (reader) throws(TLSError) in
      let values = (repeat try (each Value)(from: &reader))
      return try make(repeat each values)
    }
  }
}
