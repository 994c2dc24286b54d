import CryptoCore
import Letterlock
import TLSCodec

/// What follows from an epoch's secret, links, and wraps.
enum EpochVectors: OwnVectorKind {
  static let name = "epoch"
  static let about =
    "`epoch`: commitment, inbox key and links of a header follow from its epoch secret. `wrap`: what a wrap opens to, or that it does not. `links`: whether the links of a header are as rule 11 of section 3.4 says. `account` is zero in epoch 0. SPEC.md section 4."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let maker = try LogMaker()
    let account = maker.log.account
    let none = AccountID(unchecked: [UInt8](repeating: 0, count: 32))
    var cases: [[String: Any]] = []
    for (number, opening) in maker.openings.enumerated() {
      cases.append([
        "name": "epoch \(number)", "type": "epoch", "account": (number == 0 ? none : account).bytes.hex,
        "epoch_secret": opening.epochSecret.exportRawBytes().hex, "header": opening.header.encoded.hex,
        "hash": opening.header.hash.bytes.hex, "valid": true,
        "linked_secrets": opening.header.links.map { LogMaker.epochSecret($0.epoch).exportRawBytes().hex },
      ])
    }
    let opening = maker.openings[1]
    cases.append([
      "name": "another epoch secret", "type": "epoch", "account": account.bytes.hex, "valid": false,
      "epoch_secret": VectorSeed.bytes("another epoch secret").hex, "header": opening.header.encoded.hex,
      "hash": opening.header.hash.bytes.hex, "linked_secrets": [LogMaker.epochSecret(0).exportRawBytes().hex],
    ])
    cases.append([
      "name": "another account", "type": "epoch", "account": none.bytes.hex, "valid": false,
      "epoch_secret": opening.epochSecret.exportRawBytes().hex, "header": opening.header.encoded.hex,
      "hash": opening.header.hash.bytes.hex, "linked_secrets": [LogMaker.epochSecret(0).exportRawBytes().hex],
    ])
    return ([:], cases + wraps(of: opening, account: account, for: maker) + links(of: opening.header))
  }

  /// Headers of epoch 257 that differ in their links, and one of epoch 0.
  private static func links(of header: EpochHeader) -> [[String: Any]] {
    let sealed = SealedEpochSecret(unchecked: VectorSeed.bytes("link") + VectorSeed.bytes("tag")[..<16])
    func test(
      _ name: String, _ epochs: [UInt64], number: UInt64 = 257, inRecover: Bool = false, valid: Bool
    ) -> [String: Any] {
      let header = EpochHeader(
        version: header.version, number: number, commitment: header.commitment, inboxKey: header.inboxKey,
        links: epochs.map { EpochLink(epoch: $0, sealedEpochSecret: sealed) }, treeSize: header.treeSize,
        treeRoot: header.treeRoot, wraps: [])
      return [
        "name": name, "type": "links", "header": header.encoded.hex, "recover": inRecover, "valid": valid,
      ]
    }
    return [
      test("256 links", Array(1...256), valid: true),
      test("257 links", Array(0...256), valid: false),
      test("257 links in recover", Array(0...256), inRecover: true, valid: false),
      test("one link", [0], valid: true),
      test("no links", [], valid: false),
      test("no links in recover", [], inRecover: true, valid: true),
      test("a link twice", [4, 4], valid: false),
      test("a link before an earlier one", [5, 4], valid: false),
      test("a link to the epoch itself", [256, 257], valid: false),
      test("a link to the epoch itself, in recover", [257], inRecover: true, valid: false),
      test("a link in epoch 0", [0], number: 0, valid: false),
    ]
  }

  private static func wraps(
    of opening: EpochOpening, account: AccountID, for maker: LogMaker
  ) -> [[String: Any]] {
    let stored = opening.wraps.first { $0.device == maker.tablet.deviceID }?.wrap.bytes ?? []
    func test(
      _ name: String, _ wrap: [UInt8], valid: Bool, keys: DeviceKeys? = nil, account bound: AccountID? = nil,
      header: EpochHeader? = nil
    ) -> [String: Any] {
      let keys = keys ?? maker.tablet
      return [
        "name": name, "type": "wrap", "account": (bound ?? account).bytes.hex,
        "header": (header ?? opening.header).encoded.hex, "recipient": keys.deviceID.bytes.hex,
        "sealing_seed": keys.sealingSeed.exportRawBytes().hex, "sealing_key": keys.sealingKey.bytes.hex,
        "wrap": wrap.hex, "epoch_secret": opening.epochSecret.exportRawBytes().hex, "valid": valid,
      ]
    }
    return [
      test("a wrap", stored, valid: true),
      test("another device's wrap", stored, valid: false, keys: maker.phone),
      test("in another account", stored, valid: false, account: AccountID(unchecked: VectorSeed.bytes("x"))),
      test("under another header", stored, valid: false, header: maker.openings[2].header),
      test("encapsulation altered, X25519", stored.flipping(1119), valid: false),
      test("encapsulation altered, ML-KEM", stored.flipping(0), valid: false),
      test("ciphertext altered", stored.flipping(1120), valid: false),
      test("tag altered", stored.flipping(1167, bit: 7), valid: false),
      test("cut", Array(stored.dropLast()), valid: false),
      test(
        "a low-order encapsulated X25519 key",
        stored[..<1088] + [UInt8](repeating: 0, count: 32) + stored[1120...], valid: false),
    ]
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let header = try EpochHeader(decoding: test.bytes("header"))
    guard let expected = test.flag("valid") else { return false }
    if test.text("type") == "links" {
      return header.hasRightLinks(test.flag("recover") == true ? .optional : .required) == expected
    }
    let account = AccountID(unchecked: test.bytes("account"))
    if test.text("type") == "wrap" {
      let keys = try DeviceKeys(
        signingSeed: VectorSeed.key("any"), sealingSeed: SecretKey(copying: test.bytes("sealing_seed")))
      let info = EpochWrap.info(
        header: header, account: account, recipient: DeviceID(unchecked: test.bytes("recipient")),
        sealingKey: keys.sealingKey)
      let epochSecret = keys.openWrap(test.bytes("wrap"), info: info)?.exportRawBytes()
      return keys.sealingKey.bytes == test.bytes("sealing_key")
        && (epochSecret == test.bytes("epoch_secret")) == expected && (expected || epochSecret == nil)
    }
    let schedule = EpochKeySchedule(
      account: account, number: header.number, epochSecret: SecretKey(copying: test.bytes("epoch_secret")))
    let epochSecrets = header.links.map { schedule.open($0)?.exportRawBytes().hex ?? "" }
    let agrees = schedule.agrees(with: header) && epochSecrets == test.texts("linked_secrets")
    return agrees == expected && header.hash.bytes == test.bytes("hash")
  }
}
