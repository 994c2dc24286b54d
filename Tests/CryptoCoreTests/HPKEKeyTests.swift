import Testing

@testable import CryptoCore

@Suite("RFC 9180 section 7.1: HPKE's keys")
struct HPKEKeyTests {
  private static let suite = HPKESuite(kem: .x25519, kdf: .hkdfSHA256, aead: .aes128GCM)

  @Test(arguments: X25519Tests.lowOrderPoints)
  func `a recipient's key of low order is refused before anything is sealed`(point: String) {
    #expect(throws: HPKEError.invalidKey) {
      try HPKEPublicKey(bytes: [UInt8](hex: point), kem: .x25519)
    }
  }

  /// The order of such a key is not looked at before.
  @Test(arguments: X25519Tests.lowOrderPoints)
  func `nothing is sealed to a key of low order`(point: String) throws {
    let key = try HPKEPublicKey(sealingTo: [UInt8](hex: point), kem: .x25519)
    #expect(throws: HPKEError.invalidKey) { _ = try HPKE.Sender(to: key, suite: Self.suite, info: []) }
  }

  /// The sender knows that the shared secret is zeros, and so does everyone.
  @Test(arguments: X25519Tests.lowOrderPoints)
  func `an encapsulated key of low order is refused`(point: String) throws {
    let key = try HPKEPrivateKey.generate(.x25519)
    #expect(throws: HPKEError.openFailed) {
      _ = try HPKE.Recipient([UInt8](hex: point), with: key, suite: Self.suite, info: [])
    }
    let sealed = [UInt8](hex: point) + [UInt8](repeating: 0, count: 20)
    #expect(throws: HPKEError.openFailed) {
      try HPKE.open(sealed, with: key, suite: Self.suite, info: [], authenticating: [])
    }
  }

  @Test(arguments: X25519Tests.lowOrderPoints)
  func `X-Wing's X25519 part of low order is refused on both sides`(point: String) throws {
    let key = try HPKEPrivateKey.generate(.xWing)
    let weakKey = key.publicKey.bytes[..<1_184] + [UInt8](hex: point)
    #expect(throws: HPKEError.invalidKey) { try HPKEPublicKey(bytes: Array(weakKey), kem: .xWing) }
    var sealed = try HPKE.seal(
      [1], to: key.publicKey, suite: .letterlock, info: [], authenticating: [])
    sealed.replaceSubrange(1_088..<1_120, with: [UInt8](hex: point))
    #expect(throws: HPKEError.openFailed) {
      try HPKE.open(sealed, with: key, suite: .letterlock, info: [], authenticating: [])
    }
  }

  @Test(arguments: [HPKEKEM.p256, .p384, .p521])
  func `a point that is not on the curve is refused on both sides`(kem: HPKEKEM) throws {
    let suite = HPKESuite(kem: kem, kdf: .hkdfSHA256, aead: .aes128GCM)
    let key = try HPKEPrivateKey.generate(kem)
    let off = key.publicKey.bytes.flippingBit(kem.encapsulatedByteCount * 8 - 8)
    #expect(throws: HPKEError.invalidKey) {
      let recipient = try HPKEPublicKey(bytes: off, kem: kem)
      _ = try HPKE.Sender(to: recipient, suite: suite, info: [])
    }
    #expect(throws: HPKEError.openFailed) {
      _ = try HPKE.Recipient(off, with: key, suite: suite, info: [])
    }
  }

  @Test(arguments: HPKEKEM.allCases)
  func `keys of another size or another KEM are refused`(kem: HPKEKEM) throws {
    let key = try HPKEPrivateKey.generate(kem)
    let bytes = key.publicKey.bytes
    for other in [[], Array(bytes.dropLast()), bytes + [0]] {
      #expect(throws: HPKEError.invalidKey) { try HPKEPublicKey(bytes: other, kem: kem) }
    }
    for count in [0, kem.privateKeyByteCount - 1, kem.privateKeyByteCount + 1] {
      #expect(throws: HPKEError.invalidKey) {
        try HPKEPrivateKey(bytes: SecretKey(copying: [UInt8](repeating: 1, count: count)), kem: kem)
      }
    }
    for other in HPKEKEM.allCases where other != kem {
      let suite = HPKESuite(kem: other, kdf: .hkdfSHA256, aead: .aes128GCM)
      #expect(throws: HPKEError.invalidKey) {
        _ = try HPKE.Sender(to: key.publicKey, suite: suite, info: [])
      }
      #expect(throws: HPKEError.invalidKey) {
        _ = try HPKE.Recipient(
          [UInt8](repeating: 4, count: other.encapsulatedByteCount), with: key, suite: suite, info: [])
      }
    }
  }

  @Test(arguments: HPKEKEM.allCases)
  func `the same key material gives the same key, and other material another`(kem: HPKEKEM) throws {
    func derived(_ byte: UInt8) throws -> [UInt8] {
      let count = max(32, kem.privateKeyByteCount)
      let material = SecretKey(copying: [UInt8](repeating: byte, count: count))
      return try HPKEPrivateKey.derive(from: material, kem: kem).publicKey.bytes
    }
    #expect(try derived(1) == derived(1))
    #expect(try derived(1) != derived(2))
  }

  @Test func `a key prints nothing of itself`() throws {
    let bytes = SecretKey(copying: [UInt8](repeating: 0xde, count: 32))
    for kem in [HPKEKEM.x25519, .p256, .xWing] {
      let printed = everyPrintedForm(of: try HPKEPrivateKey(bytes: bytes, kem: kem))
      #expect(printed.contains("redacted") && !printed.contains("222") && !printed.contains("dede"))
    }
  }
}
