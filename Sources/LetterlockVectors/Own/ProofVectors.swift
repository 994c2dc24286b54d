import CryptoCore
import Letterlock
import TLSCodec

/// Proofs about trees, evidence against a relay, and records without the rest of their signed batch.
enum ProofVectors: OwnVectorKind {
  static let name = "proof"
  static let about =
    "`inclusion`, `consistency` and `leaves`: whether a proof about a tree of `leaf_hashes` holds. `evidence`: whether two checkpoints convict a relay. `partial`: whether records are shown to be among those that the author, whose keys are `signing_keys`, signed for. SPEC.md sections 6.5, 6.6 and 6.9."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let hashes = (0..<70).map { HistoryTree.leafHash([UInt8($0)]) }
    var nodes = HistoryNodes()
    for hash in hashes { nodes.append(hash) }
    let cases =
      try inclusionCases(nodes, hashes) + consistencyCases(nodes) + leavesCases(nodes) + evidenceCases()
      + partialCases()
    return (
      [
        "leaf_hashes": hashes.map(\.bytes.hex),
        "signing_keys": try TestKeys.keys("author").signingKeys.bytes.hex,
        "account": VectorSeed.bytes("account").hex,
      ], cases
    )
  }

  private static func inclusionCases(
    _ nodes: HistoryNodes, _ hashes: [Digest32]
  ) throws -> [[String: Any]] {
    var cases: [[String: Any]] = []
    for (leaf, size) in [(0, 1), (0, 2), (1, 2), (2, 3), (4, 7), (0, 8), (7, 8), (8, 9), (63, 70), (69, 70)] {
      guard let proof = nodes.inclusionProof(of: UInt64(leaf), size: UInt64(size)),
        let root = nodes.root(at: UInt64(size))
      else { continue }
      func test(_ name: String, _ proof: [UInt8], size: Int, valid: Bool) -> [String: Any] {
        [
          "name": "leaf \(leaf) of \(size)\(name)", "type": "inclusion", "leaf": leaf, "size": size,
          "root": root.bytes.hex, "proof": proof.hex, "valid": valid,
        ]
      }
      cases.append(test("", proof.encoded, size: size, valid: true))
      // Only where one more leaf makes the path longer: elsewhere it may stand for the node that the path names.
      if leaf == size - 1 || size & (size - 1) == 0 {
        cases.append(test(", of a larger tree", proof.encoded, size: size + 1, valid: false))
      }
      cases.append(test(", another leaf index", proof.encoded.flipping(7, bit: 6), size: size, valid: false))
      if size > 1 {
        cases.append(
          test(", altered", proof.encoded.flipping(proof.encoded.count - 1), size: size, valid: false))
      }
    }
    return cases
  }

  private static func consistencyCases(_ nodes: HistoryNodes) throws -> [[String: Any]] {
    var cases: [[String: Any]] = []
    for (old, new) in [(1, 1), (1, 2), (2, 3), (3, 7), (4, 7), (6, 8), (8, 8), (8, 70), (37, 70), (64, 70)] {
      guard let proof = nodes.consistencyProof(from: UInt64(old), to: UInt64(new)),
        let oldRoot = nodes.root(at: UInt64(old)), let newRoot = nodes.root(at: UInt64(new))
      else { continue }
      func test(_ name: String, _ proof: [UInt8], _ oldRoot: Digest32, valid: Bool) -> [String: Any] {
        [
          "name": "\(old) to \(new)\(name)", "type": "consistency", "old_root": oldRoot.bytes.hex,
          "new_root": newRoot.bytes.hex, "proof": proof.hex, "valid": valid,
        ]
      }
      cases.append(test("", proof.encoded, oldRoot, valid: true))
      let other = Digest32(unchecked: VectorSeed.bytes("other"))
      cases.append(test(", another beginning", proof.encoded, other, valid: false))
      if !proof.path.isEmpty {
        cases.append(
          test(", altered", proof.encoded.flipping(proof.encoded.count - 3), oldRoot, valid: false))
      }
    }
    let nothing = ConsistencyProof(oldSize: 0, newSize: 1, path: [])
    cases.append([
      "name": "0 to 1", "type": "consistency", "old_root": HistoryTree().root.bytes.hex,
      "new_root": nodes.root(at: 1)?.bytes.hex ?? "", "proof": nothing.encoded.hex, "valid": false,
    ])
    return cases
  }

  private static func leavesCases(_ nodes: HistoryNodes) throws -> [[String: Any]] {
    var cases: [[String: Any]] = []
    for (leafIndices, size) in [
      ([0], 1), ([0, 1], 2), ([0, 2], 3), ([3, 4, 5], 7), ([5, 6, 60, 69], 70), ([68], 69),
    ] {
      guard let proof = nodes.leavesProof(of: leafIndices.map(UInt64.init), size: UInt64(size)),
        let root = nodes.root(at: UInt64(size))
      else { continue }
      func test(_ name: String, _ proof: [UInt8], _ leafIndices: [Int], valid: Bool) -> [String: Any] {
        [
          "name": "\(leafIndices) of \(size)\(name)", "type": "leaves", "leaf_indices": leafIndices,
          "size": size,
          "root": root.bytes.hex, "proof": proof.hex, "valid": valid,
        ]
      }
      cases.append(test("", proof.encoded, leafIndices, valid: true))
      let longer = try LeavesProof(decoding: proof.encoded).nodes.bytes + VectorSeed.bytes("more")
      if let hashes = LeafHashes(bytes: longer) {
        cases.append(test(", a hash too many", LeavesProof(nodes: hashes).encoded, leafIndices, valid: false))
      }
      if proof.nodes.count > 0 {
        cases.append(test(", altered", proof.encoded.flipping(3), leafIndices, valid: false))
        cases.append(test(", other leaf indices", proof.encoded, leafIndices.map { $0 + 1 }, valid: false))
      }
    }
    return cases
  }

  private static func evidenceCases() throws -> [[String: Any]] {
    let relay = try CheckpointKey(seed: VectorSeed.bytes("checkpoint key"))
    let maker = try LogMaker()
    guard let create = maker.entries.first else { return [] }
    let account = maker.log.account
    var (mine, others) = (HistoryNodes(), HistoryNodes())
    for index in UInt8(0)..<9 {
      mine.append(HistoryTree.leafHash([index]))
      others.append(HistoryTree.leafHash([index == 4 ? 99 : index]))
    }
    func checkpoint(_ nodes: HistoryNodes, _ size: UInt64, by key: CheckpointKey? = nil) throws -> Checkpoint
    {
      try Checkpoint(
        account: account, treeSize: size, treeRoot: nodes.root(at: size) ?? .zero,
        logHead: maker.log.heads[0], at: 1_700_000_000_000, by: key ?? relay)
    }
    func evidence(_ older: Checkpoint, _ newer: Checkpoint) -> RelayEvidence {
      RelayEvidence(
        create: create, older: older, newer: newer, beginning: mine.root(at: older.treeSize) ?? .zero,
        proof: mine.consistencyProof(from: older.treeSize, to: newer.treeSize)
          ?? ConsistencyProof(oldSize: 0, newSize: 0, path: []))
    }
    let stranger = try CheckpointKey(seed: VectorSeed.bytes("stranger"))
    let true1 = evidence(try checkpoint(others, 6), try checkpoint(mine, 9)).encoded
    return [
      ("two histories", true1, true),
      ("two of one size", evidence(try checkpoint(others, 9), try checkpoint(mine, 9)).encoded, true),
      ("one history", evidence(try checkpoint(mine, 6), try checkpoint(mine, 9)).encoded, false),
      ("before they part", evidence(try checkpoint(others, 4), try checkpoint(mine, 9)).encoded, false),
      (
        "another signer", evidence(try checkpoint(others, 6, by: stranger), try checkpoint(mine, 9)).encoded,
        false
      ),
      ("two histories, the proof altered", true1.flipping(true1.count - 1), false),
      ("two histories, cut", Array(true1.dropLast(32)), false),
    ].map { ["name": $0.0, "type": "evidence", "evidence": $0.1.hex, "valid": $0.2] }
  }

  private static func partialCases() throws -> [[String: Any]] {
    let keys = try TestKeys.keys("author")
    let records = (0..<20).map { VectorSeed.bytes("record \($0)", count: 10 + $0) }
    let signedBatch = try SignedBatch(
      of: records, by: keys, account: AccountID(unchecked: VectorSeed.bytes("account")),
      logHead: LogHead(unchecked: VectorSeed.bytes("head")), counter: 5,
      previous: Digest32(unchecked: VectorSeed.bytes("previous")), knownCheckpoint: nil)
    let hashes = LeafHashes(of: records, device: signedBatch.device, counter: signedBatch.counter)
    func part(_ indices: [Int]) -> PartialBatch? {
      PartialBatch(
        firstLeaf: 100, signedBatch: signedBatch, leafHashes: hashes,
        records: indices.map { PartialRecord(index: UInt16($0), bytes: records[$0]) })
    }
    guard let one = part([13]), let some = part([0, 7, 8, 19]), let all = part(Array(0..<20)) else {
      return []
    }
    let swapped = PartialBatch(
      firstLeaf: 100, signedBatch: signedBatch, records: [PartialRecord(index: 12, bytes: records[13])],
      proof: one.proof)
    let fewer = PartialBatch(
      firstLeaf: 100, signedBatch: signedBatch, records: Array(some.records.dropLast()), proof: some.proof)
    return [
      ("one record", one.encoded, true), ("some", some.encoded, true), ("all", all.encoded, true),
      ("another leaf index", swapped.encoded, false),
      ("one less than the proof is for", fewer.encoded, false),
      ("the record altered", one.encoded.flipping(250), false),
      ("the proof altered", one.encoded.flipping(one.encoded.count - 1), false),
      ("the signature altered", one.encoded.flipping(8 + 235), false),
    ].map { ["name": $0.0, "type": "partial", "batch": $0.1.hex, "valid": $0.2] }
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    (try? isValid(test, in: file)) ?? false == test.flag("valid")
  }

  private static func digest(_ name: String, of test: JSONCase) -> Digest32? {
    try? Digest32(decoding: test.bytes(name))
  }

  private static func isValid(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let hashes = file.texts("leaf_hashes").compactMap {
      Hex.decode($0).flatMap { try? Digest32(decoding: $0) }
    }
    let (size, root) = (UInt64(test.number("size") ?? 0), digest("root", of: test))
    switch test.text("type") {
    case "inclusion":
      let proof = try InclusionProof(decoding: test.bytes("proof"))
      guard proof.leaf == test.number("leaf").map(UInt64.init), proof.leaf < hashes.count, let root else {
        return false
      }
      return proof.holds(for: hashes[Int(proof.leaf)], size: size, root: root)
    case "consistency":
      guard let old = digest("old_root", of: test), let new = digest("new_root", of: test) else {
        return false
      }
      return try ConsistencyProof(decoding: test.bytes("proof")).holds(old: old, new: new)
    case "leaves":
      let leafIndices = test.numbers("leaf_indices")
      guard leafIndices.allSatisfy(hashes.indices.contains) else { return false }
      let leaves = leafIndices.map { (leaf: UInt64($0), hash: hashes[$0]) }
      return try LeavesProof(decoding: test.bytes("proof")).root(of: leaves, size: size) == root
    case "evidence":
      try RelayEvidence(decoding: test.bytes("evidence")).check()
      return true
    default:
      let part = try PartialBatch(decoding: test.bytes("batch"))
      let leaves = part.records.map {
        (
          leaf: UInt64($0.index),
          hash: SignedBatch.leafHash(
            of: $0.bytes, device: part.signedBatch.device, counter: part.signedBatch.counter)
        )
      }
      return part.signedBatch.isSigned(
        by: SigningKeys(unchecked: file.bytes("signing_keys")),
        account: AccountID(unchecked: file.bytes("account")))
        && part.proof.root(of: leaves, size: UInt64(part.signedBatch.leafCount)) == part.signedBatch.leafRoot
    }
  }
}
