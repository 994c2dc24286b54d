public import TLSCodec

/// `int64`, nanoseconds since 1970-01-01T00:00:00Z. SPEC.md section 10.3.
extension Timestamp: TLSCodable {
  /// Writes 8 bytes.
  public func encode(to writer: inout TLSWriter) { writer.write(nanosecondsSince1970) }

  /// Reads 8 bytes.
  public init(from reader: inout TLSReader) throws(TLSError) {
    self.init(nanosecondsSince1970: try reader.read(Int64.self))
  }
}
