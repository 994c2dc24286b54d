import CryptoCore
import Letterlock
import TLSCodec

/// Signed batches: signature, chain and leaf hashes.
enum SignedBatchVectors: OwnVectorKind {
  static let name = "signed-batch"
  static let about =
    "A signed batch by `signing_keys` over `records`: its hash, and whether the signature, the leaves' number and root, and the leaf indices that it erases hold. SPEC.md section 5.3."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let keys = try TestKeys.keys("author")
    let account = AccountID(unchecked: VectorSeed.bytes("account"))
    let head = LogHead(unchecked: VectorSeed.bytes("head"))
    let records = [300, 16_384, 57].map { VectorSeed.bytes("record \($0)", count: $0) }
    let zero = Digest32(unchecked: [UInt8](repeating: 0, count: 32))
    let relay = try CheckpointKey(seed: VectorSeed.bytes("relay"))
    let checkpoint = try Checkpoint(
      account: account, treeSize: 3, treeRoot: Digest32(unchecked: VectorSeed.bytes("root")), logHead: head,
      at: 1_700_000_000_000, by: relay)
    let first = try SignedBatch(
      of: records, by: keys, account: account, logHead: head, counter: 1,
      previous: zero, knownCheckpoint: nil)
    let second = try SignedBatch(
      of: [records[2]], by: keys, account: account, logHead: head, counter: 7, previous: first.hash,
      knownCheckpoint: checkpoint)
    let third = try SignedBatch(
      of: [records[2]], erasing: [0, 2], by: keys, account: account, logHead: head, counter: 8,
      previous: second.hash, knownCheckpoint: checkpoint)

    let many = (0..<1000).map { VectorSeed.bytes("record \($0)", count: $0 % 5) }
    let thousand = try SignedBatch(
      of: many, by: keys, account: account, logHead: head, counter: 9, previous: third.hash,
      knownCheckpoint: checkpoint)

    func test(
      _ name: String, _ signedBatch: [UInt8], _ records: [[UInt8]], erasing leaves: [UInt64] = [],
      valid: Bool, account signedFor: AccountID? = nil
    ) -> [String: Any] {
      [
        "name": name, "account": (signedFor ?? account).bytes.hex, "signed_batch": signedBatch.hex,
        "records": records.map(\.hex), "erasures": leaves, "valid": valid,
        "hash": ((try? SignedBatch(decoding: signedBatch))?.hash ?? zero).bytes.hex,
      ]
    }
    let bytes = first.encoded
    var swapped = records
    swapped.swapAt(0, 2)
    let cases = [
      test("the first", bytes, records, valid: true),
      test("the next", second.encoded, [records[2]], valid: true),
      test("one that erases", third.encoded, [records[2]], erasing: [0, 2], valid: true),
      test("it erases other leaf indices", third.encoded, [records[2]], erasing: [0, 1], valid: false),
      test("it erases nothing", third.encoded, [records[2]], valid: false),
      test("a thousand", thousand.encoded, many, valid: true),
      test(
        "another account", bytes, records, valid: false, account: AccountID(unchecked: VectorSeed.bytes("x"))),
      test("records in another order", bytes, swapped, valid: false),
      test("a record is missing", bytes, Array(records[..<2]), valid: false),
      test("a record altered", bytes, [records[0].flipping(299)] + records[1...], valid: false),
      test("the log head altered", bytes.flipping(1), records, valid: false),
      test("the counter altered", bytes.flipping(72), records, valid: false),
      test("the number of leaves altered", bytes.flipping(107), records, valid: false),
      test("the leaves' root altered", bytes.flipping(109), records, valid: false),
      test("the known checkpoint altered", second.encoded.flipping(150), [records[2]], valid: false),
      test("the signature altered", bytes.flipping(bytes.count - 1), records, valid: false),
      test("cut", Array(bytes.dropLast()), records, valid: false),
    ]
    return (["signing_keys": keys.signingKeys.bytes.hex], cases)
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let keys = SigningKeys(unchecked: file.bytes("signing_keys"))
    let records = test.texts("records").map { Hex.decode($0) ?? [] }
    guard let signedBatch = try? SignedBatch(decoding: test.bytes("signed_batch")) else {
      return test.flag("valid") == false
    }
    let leaves = LeafHashes(of: records, device: signedBatch.device, counter: signedBatch.counter)
    let isValid =
      signedBatch.isSigned(by: keys, account: AccountID(unchecked: test.bytes("account")))
      && signedBatch.device == keys.deviceID && Int(signedBatch.leafCount) == records.count
      && signedBatch.leafRoot == leaves.root
      && signedBatch.erasuresHash == SignedBatch.hash(of: test.numbers("erasures").map(UInt64.init))
    return isValid == test.flag("valid") && signedBatch.hash.bytes == test.bytes("hash")
  }
}
