package import CryptoCore
internal import TLSCodec

/// Derived secrets and labelled hashes. SPEC.md section 2.2.
package enum Derivation {
  /// The start of every label, so that nothing means anything in another protocol or version.
  static let labelPrefix = "letterlock/1 "

  /// ```
  /// struct {
  ///   uint16 length;
  ///   opaque label<V>;      "letterlock/1 " + purpose
  ///   opaque context<V>;
  /// } DeriveInfo;
  /// ```
  /// Derive(secret, purpose, context, L) = HKDF-Expand-SHA256(secret, DeriveInfo, L)
  private static func info(purpose: String, context: [UInt8], byteCount: Int) -> [UInt8] {
    var writer = TLSWriter(reserving: 64 + context.count)
    writer.write(UInt16(truncatingIfNeeded: byteCount))
    writer.write(opaque: Array((labelPrefix + purpose).utf8))
    writer.write(opaque: context)
    return writer.bytes
  }

  /// A secret of `byteCount` bytes, 32 unless said.
  package static func secret(
    from secret: SecretKey, purpose: String, context: [UInt8], byteCount: Int = 32
  ) throws(KDFError) -> SecretKey {
    try HKDF.expand(
      secret, info: info(purpose: purpose, context: context, byteCount: byteCount),
      byteCount: byteCount, hash: .sha256)
  }

  /// Public bytes that depend on a secret: a tag, a commitment.
  package static func publicBytes(
    from secret: SecretKey, purpose: String, context: [UInt8], byteCount: Int
  ) throws(KDFError) -> [UInt8] {
    try HKDF.expandBytes(
      secret, info: info(purpose: purpose, context: context, byteCount: byteCount),
      byteCount: byteCount, hash: .sha256)
  }

  /// `Hash(purpose, body) = SHA-256(opaque label<V> || body)`.
  package static func hash(_ purpose: String, _ body: [UInt8]) -> [UInt8] {
    var label = TLSWriter(reserving: 64)
    label.write(length: labelPrefix.utf8.count + purpose.utf8.count)
    label.write(utf8: labelPrefix)
    label.write(utf8: purpose)
    var hasher = SHA256Hash.Hasher()
    hasher.update(label.bytes)
    hasher.update(body)
    return hasher.finalize()
  }
}
