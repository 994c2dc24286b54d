import Testing

@testable import CryptoCore

/// One of RFC 8032's cases.
struct Ed25519Figure: Sendable {
  let name: String
  let seed: String
  let publicKey: String
  let message: [UInt8]
  let signature: String

  static let all = [
    Ed25519Figure(
      name: "TEST 1", seed: "9d61b19deffd5a60ba844af492ec2cc4 4449c5697b326919703bac031cae7f60",
      publicKey: "d75a980182b10ab7d54bfed3c964073a 0ee172f3daa62325af021a68f707511a", message: [],
      signature: """
        e5564300c360ac729086e2cc806e828a 84877f1eb8e5d974d873e06522490155
        5fb8821590a33bacc61e39701cf9b46b d25bf5f0595bbe24655141438e7a100b
        """),
    Ed25519Figure(
      name: "TEST 2", seed: "4ccd089b28ff96da9db6c346ec114e0f 5b8a319f35aba624da8cf6ed4fb8a6fb",
      publicKey: "3d4017c3e843895a92b70aa74d1b7ebc 9c982ccf2ec4968cc0cd55f12af4660c", message: [0x72],
      signature: """
        92a009a9f0d4cab8720e820b5f642540 a2b27b5416503f8fb3762223ebdb69da
        085ac1e43e15996e458f3613d0f11d8c 387b2eaeb4302aeeb00d291612bb0c00
        """),
    Ed25519Figure(
      name: "TEST 3", seed: "c5aa8df43f9f837bedb7442f31dcb7b1 66d38535076f094b85ce3a2e0b4458f7",
      publicKey: "fc51cd8e6218a1a38da47ed00230f058 0816ed13ba3303ac5deb911548908025", message: [0xaf, 0x82],
      signature: """
        6291d657deec24024827e69c3abe01a3 0ce548a284743a445e3680d7db5ac3ac
        18ff9b538d16f290ae67f760984dc659 4a7c15e9716ed28dc027beceea1ec40a
        """),
  ]
}

@Suite("RFC 8032 section 7.1: Ed25519")
struct Ed25519Tests {
  @Test(arguments: Ed25519Figure.all)
  func `a published seed gives its public key and its signature`(figure: Ed25519Figure) throws {
    let key = try Ed25519.PrivateKey(seed: SecretKey(hex: figure.seed))
    #expect(key.publicKey.bytes == [UInt8](hex: figure.publicKey))
    let signature = try key.signature(for: figure.message)
    #expect(signature == [UInt8](hex: figure.signature))
    #expect(key.publicKey.isValid(signature: signature, for: figure.message))
  }

  @Test func `a signature with one inverted bit, of another size or for another message is refused`() throws {
    let figure = Ed25519Figure.all[1]
    let key = try Ed25519.PublicKey(bytes: [UInt8](hex: figure.publicKey))
    let signature = [UInt8](hex: figure.signature)
    for bit in 0..<512 {
      #expect(!key.isValid(signature: signature.flippingBit(bit), for: figure.message))
    }
    for other in [[], Array(signature.dropLast()), signature + [0]] {
      #expect(!key.isValid(signature: other, for: figure.message))
    }
    for other in [[], [0x73], [0x72, 0]] as [[UInt8]] {
      #expect(!key.isValid(signature: signature, for: other))
    }
  }

  @Test func `a signature is refused under every key that differs in one bit`() throws {
    let figure = Ed25519Figure.all[1]
    for bit in 0..<256 {
      let key = try Ed25519.PublicKey(bytes: [UInt8](hex: figure.publicKey).flippingBit(bit))
      #expect(!key.isValid(signature: [UInt8](hex: figure.signature), for: figure.message))
    }
  }

  @Test func `keys of another size are refused`() {
    for count in [0, 31, 33, 64] {
      #expect(throws: SignatureError.invalidKey) {
        try Ed25519.PublicKey(bytes: [UInt8](repeating: 1, count: count))
      }
      #expect(throws: SignatureError.invalidKey) {
        try Ed25519.PrivateKey(seed: SecretKey(copying: [UInt8](repeating: 1, count: count)))
      }
    }
  }

  @Test func `fresh keys differ, and print nothing of their seed`() throws {
    #expect(try Ed25519.PrivateKey().publicKey != Ed25519.PrivateKey().publicKey)
    let key = try Ed25519.PrivateKey(seed: SecretKey(copying: [UInt8](repeating: 0xde, count: 32)))
    let printed = everyPrintedForm(of: key)
    #expect(printed.contains("redacted") && !printed.contains("222") && !printed.contains("dede"))
  }
}

extension Ed25519Tests {
  /// The order L of the base point, little-endian. RFC 8032 section 5.1.
  private static let order = [UInt8](hex: "edd3f55c1a631258d69cf7a2def9de14 00000000000000000000000000000010")

  /// Section 5.1.7 demands S below L: S + L would verify too, and be a second signature of the same message.
  @Test(arguments: Ed25519Figure.all)
  func `a signature whose S has the order added is refused`(figure: Ed25519Figure) throws {
    let key = try Ed25519.PublicKey(bytes: [UInt8](hex: figure.publicKey))
    var signature = [UInt8](hex: figure.signature)
    var carry = 0
    for index in 0..<32 {
      let sum = Int(signature[32 + index]) + Int(Self.order[index]) + carry
      signature[32 + index] = UInt8(sum & 0xff)
      carry = sum >> 8
    }
    // No carry is lost: this is S + L itself.
    try #require(carry == 0)
    #expect(!key.isValid(signature: signature, for: figure.message))
  }

  /// Of the encodings that are not canonical these are the ones that can satisfy a lenient verifier:
  /// nobody knows the private key of another.
  ///
  /// The points whose order divides 8, with their canonical encodings, and those that are at or above
  /// p = 2^255 - 19 or have a sign that zero cannot have. "Taming the many EdDSAs" (2020), table 1.
  static let lowOrderPoints = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  ]

  /// Under the neutral point as a key, R = S * B verifies for every message: with S = 0 and R neutral, and
  /// with S = 1 and R = B, whose encoding is beyond reproach.
  @Test(arguments: lowOrderPoints)
  func `no message is signed under a key of low order, canonically encoded or not`(point: String) throws {
    let key = try Ed25519.PublicKey(bytes: [UInt8](hex: point))
    let neutral = [UInt8](hex: Self.lowOrderPoints[0])
    let base = [UInt8](hex: "5866666666666666666666666666666666666666666666666666666666666666")
    let zero = [UInt8](repeating: 0, count: 32)
    for message in 0..<32 as Range<UInt8> {
      #expect(!key.isValid(signature: neutral + zero, for: [message]))
      #expect(!key.isValid(signature: base + [1] + zero.dropLast(), for: [message]))
      #expect(!key.isValid(signature: [UInt8](hex: point) + zero, for: [message]))
    }
  }

  @Test(arguments: lowOrderPoints)
  func `no signature has an R of low order`(point: String) throws {
    let figure = Ed25519Figure.all[2]
    let key = try Ed25519.PublicKey(bytes: [UInt8](hex: figure.publicKey))
    let signature = [UInt8](hex: point) + [UInt8](hex: figure.signature)[32...]
    #expect(!key.isValid(signature: signature, for: figure.message))
  }
}
