import CryptoCore
import Letterlock
import TLSCodec

/// Lengths and their padded lengths.
enum PaddingVectors: OwnVectorKind {
  static let name = "padding"
  static let about = "The length that a length is padded to. SPEC.md section 10.7."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let lengths: [UInt64] = [
      0, 1, 255, 256, 257, 264, 265, 300, 511, 512, 513, 1000, 4097, 16_384, 16_385, 65_537, 1_000_000,
      16_777_216, 16_777_217, 5_000_000_001,
    ]
    return (
      [:],
      lengths.map {
        ["name": "\($0)", "length": $0, "padded": Padding.attachmentByteCount($0)]
      }
    )
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    guard let length = test.number("length"), let padded = test.number("padded") else { return false }
    return Padding.attachmentByteCount(UInt64(length)) == UInt64(padded)
  }
}

/// Merkle trees and checkpoints.
enum TreeVectors: OwnVectorKind {
  static let name = "tree"
  static let about =
    "`tree`: the root over leaves, and the tree as a device keeps it. `checkpoint`: whether the relay signed it. SPEC.md sections 6.1 and 6.2."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    var cases: [[String: Any]] = []
    for size in [0, 1, 2, 3, 4, 7, 8, 9, 31] {
      let leaves = (0..<size).map { VectorSeed.bytes("leaf \($0)", count: $0 * 3) }
      let tree = Self.tree(leaves)
      cases.append([
        "name": "\(size) leaves", "type": "tree", "leaves": leaves.map(\.hex), "root": tree.root.bytes.hex,
        "tree": tree.encoded.hex,
      ])
    }
    let key = try CheckpointKey(seed: VectorSeed.bytes("checkpoint key"))
    let checkpoint = try Checkpoint(
      account: AccountID(unchecked: VectorSeed.bytes("account")), treeSize: 3,
      treeRoot: Digest32(unchecked: VectorSeed.bytes("tree root")),
      logHead: LogHead(unchecked: VectorSeed.bytes("head")), at: 1_700_000_000_000, by: key
    ).encoded
    let altered = [
      ("a checkpoint", checkpoint, true), ("its account altered", checkpoint.flipping(1), false),
      ("its size altered", checkpoint.flipping(40), false),
      ("its root altered", checkpoint.flipping(41), false),
      ("its head altered", checkpoint.flipping(73), false),
      ("its time altered", checkpoint.flipping(112), false),
      ("its signature altered", checkpoint.flipping(checkpoint.count - 2), false),
    ]
    for (name, bytes, isValid) in altered {
      cases.append(["name": name, "type": "checkpoint", "checkpoint": bytes.hex, "valid": isValid])
    }
    return (["checkpoint_key": key.publicKey.hex], cases)
  }

  private static func tree(_ leaves: [[UInt8]]) -> HistoryTree {
    var tree = HistoryTree()
    for leaf in leaves { tree.append(HistoryTree.leafHash(leaf)) }
    return tree
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    if test.text("type") == "checkpoint" {
      let checkpoint = try Checkpoint(decoding: test.bytes("checkpoint"))
      return checkpoint.isSigned(by: file.bytes("checkpoint_key")) == test.flag("valid")
    }
    let tree = tree(test.texts("leaves").map { Hex.decode($0) ?? [] })
    return tree.root.bytes == test.bytes("root") && tree.encoded == test.bytes("tree")
  }
}

/// Safety numbers and codes.
enum SafetyVectors: OwnVectorKind {
  static let name = "safety"
  static let about = "The digits of two accounts, and the code that one device shows. SPEC.md section 10.9."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let key = try CheckpointKey(seed: VectorSeed.bytes("checkpoint key"))
    let checkpoint = try Checkpoint(
      account: AccountID(unchecked: VectorSeed.bytes("ann")), treeSize: 3,
      treeRoot: Digest32(unchecked: VectorSeed.bytes("tree root")),
      logHead: LogHead(unchecked: VectorSeed.bytes("1")), at: 1_700_000_000_000, by: key)
    let pairs = [("ann", "bob", nil), ("bob", "ann", nil), ("ann", "ann", checkpoint)]
    var cases: [[String: Any]] = pairs.map { own, peer, checkpoint in
      let (first, second) = (VectorSeed.bytes(own), VectorSeed.bytes(peer))
      let code = SafetyCode(
        ownAccount: AccountID(unchecked: first), ownLogHead: LogHead(unchecked: VectorSeed.bytes("1")),
        peerAccount: AccountID(unchecked: second), peerLogHead: LogHead(unchecked: VectorSeed.bytes("2")),
        checkpoint: checkpoint)
      var test: [String: Any] = [
        "name": "\(own) and \(peer)", "own_account": first.hex, "own_log_head": code.ownLogHead.bytes.hex,
        "peer_account": second.hex, "peer_log_head": code.peerLogHead.bytes.hex,
        "digits": code.number.digits, "code": code.encoded.hex, "valid": true,
      ]
      if let checkpoint { test["checkpoint"] = checkpoint.encoded.hex }
      return test
    }
    let stranger = try SafetyCode(decoding: Hex.decode("\(cases[0]["code"] ?? "")") ?? [])
    cases.append([
      "name": "a checkpoint for another person", "valid": false,
      "code": (stranger.encoded.dropLast() + [1] + checkpoint.encoded).hex,
    ])
    return ([:], cases)
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    guard test.flag("valid") == true else { return (try? SafetyCode(decoding: test.bytes("code"))) == nil }
    let code = SafetyCode(
      ownAccount: AccountID(unchecked: test.bytes("own_account")),
      ownLogHead: LogHead(unchecked: test.bytes("own_log_head")),
      peerAccount: AccountID(unchecked: test.bytes("peer_account")),
      peerLogHead: LogHead(unchecked: test.bytes("peer_log_head")),
      checkpoint: try test.text("checkpoint").map { _ in try Checkpoint(decoding: test.bytes("checkpoint")) })
    return code.number.digits == test.text("digits") && code.encoded == test.bytes("code")
  }
}
