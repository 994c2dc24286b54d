import CryptoCore
import TLSCodec

extension Bytes16 {
  package static func random() -> Self {
    // Sixteen bytes asked for are sixteen bytes given.
    Self(prefixOf: SecureRandom.bytes(16)) ?? Self(high: 0, low: 0)
  }

  /// `Hash(purpose, source<V> || identifier<V>)[0..<16]`. SPEC.md section 10.3.
  static func imported(purpose: String, source: String, identifier: String) -> Self {
    var writer = TLSWriter(reserving: 96)
    for text in [source, identifier] {
      writer.write(length: text.utf8.count)
      writer.write(utf8: text)
    }
    // A hash is longer than its first sixteen bytes.
    return Self(prefixOf: Derivation.hash(purpose, writer.bytes)) ?? Self(high: 0, low: 0)
  }
}
