import Testing

@testable import CryptoCore

/// A key pair and a signature of "sample" from RFC 6979, with the hash of the curve's strength.
struct NISTCurveFigure: Sendable {
  let section: String
  let curve: NISTCurve
  let scalar: String
  let publicKey: String
  let signature: String

  static let all = [
    NISTCurveFigure(
      section: "A.2.5", curve: .p256,
      scalar: "c9afa9d845ba75166b5c215767b1d693 4e50c3db36e89b127b8a622b120f6721",
      publicKey: """
        04 60fed4ba255a9d31c961eb74c6356d68 c049b8923b61fa6ce669622e60f29fb6
        7903fe1008b8bc99a41ae9e95628bc64 f2f1b20c2d7e9f5177a3c294d4462299
        """,
      signature: """
        efd48b2aacb6a8fd1140dd9cd45e81d6 9d2c877b56aaf991c34d0ea84eaf3716
        f7cb1c942d657c41d436c7a1b6e29f65 f3e900dbb9aff4064dc4ab2f843acda8
        """),
    NISTCurveFigure(
      section: "A.2.6", curve: .p384,
      scalar: """
        6b9d3dad2e1b8c1c05b19875b6659f4d e23c3b667bf297ba9aa47740787137d8
        96d5724e4c70a825f872c9ea60d2edf5
        """,
      publicKey: """
        04 ec3a4e415b4e19a4568618029f427fa5 da9a8bc4ae92e02e06aae5286b300c64
        def8f0ea9055866064a254515480bc13
        8015d9b72d7d57244ea8ef9ac0c62189 6708a59367f9dfb9f54ca84b3f1c9db1
        288b231c3ae0d4fe7344fd2533264720
        """,
      signature: """
        94edbb92a5ecb8aad4736e56c691916b 3f88140666ce9fa73d64c4ea95ad133c
        81a648152e44acf96e36dd1e80fabe46
        99ef4aeb15f178cea1fe40db2603138f 130e740a19624526203b6351d0a3a94f
        a329c145786e679e7b82c71a38628ac8
        """),
    NISTCurveFigure(
      section: "A.2.7", curve: .p521,
      scalar: """
        00fad06daa62ba3b25d2fb40133da757 205de67f5bb0018fee8c86e1b68c7e75
        caa896eb32f1f47c70855836a6d16fcc 1466f6d8fbec67db89ec0c08b0e996b8 3538
        """,
      publicKey: """
        04 01894550d0785932e00eaa23b694f213f 8c3121f86dc97a04e5a7167db4e5bcd3
        71123d46e45db6b5d5370a7f20fb6331 55d38ffa16d2bd761dcac474b9a2f502 3a4
        00493101c962cd4d2fddf782285e6458 4139c2f91b47f87ff82354d6630f746a2
        8a0db25741b5b34a828008b22acc23f9 24faafbd4d33f81ea66956dfeaa2bfdf cf5
        """,
      signature: """
        00c328fafcbd79dd77850370c46325d9 87cb525569fb63c5d3bc53950e6d4c5f1
        74e25a1ee9017b5d450606add152b534 931d7d4e8455cc91f9b15bf05ec36e37 7fa
        00617cce7cf5064806c467f678d3b408 0d6f1cc50af26ca209417308281b68af2
        82623eaa63e5b5c0723d8b8c37ff0777 b1a20f8ccb1dccc43997f1ee0e44da4a 67a
        """),
  ]
}

@Suite("RFC 6979 and SEC 1: the NIST curves")
struct NISTCurveTests {
  private static let sample = Array("sample".utf8)

  @Test(arguments: NISTCurveFigure.all)
  func `a published scalar gives its public key`(figure: NISTCurveFigure) throws {
    let key = try NISTCurve.PrivateKey(SecretKey(hex: figure.scalar), curve: figure.curve)
    #expect(key.publicKey == [UInt8](hex: figure.publicKey))
    #expect(key.publicKey.count == figure.curve.publicKeyByteCount)
  }

  @Test(arguments: NISTCurveFigure.all)
  func `a published signature holds, and not with a bit inverted`(figure: NISTCurveFigure) {
    let (key, signature) = ([UInt8](hex: figure.publicKey), [UInt8](hex: figure.signature))
    #expect(figure.curve.isValid(signature, .raw, for: Self.sample, publicKey: key))
    for bit in stride(from: 0, to: signature.count * 8, by: 5) {
      #expect(
        !figure.curve.isValid(signature.flippingBit(bit), .raw, for: Self.sample, publicKey: key))
    }
    #expect(!figure.curve.isValid(signature, .raw, for: Array("test".utf8), publicKey: key))
    #expect(!figure.curve.isValid(signature, .der, for: Self.sample, publicKey: key))
  }

  /// The sides' keys and their secret. RFC 5903 section 8.1.
  @Test func `both sides agree on the published secret of P-256`() throws {
    let scalars = [
      "c88f01f510d9ac3f70a292daa2316de5 44e9aab8afe84049c62a9c57862d1433",
      "c6ef9c5d78ae012a011164acb397ce20 88685d8f06bf9be0b283ab46476bee53",
    ]
    let keys = try scalars.map { try NISTCurve.PrivateKey(SecretKey(hex: $0), curve: .p256) }
    let secret = [UInt8](hex: "d6840f6b42f6edafd13116e0e1256520 2fef8e9ece7dce03812464d04b9442de")
    #expect(try keys[0].sharedSecret(with: keys[1].publicKey).exportRawBytes() == secret)
    #expect(try keys[1].sharedSecret(with: keys[0].publicKey).exportRawBytes() == secret)
  }

  @Test(arguments: NISTCurve.allCases)
  func `fresh keys agree, and what one signs the other cannot have signed`(curve: NISTCurve) throws {
    let (first, second) = (
      try NISTCurve.PrivateKey.generate(curve), try NISTCurve.PrivateKey.generate(curve)
    )
    let secret = try first.sharedSecret(with: second.publicKey)
    #expect(secret.isEqual(to: try second.sharedSecret(with: first.publicKey)))
    #expect(secret.byteCount == curve.privateKeyByteCount)
    let signature = try first.signature(for: Self.sample)
    #expect(curve.isValid(signature, .der, for: Self.sample, publicKey: first.publicKey))
    #expect(!curve.isValid(signature, .der, for: Self.sample, publicKey: second.publicKey))
    #expect(!curve.isValid(signature, .der, for: [], publicKey: first.publicKey))
    #expect(!curve.isValid(signature, .raw, for: Self.sample, publicKey: first.publicKey))
  }

  @Test(arguments: NISTCurve.allCases)
  func `a key prints nothing of its scalar`(curve: NISTCurve) throws {
    let bytes = [0] + [UInt8](repeating: 0xde, count: curve.privateKeyByteCount - 1)
    let printed = everyPrintedForm(of: try NISTCurve.PrivateKey(SecretKey(copying: bytes), curve: curve))
    #expect(printed.contains("redacted") && !printed.contains("222") && !printed.contains("dede"))
  }
}

extension NISTCurveTests {
  @Test(arguments: NISTCurveFigure.all)
  func `a point that is not on the curve, infinity and other sizes are refused`(
    figure: NISTCurveFigure
  ) throws {
    let key = try NISTCurve.PrivateKey.generate(figure.curve)
    let point = [UInt8](hex: figure.publicKey)
    let signature = [UInt8](hex: figure.signature)
    let refused: [[UInt8]] = [
      point.flippingBit(point.count * 8 - 8), point.flippingBit(10 * 8),
      [4] + point.dropFirst().map { _ in 0 },
      [0], [], Array(point.dropLast()), point + [0], [5] + point.dropFirst(),
      [4] + point.dropFirst().map { _ in 0xff },
    ]
    for other in refused {
      #expect(throws: KeyAgreementError.invalidKey) { try key.sharedSecret(with: other) }
      #expect(!figure.curve.isValid(signature, .raw, for: Self.sample, publicKey: other))
    }
  }

  @Test func `a point of another curve is refused`() throws {
    for curve in NISTCurve.allCases {
      for other in NISTCurve.allCases where other != curve {
        let (key, stranger) = (
          try NISTCurve.PrivateKey.generate(curve), try NISTCurve.PrivateKey.generate(other)
        )
        #expect(throws: KeyAgreementError.invalidKey) { try key.sharedSecret(with: stranger.publicKey) }
      }
    }
  }

  /// The order of each curve's base point. SP 800-186 section 3.2.1.
  @Test(arguments: [
    (NISTCurve.p256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"),
    (
      .p384,
      """
      ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf
      581a0db248b0a77aecec196accc52973
      """
    ),
    (
      .p521,
      """
      01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      fa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409
      """
    ),
  ])
  func `zero, the order and more are no scalars, and one less than the order is`(
    curve: NISTCurve, order: String
  ) throws {
    let bytes = [UInt8](hex: order)
    try #require(bytes.count == curve.privateKeyByteCount)
    let less = bytes.flippingBit(bytes.count * 8 - 8)
    #expect(try NISTCurve.PrivateKey(SecretKey(copying: less), curve: curve).publicKey.first == 4)
    let refused = [
      bytes, bytes.map { _ in 0 }, bytes.map { _ in 0xff }, Array(less.dropFirst()), [0] + less, [],
    ]
    for other in refused {
      #expect(throws: KeyAgreementError.invalidKey) {
        try NISTCurve.PrivateKey(SecretKey(copying: other), curve: curve)
      }
    }
  }
}
