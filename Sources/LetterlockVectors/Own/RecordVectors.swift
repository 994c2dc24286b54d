import CryptoCore
import Letterlock
import TLSCodec

/// Sealed records: their keys, and what they open to.
enum RecordVectors: OwnVectorKind {
  static let name = "record"
  static let about =
    "A record opens to `entry`, padding included, under the key that follows from the epoch secret; or, with `valid` false, to nothing. SPEC.md sections 5.1 and 5.2."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let account = AccountID(unchecked: VectorSeed.bytes("account"))
    let hash = Digest32(unchecked: VectorSeed.bytes("header hash"))
    let epochSecret = VectorSeed.key("epoch secret")
    let conversation = try ConversationID(bytes: Array(VectorSeed.bytes("conversation")[..<16]))
    let key = try recordKey(conversation, account, hash, epochSecret)
    let entry = ArchiveEntry.message(try message("Dinner at 7?", in: conversation))
    let long = ArchiveEntry.message(try message(String(repeating: "long ", count: 4000), in: conversation))
    let record = try RecordFrame.seal(entry, using: key).bytes

    func test(
      _ name: String, _ record: [UInt8], _ entry: ArchiveEntry, valid: Bool = false,
      account signedFor: AccountID? = nil, hash other: Digest32? = nil,
      epochSecret otherSecret: SecretKey? = nil,
      conversation otherConversation: ConversationID? = nil
    ) throws -> [String: Any] {
      let (account, hash, epochSecret) = (signedFor ?? account, other ?? hash, otherSecret ?? epochSecret)
      let key = try recordKey(otherConversation ?? conversation, account, hash, epochSecret)
      return [
        "name": name, "account": account.bytes.hex, "header_hash": hash.bytes.hex,
        "epoch_secret": epochSecret.exportRawBytes().hex,
        "conversation": (otherConversation ?? conversation).bytes.hex,
        "stream_tag": key.tag.bytes.hex, "key": key.key.exportRawBytes().hex, "record": record.hex,
        "entry": try entry.padded().hex, "valid": valid,
      ]
    }
    let other = try ConversationID(bytes: Array(VectorSeed.bytes("other conversation")[..<16]))
    var cases = [
      try test("a short message", record, entry, valid: true),
      try test("a long message", RecordFrame.seal(long, using: key).bytes, long, valid: true),
      try test(
        "another account", record, entry, account: AccountID(unchecked: VectorSeed.bytes("another account"))),
      try test("another epoch", record, entry, hash: Digest32(unchecked: VectorSeed.bytes("another hash"))),
      try test("another epoch secret", record, entry, epochSecret: VectorSeed.key("another epoch secret")),
      try test("another stream", record, entry, conversation: other),
    ]
    let places = [
      ("version", 0), ("epoch", 1), ("epoch's end", 16), ("stream tag", 17), ("nonce", 33),
      ("nonce's end", 56), ("length", 57), ("ciphertext", 59), ("tag", record.count - 1),
    ]
    for (place, index) in places {
      cases.append(try test("\(place) altered", record.flipping(index), entry))
    }
    for count in [0, 1, 57, 58, 59, 200, record.count - 1] {
      cases.append(try test("cut to \(count) bytes", Array(record[..<count]), entry))
    }
    cases.append(try test("one byte too many", record + [0], entry))
    return ([:], cases)
  }

  private static func message(_ text: String, in conversation: ConversationID) throws -> Message {
    Message(
      id: try MessageID(bytes: Array(VectorSeed.bytes("message \(text.count)")[..<16])),
      conversation: conversation, sender: .other("+15550100"),
      sentAt: Timestamp(nanosecondsSince1970: 1_700_000_000_123_456_789), carriage: .carrier(.sms),
      body: .text(RichText(text)))
  }

  private static func recordKey(
    _ conversation: ConversationID, _ account: AccountID, _ hash: Digest32, _ epochSecret: SecretKey
  ) throws -> RecordKey {
    let tag = try RecordKey.tag(of: conversation, account: account, epochSecret: epochSecret)
    return RecordKey(
      conversation: conversation, tag: tag,
      key: try RecordKey.key(tag: tag, epoch: hash, account: account, epochSecret: epochSecret),
      epoch: EpochReference(unchecked: Array(hash.bytes[..<16])))
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let hash = Digest32(unchecked: test.bytes("header_hash"))
    let key = try recordKey(
      try ConversationID(bytes: test.bytes("conversation")), AccountID(unchecked: test.bytes("account")),
      hash, SecretKey(copying: test.bytes("epoch_secret")))
    guard key.tag.bytes == test.bytes("stream_tag"), key.key.exportRawBytes() == test.bytes("key") else {
      return false
    }
    let opened = try? Self.open(test.bytes("record"), key, epoch: hash)
    guard test.flag("valid") == true else { return opened == nil && test.flag("valid") == false }
    return try opened?.padded() == test.bytes("entry")
  }

  private static func open(
    _ bytes: [UInt8], _ key: RecordKey, epoch: Digest32
  ) throws(ArchiveError) -> ArchiveEntry {
    let record = try SealedRecord(decoding: bytes)
    guard record.epoch.bytes == Array(epoch.bytes[..<16]), record.streamTag == key.tag else {
      throw .authenticationFailed
    }
    return try RecordFrame.open(record, using: key.key)
  }
}
