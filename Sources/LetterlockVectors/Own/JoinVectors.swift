import CryptoCore
import Letterlock
import TLSCodec

/// What a join code's secret derives.
enum JoinVectors: OwnVectorKind {
  static let name = "join"
  static let about = "Mailboxes, consent tag and answer of a joining device. SPEC.md section 3.6."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let bundle = try DeviceKeyBundle(of: TestKeys.keys("joiner"), createdAt: 1_700_000_000_000)
    let code = JoinCode(
      bundleHash: Array(bundle.hash[..<16]),
      secret: SecretKey(copying: Array(VectorSeed.bytes("join secret")[..<16])))
    let secrets = JoinSecrets(code)
    let account = AccountID(unchecked: VectorSeed.bytes("account"))
    let head = LogHead(unchecked: VectorSeed.bytes("head"))
    let key = try CheckpointKey(seed: VectorSeed.bytes("checkpoint key"))
    let newest = try Checkpoint(
      account: account, treeSize: 3, treeRoot: Digest32(unchecked: VectorSeed.bytes("tree root")),
      logHead: head, at: 1_700_000_000_000, by: key)
    return (
      [:],
      try [("a joining device", newest), ("in an account without a relay key", nil)].map {
        name, checkpoint -> [String: Any] in
        let answer = try JoinAnswer(
          account: account, logHead: head, checkpoint: checkpoint, to: bundle, secrets)
        var test: [String: Any] = [
          "name": name, "bundle": bundle.encoded.hex, "bundle_hash": bundle.hash.hex,
          "join_secret": code.secret.exportRawBytes().hex, "code": code.text,
          "offer_mailbox": try secrets.offerMailbox().bytes.hex,
          "answer_mailbox": try secrets.answerMailbox().bytes.hex,
          "consent_tag": try secrets.consentTag().bytes.hex, "account": account.bytes.hex,
          "log_head": head.bytes.hex,
          "answer": answer.encoded.hex, "mac": answer.mac.bytes.hex,
        ]
        if let checkpoint { test["checkpoint"] = checkpoint.encoded.hex }
        return test
      }
    )
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let bundle = try DeviceKeyBundle(decoding: test.bytes("bundle"))
    let code = try JoinCode(parsing: test.text("code") ?? "")
    let secrets = JoinSecrets(code)
    let answer = try JoinAnswer(decoding: test.bytes("answer"))
    let isAnswer =
      try answer.isAuthentic(to: bundle, secrets) && answer.account.bytes == test.bytes("account")
      && answer.logHead.bytes == test.bytes("log_head")
      && answer.checkpoint?.encoded.hex == test.text("checkpoint") && answer.mac.bytes == test.bytes("mac")
    let derived = [
      try secrets.offerMailbox().bytes, try secrets.answerMailbox().bytes, try secrets.consentTag().bytes,
    ]
    return bundle.isSignedByItself && bundle.hash == test.bytes("bundle_hash")
      && code.bundleHash == Array(bundle.hash[..<16])
      && code.secret.exportRawBytes() == test.bytes("join_secret") && isAnswer
      && derived == ["offer_mailbox", "answer_mailbox", "consent_tag"].map(test.bytes)
  }
}
