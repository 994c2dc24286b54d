import Testing

@testable import CryptoCore

@Suite("FIPS 203: ML-KEM-768")
struct MLKEM768Tests {
  private func key(_ first: UInt8 = 0) throws -> MLKEM768.PrivateKey {
    try MLKEM768.PrivateKey(seed: SecretKey(copying: Array(first..<first + 64)))
  }

  /// The seed 00 01 ... 3f, by OpenSSL 4.0.
  @Test func `a seed gives the encapsulation key that another implementation gives`() throws {
    let publicKey = try key().publicKey
    #expect(publicKey.count == 1_184)
    #expect(
      SHA256Hash.hash(publicKey)
        == [UInt8](hex: "0b7934c83125c788995e2ba6bd761e33 046b3e40571be53e023309a29f398cc9"))
  }

  @Test func `both sides hold the same secret, and another one the next time`() throws {
    let key = try key()
    let (first, second) = (
      try MLKEM768.encapsulate(to: key.publicKey), try MLKEM768.encapsulate(to: key.publicKey)
    )
    #expect(first.encapsulated.count == 1_088 && first.sharedSecret.byteCount == 32)
    #expect(try key.decapsulate(first.encapsulated).isEqual(to: first.sharedSecret))
    #expect(!first.sharedSecret.isEqual(to: second.sharedSecret))
    #expect(first.encapsulated != second.encapsulated)
  }

  /// Algorithm 18, line 9: SHAKE256(z || c, 32), where z is the seed's second half; computed with Python's
  /// hashlib.
  @Test(
    arguments: [
      (0x00, "c8fbeddafdacef2ffeb8b354ea644f11 b5c150f3e2c4a74ce38abba8f854ae16"),
      (0x01, "e50253479d106a5b1484e8f999a3b24e 45d6c5726a0853d1705e669263e41c1e"),
    ] as [(UInt8, String)])
  func `a ciphertext that nobody made gives the implicit secret`(filler: UInt8, secret: String) throws {
    let ciphertext = [UInt8](repeating: filler, count: 1_088)
    #expect(try key().decapsulate(ciphertext).exportRawBytes() == [UInt8](hex: secret))
  }

  @Test func `an altered ciphertext gives another secret, the same each time, and no error`() throws {
    let key = try key()
    let made = try MLKEM768.encapsulate(to: key.publicKey)
    for bit in stride(from: 0, to: 1_088 * 8, by: 211) {
      let altered = made.encapsulated.flippingBit(bit)
      let secret = try key.decapsulate(altered)
      #expect(!secret.isEqual(to: made.sharedSecret))
      #expect(secret.isEqual(to: try key.decapsulate(altered)))
    }
  }

  @Test func `another key's owner gets another secret`() throws {
    let made = try MLKEM768.encapsulate(to: key().publicKey)
    #expect(try !key(1).decapsulate(made.encapsulated).isEqual(to: made.sharedSecret))
  }

  @Test func `seeds, keys and ciphertexts of another size are refused`() throws {
    for count in [0, 32, 63, 65] {
      #expect(throws: KeyAgreementError.invalidKey) {
        try MLKEM768.PrivateKey(seed: SecretKey(copying: [UInt8](repeating: 1, count: count)))
      }
    }
    let key = try key()
    for bytes in [[], Array(key.publicKey.dropLast()), key.publicKey + [0]] {
      #expect(throws: KeyAgreementError.invalidKey) { try MLKEM768.encapsulate(to: bytes) }
    }
    for count in [0, 1_087, 1_089] {
      #expect(throws: KeyAgreementError.invalidKey) {
        try key.decapsulate([UInt8](repeating: 1, count: count))
      }
    }
  }

  /// Section 7.2: a coefficient that is not below q = 3329 is not canonical.
  @Test func `a key with a coefficient that is not reduced is refused`() throws {
    var bytes = try key().publicKey
    (bytes[0], bytes[1]) = (0xff, bytes[1] | 0x0f)
    #expect(throws: KeyAgreementError.invalidKey) { try MLKEM768.encapsulate(to: bytes) }
  }
}
