import CryptoCore
import Letterlock
import TLSCodec

/// Appends: signature, chain and leaf hashes.
enum AppendVectors: OwnVectorKind {
  static let name = "append"
  static let about =
    "An Append by `signing_keys` over `records`: its hash, and whether the signature, the leaves' number and root, and the places that it erases hold. SPEC.md section 5.3."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let keys = try TestKeys.keys("author")
    let account = AccountID(unchecked: VectorSeed.bytes("account"))
    let head = LogHead(unchecked: VectorSeed.bytes("head"))
    let records = [300, 16_384, 57].map { VectorSeed.bytes("record \($0)", count: $0) }
    let zero = Digest32(unchecked: [UInt8](repeating: 0, count: 32))
    let relay = try ReceiptKey(seed: VectorSeed.bytes("relay"))
    let receipt = try Receipt(
      account: account, treeSize: 3, treeRoot: Digest32(unchecked: VectorSeed.bytes("root")), logHead: head,
      by: relay)
    let first = try Append(
      of: records, by: keys, account: account, logHead: head, counter: 1, previous: zero, basis: nil)
    let second = try Append(
      of: [records[2]], by: keys, account: account, logHead: head, counter: 7, previous: first.hash,
      basis: receipt)
    let third = try Append(
      of: [records[2]], erasing: [0, 2], by: keys, account: account, logHead: head, counter: 8,
      previous: second.hash, basis: receipt)

    let many = (0..<1000).map { VectorSeed.bytes("record \($0)", count: $0 % 5) }
    let thousand = try Append(
      of: many, by: keys, account: account, logHead: head, counter: 9, previous: third.hash, basis: receipt)

    func test(
      _ name: String, _ append: [UInt8], _ records: [[UInt8]], erasing places: [UInt64] = [], valid: Bool,
      account signedFor: AccountID? = nil
    ) -> [String: Any] {
      [
        "name": name, "account": (signedFor ?? account).bytes.hex, "append": append.hex,
        "records": records.map(\.hex), "erasures": places, "valid": valid,
        "hash": ((try? Append(decoding: append))?.hash ?? zero).bytes.hex,
      ]
    }
    let bytes = first.encoded
    var swapped = records
    swapped.swapAt(0, 2)
    let cases = [
      test("the first", bytes, records, valid: true),
      test("the next", second.encoded, [records[2]], valid: true),
      test("one that erases", third.encoded, [records[2]], erasing: [0, 2], valid: true),
      test("it erases other places", third.encoded, [records[2]], erasing: [0, 1], valid: false),
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
      test("the basis altered", second.encoded.flipping(150), [records[2]], valid: false),
      test("the signature altered", bytes.flipping(bytes.count - 1), records, valid: false),
      test("cut", Array(bytes.dropLast()), records, valid: false),
    ]
    return (["signing_keys": keys.signingKeys.bytes.hex], cases)
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let keys = SigningKeys(unchecked: file.bytes("signing_keys"))
    let records = test.texts("records").map { Hex.decode($0) ?? [] }
    guard let append = try? Append(decoding: test.bytes("append")) else {
      return test.flag("valid") == false
    }
    let leaves = LeafHashes(of: records, device: append.device, counter: append.counter)
    let isValid =
      append.isSigned(by: keys, account: AccountID(unchecked: test.bytes("account")))
      && append.device == keys.deviceID && Int(append.leafCount) == records.count
      && append.leafRoot == leaves.root
      && append.erasuresHash == Append.hash(of: test.numbers("erasures").map(UInt64.init))
    return isValid == test.flag("valid") && append.hash.bytes == test.bytes("hash")
  }
}
