import Testing

@testable import CryptoCore

/// One of RFC 4231's cases.
struct HMACFigure: Sendable {
  let section: String
  let key: [UInt8]
  let message: [UInt8]
  let sha256: String
  let sha384: String
  let sha512: String

  func code(_ hash: HashFunctionName) -> [UInt8] {
    switch hash {
    case .sha256: [UInt8](hex: sha256)
    case .sha384: [UInt8](hex: sha384)
    case .sha512: [UInt8](hex: sha512)
    }
  }

  static let all = [
    HMACFigure(
      section: "4.2", key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8),
      sha256: "b0344c61d8db38535ca8afceaf0bf12b 881dc200c9833da726e9376c2e32cff7",
      sha384: """
        afd03944d84895626b0825f4ab46907f 15f9dadbe4101ec682aa034c7cebc59c
        faea9ea9076ede7f4af152e8b2fa9cb6
        """,
      sha512: """
        87aa7cdea5ef619d4ff0b4241a1d6cb0 2379f4e2ce4ec2787ad0b30545e17cde
        daa833b7d6b8a702038b274eaea3f4e4 be9d914eeb61f1702e696c203a126854
        """),
    HMACFigure(
      section: "4.3", key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
      sha256: "5bdcc146bf60754e6a042426089575c7 5a003f089d2739839dec58b964ec3843",
      sha384: """
        af45d2e376484031617f78d2b58a6b1b 9c7ef464f5a01b47e42ec3736322445e
        8e2240ca5e69e2c78b3239ecfab21649
        """,
      sha512: """
        164b7a7bfcf819e2e395fbe73b56e0a3 87bd64222e831fd610270cd7ea250554
        9758bf75c05a994a6d034f65f8f0e6fd caeab1a34d4a6b4b636e070a38bce737
        """),
    HMACFigure(
      section: "4.4", key: [UInt8](repeating: 0xaa, count: 20),
      message: [UInt8](repeating: 0xdd, count: 50),
      sha256: "773ea91e36800e46854db8ebd09181a7 2959098b3ef8c122d9635514ced565fe",
      sha384: """
        88062608d3e6ad8a0aa2ace014c8a86f 0aa635d947ac9febe83ef4e55966144b
        2a5ab39dc13814b94e3ab6e101a34f27
        """,
      sha512: """
        fa73b0089d56a284efb0f0756c890be9 b1b5dbdd8ee81a3655f83e33b2279d39
        bf3e848279a722c806b485a47e67c807 b946a337bee8942674278859e13292fb
        """),
    HMACFigure(
      section: "4.5", key: Array(1...25), message: [UInt8](repeating: 0xcd, count: 50),
      sha256: "82558a389a443c0ea4cc819899f2083a 85f0faa3e578f8077a2e3ff46729665b",
      sha384: """
        3e8a69b7783c25851933ab6290af6ca7 7a9981480850009cc5577c6e1f573b4e
        6801dd23c4a7d679ccf8a386c674cffb
        """,
      sha512: """
        b0ba465637458c6990e5a8c5f61d4af7 e576d97ff94b872de76f8050361ee3db
        a91ca5c11aa25eb4d679275cc5788063 a5f19741120c4f2de2adebeb10a298dd
        """),
    HMACFigure(
      section: "4.7", key: [UInt8](repeating: 0xaa, count: 131),
      message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
      sha256: "60e431591ee0b67f0d8a26aacbf5b77f 8e0bc6213728c5140546040f0ee37f54",
      sha384: """
        4ece084485813e9088d2c63a041bc5b4 4f9ef1012a2b588f3cd11f05033ac4c6
        0c2ef6ab4030fe8296248df163f44952
        """,
      sha512: """
        80b24263c7c1a3ebb71493c1dd7be8b4 9b46d1f41b4aeec1121b013783f8f352
        6b56d037e05f2598bd0fd2215d6a1e52 95e64f73f63f0aec8b915a985d786598
        """),
  ]
}

@Suite("RFC 4231: HMAC with SHA-2")
struct HMACTests {
  @Test(arguments: HMACFigure.all, HashFunctionName.allCases)
  func `a published code is the one made, and holds`(figure: HMACFigure, hash: HashFunctionName) {
    let key = SecretKey(copying: figure.key)
    #expect(HMAC.authenticationCode(for: figure.message, using: key, hash: hash) == figure.code(hash))
    #expect(HMAC.isValid(figure.code(hash), for: figure.message, using: key, hash: hash))
  }

  @Test(arguments: HashFunctionName.allCases)
  func `an altered, shortened, longer or absent code does not hold`(hash: HashFunctionName) {
    let figure = HMACFigure.all[1]
    let (key, code) = (SecretKey(copying: figure.key), figure.code(hash))
    for bit in 0..<code.count * 8 {
      #expect(!HMAC.isValid(code.flippingBit(bit), for: figure.message, using: key, hash: hash))
    }
    for other in [[], Array(code.dropLast()), Array(code[..<16]), code + [0]] {
      #expect(!HMAC.isValid(other, for: figure.message, using: key, hash: hash))
    }
  }

  @Test(arguments: HashFunctionName.allCases)
  func `a code does not hold for another message, key or hash`(hash: HashFunctionName) {
    let figure = HMACFigure.all[1]
    let (key, code) = (SecretKey(copying: figure.key), figure.code(hash))
    #expect(!HMAC.isValid(code, for: figure.message.flippingBit(0), using: key, hash: hash))
    #expect(!HMAC.isValid(code, for: figure.message, using: SecretKey(hex: "4a656664"), hash: hash))
    for other in HashFunctionName.allCases where other != hash {
      #expect(!HMAC.isValid(code, for: figure.message, using: key, hash: other))
    }
  }
}
