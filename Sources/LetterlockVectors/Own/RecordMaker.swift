import CryptoCore
import Letterlock
import TLSCodec

/// Makes records in one epoch of one account, from fixed seeds.
struct RecordMaker {
  private let account = AccountID(unchecked: VectorSeed.bytes("account"))
  private let hash = Digest32(unchecked: VectorSeed.bytes("header hash"))
  private let chat: ConversationID
  private let other: ConversationID
  private let short: ArchiveEntry
  private let record: [UInt8]

  init() throws {
    chat = try ConversationID(bytes: Array(VectorSeed.bytes("conversation")[..<16]))
    other = try ConversationID(bytes: Array(VectorSeed.bytes("other conversation")[..<16]))
    short = .message(try Self.message("Dinner at 7?", in: chat))
    let epoch = ReadableEpoch(account: account, hash: hash, epochSecret: VectorSeed.key("epoch secret"))
    record = try RecordFrame.seal(short, using: epoch.recordKey(for: chat)).bytes
  }

  private static func message(_ text: String, in conversation: ConversationID?) throws -> Message {
    Message(
      id: try MessageID(bytes: Array(VectorSeed.bytes("message \(text.count)")[..<16])),
      conversation: conversation, sender: .other("+15550100"),
      sentAt: Timestamp(nanosecondsSince1970: 1_700_000_000_123_456_789), carriage: .carrier(.sms),
      body: .text(RichText(text)))
  }

  /// What every case says: what the reader has, and what follows from it for a conversation.
  private func test(
    _ name: String, _ record: [UInt8], in conversation: ConversationID? = nil, account: AccountID? = nil,
    hash: Digest32? = nil, epochSecret: SecretKey? = nil
  ) throws -> [String: Any] {
    let (account, hash) = (account ?? self.account, hash ?? self.hash)
    let epochSecret = epochSecret ?? VectorSeed.key("epoch secret")
    let conversation = conversation ?? chat
    let key = try ReadableEpoch(account: account, hash: hash, epochSecret: epochSecret).recordKey(
      for: conversation)
    return [
      "name": name, "account": account.bytes.hex, "header_hash": hash.bytes.hex,
      "epoch_secret": epochSecret.exportRawBytes().hex, "conversation": conversation.bytes.hex,
      "stream_tag": key.tag.bytes.hex, "key": key.key.exportRawBytes().hex, "record": record.hex,
    ]
  }

  private func refused(_ test: [String: Any], _ error: String, entry: [UInt8]? = nil) -> [String: Any] {
    var test = test.merging(["valid": false, "error": error]) { $1 }
    test["entry"] = entry?.hex
    return test
  }

  /// A record with this plaintext, as any member can make it.
  private func seal(_ plaintext: [UInt8], in conversation: ConversationID) throws -> [UInt8] {
    let epoch = ReadableEpoch(account: account, hash: hash, epochSecret: VectorSeed.key("epoch secret"))
    let key = try epoch.recordKey(for: conversation)
    let nonce = Array(VectorSeed.bytes("nonce \(plaintext.hex)")[..<24])
    var writer = TLSWriter()
    writer.write(fixed: [1] + hash.bytes[..<16] + key.tag.bytes + nonce)
    writer.write(
      opaque: try XChaCha20Poly1305.seal(
        plaintext, using: key.key, nonce: nonce, authenticating: writer.bytes))
    return writer.bytes
  }

  /// One entry of each type, and a message that names no conversation.
  private func entries() throws -> [(name: String, entry: ArchiveEntry, conversation: ConversationID)] {
    let time = Timestamp(nanosecondsSince1970: 1_700_000_000_000_000_000)
    let named = ArchiveEntry.message(try Self.message("milk", in: .account))
    let id = try MessageID(bytes: Array(VectorSeed.bytes("message 12")[..<16]))
    return [
      ("a message that names no conversation", .message(try Self.message("eggs", in: nil)), .account),
      ("a message that names 16 zero bytes", named, .account),
      ("a conversation profile", .conversation(ConversationProfile(id: chat, name: "Climbing")), chat),
      ("a device profile", .device(DeviceProfile(name: "Ann's phone")), .account),
      ("a deletion", .deletion(Deletion(.deleted, at: time, conversation: chat, messages: [id])), chat),
      (
        "a snapshot",
        .snapshot(
          Snapshot(
            identifier: Bytes16(high: 1, low: 2), name: "Before the journey", at: time, treeSize: 300,
            treeRoot: VectorSeed.bytes("root"), messageCount: 280, conversationCount: 12,
            attachmentCount: 31)), .account
      ),
      ("a revision", try Self.revision("Dinner at 8?", in: chat), chat),
      ("a send request", try Self.request("Dinner at 9?", in: chat), chat),
      (
        "a send report",
        .sendReport(SendReport(.claimed(Bytes16(high: 1, low: 2)), of: id, in: chat, at: time)), chat
      ),
    ]
  }

  private static func revision(_ text: String, in conversation: ConversationID) throws -> ArchiveEntry {
    var message = try Self.message(text, in: conversation)
    message.origin = Message.Origin(source: "sms.xml", identifier: "1", service: "SMS")
    guard let revision = Revision(message) else { throw TLSError.invalidValue }
    return .revision(revision)
  }

  private static func request(_ text: String, in conversation: ConversationID) throws -> ArchiveEntry {
    let message = Message(
      id: try MessageID(bytes: Array(VectorSeed.bytes("message \(text.count)")[..<16])),
      conversation: conversation, sender: .me,
      sentAt: Timestamp(nanosecondsSince1970: 1_700_000_000_123_456_789), carriage: .carrier(.sms),
      body: .text(RichText(text)), recipients: ["+15550100"])
    let content = SendRequestContent(
      message, device: DeviceID(unchecked: VectorSeed.bytes("phone")), expiresAt: message.sentAt,
      segments: [text])
    guard let content else { throw TLSError.invalidValue }
    return .sendRequest(content)
  }

  private var unknown: ArchiveEntry { .unknown(UnknownValue(code: 900, bytes: [1, 2, 3])) }

  func opened() throws -> [[String: Any]] {
    func valid(_ name: String, _ entry: ArchiveEntry, in conversation: ConversationID) throws -> [String: Any]
    {
      let padded = try entry.padded()
      return try test(name, seal(padded, in: conversation), in: conversation)
        .merging(["entry": padded.hex, "valid": true]) { $1 }
    }
    let long = ArchiveEntry.message(try Self.message(String(repeating: "long ", count: 4000), in: chat))
    return [try valid("a short message", short, in: chat), try valid("a long message", long, in: chat)]
      + (try entries().map { try valid($0.name, $0.entry, in: $0.conversation) }) + [
        try valid("an entry of an unknown type", unknown, in: chat),
        try valid("an entry of an unknown type in the account's stream", unknown, in: .account),
      ]
  }

  /// Steps 1 and 2: the version first, whatever follows it.
  func malformed() throws -> [[String: Any]] {
    func wrong(_ name: String, _ record: [UInt8], _ error: String = "malformed") throws -> [String: Any] {
      refused(try test(name, record), error)
    }
    let newer = [2] + record[1...]
    let prefix = Array(record[..<57])
    let padded = try short.padded()
    let tooShort = try seal(Array(padded[..<255]), in: chat)
    return [
      try wrong("version altered", record.flipping(0), "unknownVersion"),
      try wrong("a newer version", newer, "unknownVersion"),
      try wrong("a newer version, cut to 1 byte", Array(newer[..<1]), "unknownVersion"),
      try wrong("a newer version, one byte too many", newer + [0], "unknownVersion"),
    ]
      + (try [0, 1, 56, 57, 58, 59, 200, record.count - 1].map {
        try wrong("cut to \($0) bytes", Array(record[..<$0]))
      }) + [
        try wrong("one byte too many", record + [0]),
        try wrong("length altered", record.flipping(57)),
        try wrong(
          "a length that is not in its shortest form", prefix + [0x80, 0, 1, 16] + Array(record[59...])),
        try wrong("a ciphertext of 271 bytes", tooShort),
        try wrong("cut, and of an unknown epoch", Array(record.flipping(1).dropLast())),
      ]
  }

  /// Steps 3 and 4: another epoch, and anything that the cipher refuses.
  func altered() throws -> [[String: Any]] {
    func wrong(_ test: [String: Any]) -> [String: Any] { refused(test, "authenticationFailed") }
    let moved = try ReadableEpoch(account: account, hash: hash, epochSecret: VectorSeed.key("epoch secret"))
      .recordKey(for: other).tag.bytes
    var cases = [
      refused(
        try test("another epoch", record, hash: Digest32(unchecked: VectorSeed.bytes("another hash"))),
        "unreadableEpoch"),
      refused(try test("epoch altered", record.flipping(1)), "unreadableEpoch"),
      refused(try test("epoch's end altered", record.flipping(16)), "unreadableEpoch"),
      wrong(
        try test(
          "another account", record, account: AccountID(unchecked: VectorSeed.bytes("another account")))),
      wrong(try test("another epoch secret", record, epochSecret: VectorSeed.key("another epoch secret"))),
      wrong(
        try test("moved to another stream", Array(record[..<17]) + moved + record[33...], in: other)),
    ]
    for (place, index) in [
      ("stream tag", 17), ("nonce", 33), ("nonce's end", 56), ("ciphertext", 59), ("tag", record.count - 1),
    ] {
      cases.append(wrong(try test("\(place) altered", record.flipping(index))))
    }
    return cases
  }

  /// Steps 5 and 6: what only a member can seal, and nobody may read.
  func forged() throws -> [[String: Any]] {
    let padded = try short.padded()
    let entry = ArchiveEntry.message(try Self.message(String(repeating: "x", count: 300), in: chat))
    let long = Array(try entry.padded()[..<entry.encodedByteCount])
    func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }
    return try [
      ("padding that is not zero", padded.dropLast() + [1]),
      ("16 zeros too many", padded + zeros(16)),
      ("padded to the next power of two", long + zeros(512 - long.count)),
      ("no padding above 256 bytes", long),
      ("a body that reaches past the end", [0, 1, 0x41, 0] + zeros(252)),
      (
        "an entry whose length is not in its shortest form",
        [0, 1, 0x40, padded[2]] + padded[3...].dropLast()
      ),
      ("a message without fields", [0, 1] + zeros(254)),
    ].map { name, plaintext in
      let record = try seal(Array(plaintext), in: chat)
      return refused(try test(name, record), "authenticationFailed", entry: Array(plaintext))
    }
  }

  /// Step 7: a good entry in a stream that is not its conversation's.
  func misplaced() throws -> [[String: Any]] {
    func wrong(_ name: String, _ entry: ArchiveEntry, in stream: ConversationID) throws -> [String: Any] {
      let padded = try entry.padded()
      return refused(
        try test(name, seal(padded, in: stream), in: stream), "authenticationFailed", entry: padded)
    }
    return [
      try wrong("a message of another conversation", short, in: other),
      try wrong("a message of a conversation in the account's stream", short, in: .account),
    ]
      + (try entries().map { try wrong("\($0.name), in another stream", $0.entry, in: other) })
  }
}
