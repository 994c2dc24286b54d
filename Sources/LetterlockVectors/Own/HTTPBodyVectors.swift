import CryptoCore
import Letterlock
import LetterlockHTTPFormat
import TLSCodec

/// Bodies of requests and answers over HTTP.
enum HTTPBodyVectors: OwnVectorKind {
  static let name = "http-body"
  static let about =
    "Structures of requests and answers, whole and in their members, and what is none. SPEC.md sections 13.5 and 13.6."

  /// A structure in the presentation language, by its name in SPEC.md.
  private static let structures: [String: @Sendable ([UInt8]) throws -> [UInt8]] = [
    "EntryRequest": { try EntryRequest(decoding: $0).encoded },
    "RecoveryRequest": { try RecoveryRequest(decoding: $0).encoded },
    "BatchRequest": { try BatchRequest(decoding: $0).encoded },
    "LostPartRequest": { try LostPartRequest(decoding: $0).encoded },
    "PostRequest": { try PostRequest(decoding: $0).encoded },
    "BatchAnswer": { try BatchAnswer(decoding: $0).encoded },
    "StoredBatch": { try StoredBatch(decoding: $0).encoded },
    "HistoryAnswer": { try HistoryAnswer(decoding: $0).encoded },
    "ListedBlob": { try ListedBlob(decoding: $0).encoded },
    "RelayUsage": { try RelayUsage(decoding: $0).encoded },
  ]

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let samples = try HTTPBodySamples()
    let valid = try samples.requests() + samples.answers()
    var cases: [[String: Any]] = valid.map { name, structure, members in
      [
        "name": name, "structure": structure, "members": members.map(\.hex),
        "encoded": members.joined().map { $0 }.hex,
        "valid": true,
      ]
    }
    for (name, structure, members) in valid where name == structure {
      let bytes = Array(members.joined())
      cases.append(wrong("\(name), one byte too many", structure, bytes + [0]))
      cases.append(wrong("\(name), cut", structure, Array(bytes.dropLast())))
    }
    cases += try samples.wrong().map { wrong($0, $1, $2) }
    return ([:], cases)
  }

  private static func wrong(_ name: String, _ structure: String, _ bytes: [UInt8]) -> [String: Any] {
    ["name": name, "structure": structure, "encoded": bytes.hex, "valid": false]
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    guard let decode = structures[test.text("structure") ?? ""] else { return false }
    let bytes = test.bytes("encoded")
    guard test.flag("valid") == true else { return (try? decode(bytes)) == nil }
    return try decode(bytes) == bytes && test.texts("members").flatMap { Hex.decode($0) ?? [] } == bytes
  }
}

/// What the bodies hold: of one account, from fixed seeds.
struct HTTPBodySamples {
  /// A name, the name of a structure, and its members as they are encoded.
  typealias Sample = (name: String, structure: String, members: [[UInt8]])

  /// A name, the name of a structure, and bytes that are none.
  typealias Wrong = (name: String, structure: String, encoded: [UInt8])

  private let maker: HTTPRequestMaker

  init() throws { maker = try HTTPRequestMaker() }

  private static func vector(_ bytes: [UInt8]) -> [UInt8] { Opaque(bytes).encoded }
  private static let zero: [UInt8] = [0]

  private var entry: [UInt8] { maker.epoch.entry.encoded }
  private var wraps: [UInt8] { maker.epoch.opening.wraps.encoded }
  private var signed: [UInt8] { maker.batch.signed.encoded }
  private var record: [UInt8] { Self.vector(maker.batch.records[0]) }
  private var checkpoint: [UInt8] { maker.checkpoint.encoded }
  private var leaves: [UInt8] { maker.stored.batch.leafHashes.encoded }

  func requests() throws -> [Sample] {
    let keys = maker.phone.signingKeys.bytes
    let mailbox = VectorSeed.bytes("mailbox")
    let (erasures, one) = (Self.vector([UInt64(0), 7].flatMap(\.encoded)), UInt64(1).encoded)
    return [
      ("EntryRequest", "EntryRequest", [entry, wraps]),
      ("an EntryRequest without wraps", "EntryRequest", [entry, Self.zero]),
      ("RecoveryRequest", "RecoveryRequest", [keys]),
      ("BatchRequest", "BatchRequest", [signed, Self.vector(record), erasures]),
      (
        "a BatchRequest of 1000 records", "BatchRequest",
        [signed, Self.vector([UInt8](repeating: 0, count: 1000)), Self.zero]
      ),
      (
        "LostPartRequest", "LostPartRequest",
        [[1] + keys, Self.vector(entry), Self.vector(stored), checkpoint, one]
      ),
      (
        "a LostPartRequest without keys", "LostPartRequest",
        [Self.zero, Self.zero, Self.zero, checkpoint, one]
      ),
      ("PostRequest", "PostRequest", [mailbox, Self.vector(Array("an offer".utf8))]),
      (
        "a PostRequest of 64 bytes", "PostRequest",
        [mailbox, Self.vector(VectorSeed.bytes("offer", count: 64))]
      ),
    ]
  }

  private var stored: [UInt8] { storedMembers(records: [1] + record).joined().map { $0 } }

  private func storedMembers(records: [UInt8]) -> [[UInt8]] {
    [UInt64(0).encoded, signed, Self.zero, leaves, Self.vector(records)]
  }

  func answers() throws -> [Sample] {
    let proof = ConsistencyProof(
      oldSize: 1, newSize: 3, path: [Digest32(unchecked: VectorSeed.bytes("a node"))]
    ).encoded
    let usage = [UInt64(1), 1 << 40, 3, .max].map(\.encoded)
    return [
      ("BatchAnswer", "BatchAnswer", [[1] + UInt64(40_960).encoded, checkpoint]),
      ("a BatchAnswer for a SignedBatch that was there", "BatchAnswer", [Self.zero, checkpoint]),
      ("StoredBatch", "StoredBatch", storedMembers(records: [1] + record)),
      ("a StoredBatch whose record is absent", "StoredBatch", storedMembers(records: [0])),
      ("HistoryAnswer", "HistoryAnswer", [Self.vector(stored), checkpoint, [1] + proof]),
      ("a HistoryAnswer of nothing", "HistoryAnswer", [Self.zero, checkpoint, Self.zero]),
      ("ListedBlob", "ListedBlob", [maker.upload.encoded, [1]]),
      ("a ListedBlob that is not complete", "ListedBlob", [maker.upload.encoded, [0]]),
      ("RelayUsage", "RelayUsage", usage),
    ]
  }

  /// What a writer would not have written.
  func wrong() throws -> [Wrong] {
    let mailbox = VectorSeed.bytes("mailbox")
    func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }
    return [
      ("a length of 8 in 2 bytes", "PostRequest", joined(mailbox, [0x40, 8], Array("an offer".utf8))),
      ("a length of 8 in 4 bytes", "PostRequest", joined(mailbox, [0x80, 0, 0, 8], Array("an offer".utf8))),
      (
        "a length of 8 bytes", "PostRequest",
        joined(mailbox, [0xc0, 0, 0, 0, 0, 0, 0, 8], Array("an offer".utf8))
      ),
      ("a length that reaches past the end", "PostRequest", joined(mailbox, [9], Array("an offer".utf8))),
      (
        "wraps that are cut", "EntryRequest",
        joined(entry, Self.vector(Array(maker.epoch.opening.wraps[0].encoded.dropLast())))
      ),
      (
        "erasures of 7 bytes", "BatchRequest",
        joined(signed, Self.vector(record), Self.vector([UInt8](repeating: 0, count: 7)))
      ),
      (
        "a record whose length is not in its shortest form", "BatchRequest",
        joined(signed, Self.vector([0x40, 1, 9]), Self.zero)
      ),
      (
        "signing keys behind a 2", "LostPartRequest",
        joined([2] + maker.phone.signingKeys.bytes, Self.zero, Self.zero, checkpoint, UInt64(1).encoded)
      ),
      ("a first leaf behind a 2", "BatchAnswer", joined([2], UInt64(1).encoded, checkpoint)),
      ("a record behind a 2", "StoredBatch", storedMembers(records: [2] + record).joined().map { $0 }),
      (
        "leaf hashes of 31 bytes", "StoredBatch",
        joined(UInt64(0).encoded, signed, Self.zero, Self.vector([UInt8](repeating: 0, count: 31)), Self.zero)
      ),
      (
        "1001 records", "StoredBatch",
        storedMembers(records: [UInt8](repeating: 0, count: 1001)).joined().map { $0 }
      ),
      (
        "a ConsistencyProof behind a 2", "HistoryAnswer",
        joined(Self.zero, checkpoint, [2], UInt64(1).encoded, UInt64(3).encoded, Self.zero)
      ),
      ("is_complete of 2", "ListedBlob", joined(maker.upload.encoded, [2])),
      ("a Checkpoint of version 2", "BatchAnswer", joined(Self.zero, [2], Array(checkpoint.dropFirst()))),
      ("nothing", "RelayUsage", []),
    ]
  }
}
