import CryptoCore
import Letterlock
import LetterlockHTTPFormat
import TLSCodec

/// Makes requests of one account to one relay, from fixed seeds.
struct HTTPRequestMaker {
  /// When the relay judges them, in milliseconds.
  static let time: UInt64 = 1_700_000_600_000
  static let now = timestamp(time)

  static func timestamp(_ milliseconds: UInt64) -> Timestamp {
    Timestamp(nanosecondsSince1970: Int64(clamping: milliseconds) * 1_000_000)
  }

  let maker: LogMaker
  let challenges: RequestChallenges
  /// The log after `create` and an epoch of the phone's.
  let log: AccountLog
  let epoch: (entry: LogEntry, opening: EpochOpening)
  let batch: (signed: SignedBatch, records: [[UInt8]])
  let stored: StoredBatch
  /// Of the history with that batch.
  let checkpoint: Checkpoint
  let upload: BlobUpload
  let bytes = VectorSeed.bytes("blob", count: 700)

  var phone: DeviceKeys { maker.phone }
  var recovery: DeviceKeys { maker.recovery }
  var relay: CheckpointKey { maker.relay }
  var account: AccountID { log.account }
  var challenge: [UInt8] { challenges.challenge(at: Self.now) }
  var conversation: ConversationID {
    get throws { try ConversationID(bytes: Array(VectorSeed.bytes("conversation")[..<16])) }
  }

  init() throws {
    maker = try LogMaker()
    challenges = try RequestChallenges(of: maker.relay)
    let (phone, recovery) = (maker.phone, maker.recovery)
    let opening = try LogMaker.opening(
      1, account: maker.log.account, [phone, recovery], treeSize: 0)
    let entry = try maker.entry(.epoch(Committed(opening.header)), by: phone, after: 1)
    epoch = (entry, opening)
    var log = try AccountLog(create: maker.entries[0])
    try log.append(entry)
    self.log = log
    let account = log.account
    let key = try Self.recordKey(opening, account)
    let message = Message(
      id: try MessageID(bytes: Array(VectorSeed.bytes("message")[..<16])), conversation: key.conversation,
      sender: .me, sentAt: Self.now, carriage: .carrier(.sms), body: .text(RichText("Dinner at 7?")))
    let records = [try RecordFrame.seal(.message(message), using: key.key).bytes]
    let zero = Digest32(unchecked: [UInt8](repeating: 0, count: 32))
    let signed = try SignedBatch(
      of: records, by: phone, account: account, logHead: log.head, counter: 1, previous: zero,
      knownCheckpoint: nil)
    batch = (signed, records)
    var history = History()
    let leaves = try history.accept(signed, records: records, of: log)
    stored = StoredBatch(
      HistoryBatch(firstLeaf: 0, signedBatch: signed, erasures: [], leafHashes: leaves, records: records))
    checkpoint = try Checkpoint(
      account: account, treeSize: history.tree.size, treeRoot: history.tree.root, logHead: log.head,
      at: Self.time, by: maker.relay)
    upload = try BlobUpload(
      blob: BlobID(bytes: Array(VectorSeed.bytes("blob name")[..<16])), byteCount: UInt64(bytes.count),
      digest: SegmentHasher.digest(of: bytes), by: phone, account: account)
  }

  private static func recordKey(
    _ opening: EpochOpening, _ account: AccountID
  ) throws -> (key: RecordKey, conversation: ConversationID) {
    let conversation = try ConversationID(bytes: Array(VectorSeed.bytes("conversation")[..<16]))
    let epoch = ReadableEpoch(account: account, hash: opening.header.hash, epochSecret: opening.epochSecret)
    return (try epoch.recordKey(for: conversation), conversation)
  }

  var streamTag: StreamTag {
    get throws { try Self.recordKey(epoch.opening, account).key.tag }
  }

  /// A request without a caller.
  func request(
    _ operation: RelayOperation, query: String? = nil, body: [UInt8] = []
  ) -> RelayHTTPRequest {
    var request = RelayHTTPRequest(
      method: operation.method, path: operation.path(of: upload.blob), query: query, body: body)
    if let mediaType = operation.bodyMediaType { request.fields["Content-Type"] = mediaType }
    if !body.isEmpty { request.digestBody() }
    return request
  }

  /// A request about the account, signed.
  func signed(
    _ request: RelayHTTPRequest, by keys: DeviceKeys? = nil, about account: AccountID? = nil,
    over challenge: [UInt8]? = nil, for relay: CheckpointKey? = nil
  ) throws -> RelayHTTPRequest {
    var request = request
    request.name(account ?? self.account)
    try request.sign(
      by: keys ?? phone, for: (relay ?? self.relay).publicKey, over: challenge ?? self.challenge)
    return request
  }
}

/// A request, as a vector shows it.
enum ShownRequest {
  static func members(_ request: RelayHTTPRequest, by keys: DeviceKeys?) -> [String: Any] {
    var shown: [String: Any] = [
      "method": request.method, "path": request.path, "body": request.body.hex,
      "fields": request.fields.all.map { "\($0.name): \($0.value)" },
    ]
    shown["query"] = request.query
    if let keys, let signature = try? RequestSignature.all(in: request).first,
      let base = SignatureBase.bytes(of: request, covering: signature.parameters)
    {
      shown["signing_seed"] = keys.signingSeed.exportRawBytes().hex
      shown["signature_base"] = String(decoding: base, as: UTF8.self)
      shown["signature"] = signature.signature.hex
    }
    return shown
  }

  static func request(_ test: JSONCase) -> RelayHTTPRequest {
    var fields = HTTPFieldList()
    for line in test.texts("fields") {
      let parts = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
      fields.append(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
    return RelayHTTPRequest(
      method: test.text("method") ?? "", path: test.text("path") ?? "", query: test.text("query"),
      fields: fields, body: test.bytes("body"))
  }
}
