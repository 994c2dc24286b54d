/// A structure declared once: its fields, in the order of its specification, give both directions.
public protocol WireCodable: TLSCodable {
  /// The structure's fields.
  static var wire: WireFormat<Self> { get }
}

extension WireCodable {
  /// Writes every field in order.
  public func encode(to writer: inout TLSWriter) { Self.wire.encode(self, &writer) }

  /// Reads every field in order.
  public init(from reader: inout TLSReader) throws(TLSError) { self = try Self.wire.decode(&reader) }
}

/// One field of a structure.
public struct WireField<Structure, Value: TLSCodable>: Sendable {
  let path: any KeyPath<Structure, Value> & Sendable
}

/// The field at `path`.
public func field<Structure, Value: TLSCodable>(
  _ path: any KeyPath<Structure, Value> & Sendable
) -> WireField<Structure, Value> {
  WireField(path: path)
}

/// The fields of a structure, and how to make one of them.
public struct WireFormat<Structure>: Sendable {
  let encode: @Sendable (Structure, inout TLSWriter) -> Void
  let decode: @Sendable (inout TLSReader) throws(TLSError) -> Structure

  /// Declares a structure: `WireFormat(Self.init, field(\.version), field(\.bytes))`.
  public init<each Value: TLSCodable>(
    _ make: @escaping @Sendable (repeat each Value) -> Structure,
    _ fields: repeat WireField<Structure, each Value>
  ) {
    let paths = (repeat (each fields).path)
    encode = { structure, writer in
      repeat structure[keyPath: each paths].encode(to: &writer)
    }
    decode = { (reader) throws(TLSError) in
      let values = (repeat try (each Value)(from: &reader))
      return make(repeat each values)
    }
  }

  /// Declares a structure whose fields must agree with each other: `make` throws when they do not.
  public init<each Value: TLSCodable>(
    checking make: @escaping @Sendable (repeat each Value) throws(TLSError) -> Structure,
    _ fields: repeat WireField<Structure, each Value>
  ) {
    let paths = (repeat (each fields).path)
    encode = { structure, writer in
      repeat structure[keyPath: each paths].encode(to: &writer)
    }
    decode = { (reader) throws(TLSError) in
      let values = (repeat try (each Value)(from: &reader))
      return try make(repeat each values)
    }
  }
}
