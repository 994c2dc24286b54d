import Testing

@testable import CryptoCore

@Suite("RFC 7748: X25519")
struct X25519Tests {
  @Test(arguments: [
    (
      "a546e36bf0527c9d3b16154b82465edd 62144c0ac1fc5a18506a2244ba449ac4",
      "e6db6867583030db3594c1a424b15f7c 726624ec26b3353b10a903a6d0ab1c4c",
      "c3da55379de9c6908e94ea4df28d084f 32eccf03491c71f754b4075577a28552"
    ),
    (
      "4b66e9d4d1b4673c5ad22691957d6af5 c11b6421e0ea01d42ca4169e7918ba0d",
      "e5210f12786811d3f4b7959d0538ae2c 31dbe7106fc03c3efc4cd549c715a493",
      "95cbde9476e8907d7aade45cb4b873f8 8b595a68799fa152e6f8f7647aac7957"
    ),
  ])
  func `section 5.2: a scalar and a coordinate give the published coordinate`(
    scalar: String, coordinate: String, result: String
  ) throws {
    let secret = try X25519.PrivateKey(SecretKey(hex: scalar)).sharedSecret(
      with: [UInt8](hex: coordinate))
    #expect(secret.exportRawBytes() == [UInt8](hex: result))
  }

  @Test func `section 5.2: a thousand iterations give the published coordinate`() throws {
    var scalar = [9] + [UInt8](repeating: 0, count: 31)
    var coordinate = scalar
    for iteration in 1...1_000 {
      let result = try X25519.PrivateKey(SecretKey(copying: scalar)).sharedSecret(with: coordinate)
      (scalar, coordinate) = (result.exportRawBytes(), scalar)
      guard iteration == 1 else { continue }
      #expect(
        scalar == [UInt8](hex: "422c8e7a6227d7bca1350b3e2bb7279f 7897b87bb6854b783c60e80311ae3079"))
    }
    #expect(
      scalar == [UInt8](hex: "684cf59ba83309552800ef566f2f4d3c 1c3887c49360e3875f2eb94d99532c51"))
  }

  @Test func `section 6.1: both sides agree on the published secret`() throws {
    let alice = try X25519.PrivateKey(
      SecretKey(hex: "77076d0a7318a57d3c16c17251b26645 df4c2f87ebc0992ab177fba51db92c2a"))
    let bob = try X25519.PrivateKey(
      SecretKey(hex: "5dab087e624a8a4b79e17f8b83800ee6 6f3bb1292618b6fd1c2f8b27ff88e0eb"))
    #expect(
      alice.publicKey
        == [UInt8](hex: "8520f0098930a754748b7ddcb43ef75a 0dbf3a0d26381af4eba4a98eaa9b4e6a"))
    #expect(
      bob.publicKey == [UInt8](hex: "de9edb7d7b7dc1b4d35b61c2ece43537 3f8343c85b78674dadfc7e146f882b4f"))
    let secret = [UInt8](hex: "4a5d9d5ba4ce2de1728e3bf480350f25 e07e21c947d19e3376f09b3c1e161742")
    #expect(try alice.sharedSecret(with: bob.publicKey).exportRawBytes() == secret)
    #expect(try bob.sharedSecret(with: alice.publicKey).exportRawBytes() == secret)
  }

  @Test func `fresh keys agree, and print nothing of themselves`() throws {
    let (first, second) = (try X25519.PrivateKey(), try X25519.PrivateKey())
    #expect(first.publicKey != second.publicKey)
    let secret = try first.sharedSecret(with: second.publicKey)
    #expect(secret.isEqual(to: try second.sharedSecret(with: first.publicKey)))
    let key = try X25519.PrivateKey(SecretKey(copying: [UInt8](repeating: 0xde, count: 32)))
    let printed = everyPrintedForm(of: key)
    #expect(printed.contains("redacted") && !printed.contains("222") && !printed.contains("dede"))
  }

  @Test func `keys of another size are refused`() throws {
    let key = try X25519.PrivateKey()
    for count in [0, 31, 33] {
      let bytes = [UInt8](repeating: 9, count: count)
      #expect(throws: KeyAgreementError.invalidKey) { try X25519.PrivateKey(SecretKey(copying: bytes)) }
      #expect(throws: KeyAgreementError.invalidKey) { try key.sharedSecret(with: bytes) }
      #expect(X25519.isWeak(bytes))
    }
  }
}

extension X25519Tests {
  /// The coordinates of order 1, 2, 4 and 8 on the curve and on its twist, and those at or above
  /// p = 2^255 - 19 that stand for the same. cr.yp.to/ecdh.html, "validate".
  static let lowOrderPoints = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ]

  /// Section 5 has the highest bit ignored, so each point has two encodings.
  @Test(arguments: lowOrderPoints, [0x00, 0x80] as [UInt8])
  func `a public key of low order is refused`(point: String, highBit: UInt8) throws {
    var bytes = [UInt8](hex: point)
    bytes[31] |= highBit
    #expect(X25519.isWeak(bytes))
    for _ in 0..<4 {
      let key = try X25519.PrivateKey()
      #expect(throws: KeyAgreementError.weakPublicKey) { try key.sharedSecret(with: bytes) }
    }
  }

  @Test func `a public key of large order is not weak`() throws {
    #expect(!X25519.isWeak([9] + [UInt8](repeating: 0, count: 31)))
    #expect(!X25519.isWeak(try X25519.PrivateKey().publicKey))
  }
}
