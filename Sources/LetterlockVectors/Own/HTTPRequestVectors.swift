import CryptoCore
import Letterlock
import LetterlockHTTPFormat
import TLSCodec

/// Requests over HTTP: what is signed, and what a relay answers.
enum HTTPRequestVectors: OwnVectorKind {
  static let name = "http-request"
  static let about =
    "Requests of devices to the relay of `checkpoint_seed` at the time `now`, in order: the valid ones make an account and use it; each of the others is answered with the problem of this name. SPEC.md sections 13.1 to 13.4."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let maker = try HTTPRequestMaker()
    let operations = try self.operations(maker) + variants(maker)
    var cases = operations.map { name, request, keys, status in
      ShownRequest.members(request, by: keys).merging(["name": name, "status": status, "valid": true]) { $1 }
    }
    // Before everything is erased.
    let last = cases.removeLast()
    cases += try WrongHTTPRequests(maker: maker).all().map { name, request, problem in
      ShownRequest.members(request, by: nil).merging(
        ["name": name, "status": problem.status, "problem": problem.name, "valid": false]) { $1 }
    }
    let shared: [String: Any] = [
      "checkpoint_seed": maker.relay.exportSeed().hex, "checkpoint_key": maker.relay.publicKey.hex,
      "relay": RequestAuthentication.relayHash(of: maker.relay.publicKey).hex,
      "account": maker.account.bytes.hex, "now": HTTPRequestMaker.time, "challenge": maker.challenge.hex,
    ]
    return (shared, cases + [last])
  }

  private typealias Shown = (name: String, request: RelayHTTPRequest, keys: DeviceKeys?, status: Int)

  /// Every operation, in an order in which a relay carries all of them out; the last erases everything.
  private static func operations(_ maker: HTTPRequestMaker) throws -> [Shown] {
    try accountOperations(maker) + historyOperations(maker) + blobOperations(maker)
  }

  private static func accountOperations(_ maker: HTTPRequestMaker) throws -> [Shown] {
    let create = EntryRequest(entry: maker.maker.entries[0], wraps: maker.maker.openings[0].wraps)
    let entry = EntryRequest(entry: maker.epoch.entry, wraps: maker.epoch.opening.wraps)
    let asked = RecoveryRequest(signingKeys: maker.recovery.signingKeys)
    let mailbox = MailboxID(unchecked: VectorSeed.bytes("mailbox"))
    let post = PostRequest(mailbox: mailbox, message: Opaque(Array("an offer".utf8)))
    let (phone, recovery) = (maker.phone, maker.recovery)
    func own(_ operation: RelayOperation, query: String? = nil, body: [UInt8] = []) throws -> RelayHTTPRequest
    {
      try maker.signed(maker.request(operation, query: query, body: body))
    }
    return [
      ("checkpointKey", maker.request(.checkpointKey), nil, 200),
      ("createAccount", maker.request(.createAccount, body: create.encoded), nil, 204),
      (
        "account(recoveredBy:)",
        try maker.signed(
          maker.request(.recoveredAccount, body: asked.encoded), by: recovery, about: AccountID.none),
        recovery,
        200
      ),
      ("logEntries", try own(.logEntries, query: "from=0"), phone, 200),
      ("appendLogEntry", try own(.appendLogEntry, body: entry.encoded), phone, 204),
      ("hold", try maker.signed(maker.request(.hold), by: recovery), recovery, 200),
      ("release", try maker.signed(maker.request(.release), by: recovery), recovery, 204),
      ("wrap", try own(.wrap, query: "epoch=1"), phone, 200),
      ("usage", try own(.usage), phone, 200),
      ("pendingErasure", try own(.pendingErasure), phone, 200),
      ("post", maker.request(.post, body: post.encoded), nil, 204),
      ("messages(in:)", maker.request(.messages, body: mailbox.encoded), nil, 200),
    ]
  }

  private static func historyOperations(_ maker: HTTPRequestMaker) throws -> [Shown] {
    let batch = BatchRequest(signedBatch: maker.batch.signed, records: maker.batch.records, erasures: [])
    let question = StreamQuery(tags: [try maker.streamTag], before: 1, limit: 10, knownSize: 0)
    let lost = LostPartRequest(
      signingKeys: maker.phone.signingKeys,
      part: LostPart(entries: [], batches: [maker.stored.batch], checkpoint: maker.checkpoint))
    let requests: [(String, RelayHTTPRequest)] = [
      ("append", maker.request(.append, body: batch.encoded)),
      ("history", maker.request(.history, query: "from=0&bytes=65536")),
      ("newestRecords", maker.request(.newestRecords, body: question.encoded)),
      ("newestStreams", maker.request(.newestStreams, query: "before=1&limit=10&known=0")),
      ("takeBack", maker.request(.takeBack, body: lost.encoded)),
      ("events", maker.request(.events)),
    ]
    return try requests.map { ($0, try maker.signed($1), maker.phone, 200) }
  }

  private static func blobOperations(_ maker: HTTPRequestMaker) throws -> [Shown] {
    let removal = try BlobRemoval(
      of: [maker.upload.blob], knownCheckpoint: maker.checkpoint, by: maker.phone, account: maker.account)
    let requests: [(String, RelayHTTPRequest, Int)] = [
      ("beginBlob", maker.request(.beginBlob, body: maker.upload.encoded), 200),
      ("writeBlob", maker.request(.writeBlob, query: "offset=0", body: maker.bytes), 204),
      ("blob", maker.request(.blob), 200),
      ("readBlob", maker.request(.readBlob), 200),
      ("blobs", maker.request(.blobs), 200),
      ("blobs, after one", maker.request(.blobs, query: "after=" + maker.upload.blob.bytes.hex), 200),
      ("removeBlobs", maker.request(.removeBlobs, body: removal.encoded), 204),
    ]
    return try requests.map { ($0, try maker.signed($1), maker.phone, $2) }
  }

  /// What a request may have besides; and at the end the order that erases everything.
  private static func variants(_ maker: HTTPRequestMaker) throws -> [Shown] {
    let usage = maker.request(.usage)
    let (old, early) = (HTTPRequestMaker.time - 300_000, HTTPRequestMaker.time + 60_000)
    var beside = try maker.signed(usage)
    beside.fields["Signature-Input"]? += ", proxy=(\"@method\");tag=\"a proxy\""
    beside.fields["Signature"]? += ", proxy=:AAAA:"
    var digests = maker.request(.beginBlob, body: maker.upload.encoded)
    digests.fields["Content-Digest"] = "sha-512=:AAAA:, " + ContentDigest.value(of: digests.body)
    var needless = maker.request(.checkpointKey)
    needless.fields["Signature-Input"] = "letterlock=(\"@method\");tag=\"letterlock/1\""
    needless.fields["Signature"] = "letterlock=:AAAA:"
    let order = try AccountErasure(of: maker.checkpoint, at: HTTPRequestMaker.now, by: maker.recovery)
    let erase = maker.request(.eraseAccount, body: order.encoded)
    return [
      ("a challenge of 5 minutes ago", try over(old, usage, maker), maker.phone, 200),
      ("a challenge of a minute to come", try over(early, usage, maker), maker.phone, 200),
      ("components in another order, and more parameters", try reordered(usage, maker), maker.phone, 200),
      ("a signature with another tag beside", beside, maker.phone, 200),
      ("a digest by another algorithm beside", try maker.signed(digests), maker.phone, 200),
      ("a signature of what anyone may ask", needless, nil, 200),
      ("eraseAccount", try maker.signed(erase, by: maker.recovery), maker.recovery, 200),
    ]
  }

  private static func over(
    _ time: UInt64, _ request: RelayHTTPRequest, _ maker: HTTPRequestMaker
  ) throws -> RelayHTTPRequest {
    try maker.signed(request, over: maker.challenges.challenge(at: HTTPRequestMaker.timestamp(time)))
  }

  private static func reordered(
    _ request: RelayHTTPRequest, _ maker: HTTPRequestMaker
  ) throws -> RelayHTTPRequest {
    var request = try maker.signed(request)
    let parameters = FieldInnerList(
      RequestAuthentication.components.reversed().map { FieldItem(.string($0)) },
      [
        FieldParameter("tag", .string("letterlock/1")), FieldParameter("created", .integer(1)),
        FieldParameter("expires", .integer(2)), FieldParameter("alg", .string("ed25519")),
        FieldParameter("keyid", .string(maker.phone.deviceID.description)),
        FieldParameter("nonce", .string("a\"b\\c")),
      ])
    guard let base = SignatureBase.bytes(of: request, covering: parameters) else {
      throw TLSError.invalidValue
    }
    let signature = try maker.phone.signRequest(base).bytes
    RequestSignature(label: "sig1", parameters: parameters, signature: signature).put(into: &request)
    return request
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let relay = try CheckpointKey(seed: file.bytes("checkpoint_seed"))
    let judge = try HTTPRequestJudge(
      relay: relay, account: AccountID(bytes: file.bytes("account")),
      now: HTTPRequestMaker.timestamp(UInt64(file.number("now") ?? 0)), log: file.list("cases"))
    guard relay.publicKey == file.bytes("checkpoint_key"), judge.relayHash == file.bytes("relay"),
      judge.challenge == file.bytes("challenge")
    else { return false }
    let request = ShownRequest.request(test)
    let problem = judge.problem(of: request)
    guard test.flag("valid") == true else {
      return problem != nil && problem?.name == test.text("problem")
        && problem?.status == test.number("status")
    }
    guard problem == nil else { return false }
    return try test.has("signature") ? isSigned(request, test) : !test.has("signature_base")
  }

  private static func isSigned(_ request: RelayHTTPRequest, _ test: JSONCase) throws -> Bool {
    let keys = try TestKeys.keys(signingSeed: test.bytes("signing_seed"))
    let signature = try RequestSignature.all(in: request).first
    guard let signature, let base = SignatureBase.bytes(of: request, covering: signature.parameters) else {
      return false
    }
    let again = try keys.signRequest(base).bytes
    return String(decoding: base, as: UTF8.self) == test.text("signature_base")
      && signature.signature == test.bytes("signature") && again == test.bytes("signature")
  }
}
