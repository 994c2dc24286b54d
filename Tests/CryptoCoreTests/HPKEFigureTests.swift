import Testing

@testable import CryptoCore

/// One of RFC 9180's setups with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and AES-128-GCM.
struct HPKEFigure: Sendable {
  let section: String
  let ephemeralKeyMaterial: String
  let recipientKeyMaterial: String
  let recipientPrivateKey: String
  let recipientPublicKey: String
  let encapsulated: String
  let preSharedKey: (secret: String, identifier: String)?
  /// By sequence number.
  let ciphertexts: [Int: String]
  /// By exporter context.
  let exported: [String: String]

  static let suite = HPKESuite(kem: .x25519, kdf: .hkdfSHA256, aead: .aes128GCM)
  static let info = Array("Ode on a Grecian Urn".utf8)
  static let plaintext = Array("Beauty is truth, truth beauty".utf8)

  static func authenticating(_ sequence: Int) -> [UInt8] { Array("Count-\(sequence)".utf8) }

  var key: HPKE.PreSharedKey? {
    get throws {
      try preSharedKey.map {
        try HPKE.PreSharedKey(SecretKey(hex: $0.secret), identifier: [UInt8](hex: $0.identifier))
      }
    }
  }

  func sender() throws -> HPKE.Sender {
    let recipient = try HPKEPublicKey(bytes: [UInt8](hex: recipientPublicKey), kem: .x25519)
    return try HPKE.Sender(
      to: recipient, suite: Self.suite, info: Self.info, preSharedKey: key,
      ephemeral: HPKEPrivateKey.derive(from: SecretKey(hex: ephemeralKeyMaterial), kem: .x25519))
  }

  func recipient() throws -> HPKE.Recipient {
    try HPKE.Recipient(
      [UInt8](hex: encapsulated),
      with: HPKEPrivateKey(bytes: SecretKey(hex: recipientPrivateKey), kem: .x25519), suite: Self.suite,
      info: Self.info, preSharedKey: key)
  }
}

extension HPKEFigure {
  static let all = [
    HPKEFigure(
      section: "A.1.1, base mode",
      ephemeralKeyMaterial: "7268600d403fce431561aef583ee1613 527cff655c1343f29812e66706df3234",
      recipientKeyMaterial: "6db9df30aa07dd42ee5e8181afdb977e 538f5e1fec8a06223f33f7013e525037",
      recipientPrivateKey: "4612c550263fc8ad58375df3f557aac5 31d26850903e55a9f23f21d8534e8ac8",
      recipientPublicKey: "3948cfe0ad1ddb695d780e59077195da 6c56506b027329794ab02bca80815c4d",
      encapsulated: "37fda3567bdbd628e88668c3c8d7e97d 1d1253b6d4ea6d44c150f741f1bf4431",
      preSharedKey: nil,
      ciphertexts: [
        0: "f938558b5d72f1a23810b4be2ab4f843 31acc02fc97babc53a52ae8218a355a9 6d8770ac83d07bea87e13c512a",
        1: "af2d7e9ac9ae7e270f46ba1f975be53c 09f8d875bdc8535458c2494e8a6eab25 1c03d0c22a56b8ca42c2063b84",
        2: "498dfcabd92e8acedc281e85af1cb4e3 e31c7dc394a1ca20e173cb7251649158 8d96a19ad4a683518973dcc180",
        4: "583bd32bc67a5994bb8ceaca813d369b ca7b2a42408cddef5e22f880b631215a 09fc0012bc69fccaa251c0246d",
        255: "7175db9717964058640a3a11fb900794 1a5d1757fda1a6935c805c21af32505b f106deefec4a49ac38d71c9e0a",
        256: "957f9800542b0b8891badb026d79cc54 597cb2d225b54c00c5238c25d05c30e3 fbeda97d2e0e1aba483a2df9f2",
      ],
      exported: [
        "": "3853fe2b4035195a573ffc53856e7705 8e15d9ea064de3e59f4961d0095250ee",
        "00": "2e8f0b54673c7029649d4eb9d5e33bf1 872cf76d623ff164ac185da9e88c21a5",
        "54657374436f6e74657874": "e9e43065102c3836401bed8c3c3c75ae 46be1639869391d62c61f1ec7af54931",
      ]),
    HPKEFigure(
      section: "A.1.2, psk mode",
      ephemeralKeyMaterial: "78628c354e46f3e169bd231be7b2ff1c 77aa302460a26dbfa15515684c00130b",
      recipientKeyMaterial: "d4a09d09f575fef425905d2ab396c144 9141463f698f8efdb7accfaff8995098",
      recipientPrivateKey: "c5eb01eb457fe6c6f57577c5413b9315 50a162c71a03ac8d196babbd4e5ce0fd",
      recipientPublicKey: "9fed7e8c17387560e92cc6462a680496 57246a09bfa8ade7aefe589672016366",
      encapsulated: "0ad0950d9fb9588e59690b74f1237ecd f1d775cd60be2eca57af5a4b0471c91b",
      preSharedKey: (
        "0247fd33b913760fa1fa51e1892d9f30 7fbe65eb171e8132c2af18555a738b82",
        "456e6e796e20447572696e206172616e204d6f726961"
      ),
      ciphertexts: [
        0: "e52c6fed7f758d0cf7145689f21bc1be 6ec9ea097fef4e959440012f4feb73fb 611b946199e681f4cfc34db8ea",
        1: "49f3b19b28a9ea9f43e8c71204c00d4a 490ee7f61387b6719db765e948123b45 b61633ef059ba22cd62437c8ba",
        2: "257ca6a08473dc851fde45afd598cc83 e326ddd0abe1ef23baa3baa4dd8cde99 fce2c1e8ce687b0b47ead1adc9",
        4: "a71d73a2cd8128fcccbd328b9684d700 96e073b59b40b55e6419c9c68ae21069 c847e2a70f5d8fb821ce3dfb1c",
        255: "55f84b030b7f7197f7d7d552365b6b93 2df5ec1abacd30241cb4bc4ccea27bd2 b518766adfa0fb1b71170e9392",
        256: "c5bf246d4a790a12dcc9eed5eae52508 1e6fb541d5849e9ce8abd92a3bc15517 76bea16b4a518f23e237c14b59",
      ],
      exported: [
        "": "dff17af354c8b41673567db6259fd602 9967b4e1aad13023c2ae5df8f4f43bf6",
        "00": "6a847261d8207fe596befb5292846388 1ab493da345b10e1dcc645e3b94e2d95",
        "54657374436f6e74657874": "8aff52b45a1be3a734bc7a41e20b4e05 5ad4c4d22104b0c20285a7c4302401cd",
      ]),
  ]
}

extension HPKEFigure: CustomTestStringConvertible {
  var testDescription: String { section }
}

@Suite("RFC 9180 appendix A.1: HPKE")
struct HPKEFigureTests {
  @Test(arguments: HPKEFigure.all)
  func `key material gives the published key pair`(figure: HPKEFigure) throws {
    let key = try HPKEPrivateKey.derive(
      from: SecretKey(hex: figure.recipientKeyMaterial), kem: .x25519)
    #expect(key.secret.exportRawBytes() == [UInt8](hex: figure.recipientPrivateKey))
    #expect(key.publicKey.bytes == [UInt8](hex: figure.recipientPublicKey))
  }

  @Test(arguments: HPKEFigure.all)
  func `the sender seals to the published ciphertexts, also past sequence number 255`(
    figure: HPKEFigure
  ) throws {
    var sender = try figure.sender()
    let encapsulated = sender.encapsulatedKey
    #expect(encapsulated == [UInt8](hex: figure.encapsulated))
    var checked = 0
    for sequence in 0...256 {
      let sealed = try sender.seal(
        HPKEFigure.plaintext, authenticating: HPKEFigure.authenticating(sequence))
      guard let expected = figure.ciphertexts[sequence] else { continue }
      #expect(sealed == [UInt8](hex: expected))
      checked += 1
    }
    #expect(checked == 6)
  }

  @Test(arguments: HPKEFigure.all)
  func `the recipient opens the published ciphertexts`(figure: HPKEFigure) throws {
    var recipient = try figure.recipient()
    for sequence in 0...2 {
      let sealed = [UInt8](hex: try #require(figure.ciphertexts[sequence]))
      let opened = try recipient.open(sealed, authenticating: HPKEFigure.authenticating(sequence))
      #expect(opened == HPKEFigure.plaintext)
    }
  }

  @Test(arguments: HPKEFigure.all)
  func `both sides export the published values`(figure: HPKEFigure) throws {
    let sender = try figure.sender()
    let recipient = try figure.recipient()
    for (context, value) in figure.exported {
      let (context, value) = ([UInt8](hex: context), [UInt8](hex: value))
      let sent = try sender.export(context: context, byteCount: 32)
      let received = try recipient.export(context: context, byteCount: 32)
      #expect(sent.exportRawBytes() == value && received.exportRawBytes() == value)
    }
  }
}
