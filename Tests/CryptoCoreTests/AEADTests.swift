import Testing

@testable import CryptoCore

/// Each AEAD by name: its metatype cannot be shared between tests.
enum AEADUnderTest: CaseIterable {
  case xChaCha20Poly1305
  case chaCha20Poly1305
  case aes128GCM
  case aes256GCM

  var algorithm: any AEAD.Type {
    switch self {
    case .xChaCha20Poly1305: XChaCha20Poly1305.self
    case .chaCha20Poly1305: ChaCha20Poly1305.self
    case .aes128GCM: AES128GCM.self
    case .aes256GCM: AES256GCM.self
    }
  }
}

/// What a published figure fixes.
struct AEADFigure: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let aead: AEADUnderTest
  let key: String
  let nonce: String
  let authenticating: String
  let plaintext: [UInt8]
  let ciphertext: String
}

extension AEADFigure {
  private static let sunscreen = Array(
    """
    Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen \
    would be it.
    """.utf8)
  private static let keyFrom80 = "808182838485868788898a8b8c8d8e8f 909192939495969798999a9b9c9d9e9f"
  private static let gcmPlaintext = [UInt8](
    hex: """
      d9313225f88406e5a55909c5aff5269a 86a7a9531534f7da2e4c303d8a318a72
      1c3c0c95956809532fcf0e2449a6b525 b16aedf5aa0de657ba637b39
      """)
  private static let gcmAuthenticated = "feedfacedeadbeeffeedfacedeadbeefabaddad2"

  static let all = [
    AEADFigure(
      testDescription: "RFC 8439 section 2.8.2", aead: .chaCha20Poly1305, key: keyFrom80,
      nonce: "07000000 4041424344454647", authenticating: "50515253c0c1c2c3c4c5c6c7",
      plaintext: sunscreen,
      ciphertext: """
        d31a8d34648e60db7b86afbc53ef7ec2 a4aded51296e08fea9e2b5a736ee62d6
        3dbea45e8ca9671282fafb69da92728b 1a71de0a9e060b2905d6a5b67ecd3b36
        92ddbd7f2d778b8c9803aee328091b58 fab324e4fad675945585808b4831d7bc
        3ff4def08e4b7a9de576d26586cec64b 6116 1ae10b594f09e26a7e902ecbd0600691
        """),
    AEADFigure(
      testDescription: "draft-irtf-cfrg-xchacha appendix A.3.1", aead: .xChaCha20Poly1305,
      key: keyFrom80, nonce: "404142434445464748494a4b4c4d4e4f 5051525354555657",
      authenticating: "50515253c0c1c2c3c4c5c6c7", plaintext: sunscreen,
      ciphertext: """
        bd6d179d3e83d43b9576579493c0e939 572a1700252bfaccbed2902c21396cbb
        731c7f1b0b4aa6440bf3a82f4eda7e39 ae64c6708c54c216cb96b72e1213b452
        2f8c9ba40db5d945b11b69b982c1bb9e 3f3fac2bc369488f76b2383565d3fff9
        21f9664c97637da9768812f615c68b13 b52e c0875924c1c7987947deafd8780acf49
        """),
    AEADFigure(
      testDescription: "McGrew and Viega, GCM, test case 4", aead: .aes128GCM,
      key: "feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888",
      authenticating: gcmAuthenticated, plaintext: gcmPlaintext,
      ciphertext: """
        42831ec2217774244b7221b784d0d49c e3aa212f2c02a4e035c17e2329aca12e
        21d514b25466931c7d8f6a5aac84aa05 1ba30b396a0aac973d58e091
        5bc94fbc3221a5db94fae95ae7121a47
        """),
    AEADFigure(
      testDescription: "McGrew and Viega, GCM, test case 16", aead: .aes256GCM,
      key: "feffe9928665731c6d6a8f9467308308 feffe9928665731c6d6a8f9467308308",
      nonce: "cafebabefacedbaddecaf888", authenticating: gcmAuthenticated, plaintext: gcmPlaintext,
      ciphertext: """
        522dc1f099567d07f47f37a32a84427d 643a8cdcbfe5c0c97598a2bd2555d1aa
        8cb08e48590dbb3da7b08b1056828838 c5f61e6393ba7a0abcc9f662
        76fc6ece0f4e1768cddf8853bb2d551b
        """),
    AEADFigure(
      testDescription: "McGrew and Viega, GCM, test case 1, nothing to encrypt", aead: .aes128GCM,
      key: "00000000000000000000000000000000", nonce: "000000000000000000000000", authenticating: "",
      plaintext: [], ciphertext: "58e2fccefa7e3061367f1d57a4e7455a"),
  ]
}

@Suite("AEADs: published figures")
struct AEADFigureTests {
  @Test(arguments: AEADFigure.all)
  func `a published figure seals to its ciphertext and opens again`(figure: AEADFigure) throws {
    let (key, nonce) = (SecretKey(hex: figure.key), [UInt8](hex: figure.nonce))
    let authenticating = [UInt8](hex: figure.authenticating)
    let sealed = try figure.aead.algorithm.seal(
      figure.plaintext, using: key, nonce: nonce, authenticating: authenticating)
    #expect(sealed == [UInt8](hex: figure.ciphertext))
    #expect(
      try figure.aead.algorithm.open(sealed, using: key, nonce: nonce, authenticating: authenticating)
        == figure.plaintext)
  }
}
