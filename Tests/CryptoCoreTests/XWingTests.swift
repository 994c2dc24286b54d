import Testing

@testable import CryptoCore

@Suite("draft-connolly-cfrg-xwing-kem: X-Wing")
struct XWingTests {
  private func key(_ first: UInt8 = 0) throws -> XWing.PrivateKey {
    try XWing.PrivateKey(seed: SecretKey(copying: Array(first..<first + 32)))
  }

  /// The seed 00 01 ... 1f, stretched by Python's SHAKE256, its parts' keys by OpenSSL 4.0.
  @Test func `a seed gives the public key that other implementations' parts give`() throws {
    let publicKey = try key().publicKey.bytes
    #expect(publicKey.count == XWing.publicKeyByteCount)
    #expect(
      SHA256Hash.hash(publicKey)
        == [UInt8](hex: "c9a3565ffde4f72b51661be391ee13e4 6378d7f06dd5c8bf5af9d2cfb5b8336b"))
  }

  /// ML-KEM's implicit secret for a ciphertext of ones, and X25519's with the base point, combined by
  /// Python's SHA3-256 as the draft's section 5.3 says.
  @Test func `decapsulating combines both parts' secrets, the X25519 ciphertext and key, and the label`()
    throws
  {
    let encapsulated = [UInt8](repeating: 1, count: 1_088) + [9] + [UInt8](repeating: 0, count: 31)
    #expect(
      try key().decapsulate(encapsulated).exportRawBytes()
        == [UInt8](hex: "5526b09530181935f32c35c9a9c17a22 db1346e8faeab270f934d1e689f9311a"))
  }

  @Test func `both sides hold the same secret, and another one the next time`() throws {
    let key = try key()
    let (first, second) = (try key.publicKey.encapsulate(), try key.publicKey.encapsulate())
    #expect(first.encapsulated.count == XWing.encapsulatedByteCount)
    #expect(first.sharedSecret.byteCount == 32)
    #expect(try key.decapsulate(first.encapsulated).isEqual(to: first.sharedSecret))
    #expect(!first.sharedSecret.isEqual(to: second.sharedSecret))
    #expect(try !self.key(1).decapsulate(first.encapsulated).isEqual(to: first.sharedSecret))
  }

  @Test func `a bit inverted in either part gives another secret and no error`() throws {
    let key = try key()
    let made = try key.publicKey.encapsulate()
    for bit in [0, 4_000, 1_088 * 8 - 1, 1_088 * 8, 1_088 * 8 + 100] {
      let altered = made.encapsulated.flippingBit(bit)
      let secret = try key.decapsulate(altered)
      #expect(!secret.isEqual(to: made.sharedSecret))
      #expect(secret.isEqual(to: try key.decapsulate(altered)))
    }
  }

  @Test func `seeds, keys and ciphertexts of another size are refused`() throws {
    for count in [0, 31, 33, 96] {
      #expect(throws: KeyAgreementError.invalidKey) {
        try XWing.PrivateKey(seed: SecretKey(copying: [UInt8](repeating: 1, count: count)))
      }
    }
    let key = try key()
    let bytes = key.publicKey.bytes
    for other in [[], Array(bytes.dropLast()), bytes + [0]] {
      #expect(throws: KeyAgreementError.invalidKey) { try XWing.PublicKey(bytes: other) }
    }
    for count in [0, 1_119, 1_121] {
      #expect(throws: KeyAgreementError.invalidKey) {
        try key.decapsulate([UInt8](repeating: 1, count: count))
      }
    }
  }

  @Test(arguments: X25519Tests.lowOrderPoints)
  func `an X25519 part of low order is refused on both sides`(point: String) throws {
    let key = try key()
    let weakKey = key.publicKey.bytes[..<1_184] + [UInt8](hex: point)
    #expect(throws: KeyAgreementError.weakPublicKey) { try XWing.PublicKey(bytes: Array(weakKey)) }
    let weakCiphertext = try key.publicKey.encapsulate().encapsulated[..<1_088] + [UInt8](hex: point)
    #expect(throws: KeyAgreementError.weakPublicKey) { try key.decapsulate(Array(weakCiphertext)) }
  }

  @Test func `an ML-KEM part that is not reduced is refused`() throws {
    var bytes = try key().publicKey.bytes
    (bytes[0], bytes[1]) = (0xff, bytes[1] | 0x0f)
    #expect(throws: KeyAgreementError.invalidKey) {
      _ = try XWing.PublicKey(bytes: bytes).encapsulate()
    }
  }

  @Test func `a key prints nothing of its seed`() throws {
    let printed = everyPrintedForm(
      of: try XWing.PrivateKey(seed: SecretKey(copying: [UInt8](repeating: 0xde, count: 32))))
    #expect(printed.contains("redacted") && !printed.contains("222") && !printed.contains("dede"))
  }
}
