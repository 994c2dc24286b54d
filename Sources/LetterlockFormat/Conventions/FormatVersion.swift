public import TLSCodec

/// The one suite of a version, named in every format by its first byte. An unknown one is refused, never
/// guessed. SPEC.md section 2.4.
public enum FormatVersion: UInt8, TLSCodable, Hashable, Sendable, Comparable {
  /// XChaCha20-Poly1305, X-Wing with HKDF-SHA256 and AES-256-GCM, Ed25519 and ML-DSA-65, SHA-256.
  case one = 1

  /// The newest version that this library reads and writes.
  public static let newest = FormatVersion.one

  /// By age.
  public static func < (left: FormatVersion, right: FormatVersion) -> Bool {
    left.rawValue < right.rawValue
  }

  /// Writes the version byte.
  public func encode(to writer: inout TLSWriter) { writer.write(rawValue) }

  /// Reads a version byte.
  public init(from reader: inout TLSReader) throws(TLSError) {
    guard let version = FormatVersion(rawValue: try reader.read(UInt8.self)) else {
      throw .unknownValue
    }
    self = version
  }
}
