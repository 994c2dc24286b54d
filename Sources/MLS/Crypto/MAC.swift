internal import CryptoCore
public import TLSCodec

/// `opaque MAC<V>`: a membership tag or a confirmation tag. Compared in constant time. RFC 9420 section 6.
public struct MAC: TLSCodable, Hashable, Sendable {
  /// The tag.
  public let bytes: [UInt8]

  /// Wraps a tag.
  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Writes a length and the tag.
  public func encode(to writer: inout TLSWriter) { writer.write(opaque: bytes) }

  /// Reads a length and that many bytes.
  public init(from reader: inout TLSReader) throws(TLSError) { bytes = try reader.readOpaque() }

  /// Whether both are the same, in constant time.
  public static func == (left: MAC, right: MAC) -> Bool { constantTimeEqual(left.bytes, right.bytes) }
}
