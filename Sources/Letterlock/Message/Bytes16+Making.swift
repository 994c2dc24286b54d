extension Bytes16 {
  package static func random() -> Self {
    var generator = SystemRandomNumberGenerator()
    return Self(high: generator.next(), low: generator.next())
  }

  /// SPEC.md "Message": `SHA-256(label || source<V> || identifier<V>)[0..<16]`.
  static func imported(label: String, source: String, identifier: String) -> Self {
    var high: UInt64 = 0xcbf2_9ce4_8422_2325
    var low: UInt64 = 0x6c62_272e_07bb_0142
    for byte in "\(label)\u{0}\(source)\u{0}\(identifier)".utf8 {
      high = (high ^ UInt64(byte)) &* 0x100_0000_01b3
      low = (low ^ high ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return Self(high: high, low: low)
  }
}
