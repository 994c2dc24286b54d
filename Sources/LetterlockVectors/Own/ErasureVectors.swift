import CryptoCore
import Letterlock
import TLSCodec

/// Orders to erase the relay's copy of an account.
enum ErasureVectors: OwnVectorKind {
  static let name = "erasure"
  static let about =
    "Whether an order to erase everything holds at the log that `log` is. SPEC.md section 6.12."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let maker = try LogMaker()
    let (log, key) = (maker.log, try CheckpointKey(seed: VectorSeed.bytes("checkpoint key")))
    func checkpoint(
      _ head: LogHead, by key: CheckpointKey, of account: AccountID? = nil,
      at time: UInt64 = 1_700_000_300_000
    ) throws -> Checkpoint {
      try Checkpoint(
        account: account ?? log.account, treeSize: 5, treeRoot: HistoryTree().root, logHead: head, at: time,
        by: key)
    }
    let newest = try checkpoint(log.head, by: key)
    let time = Timestamp(nanosecondsSince1970: 1_700_000_300_000_000_000)
    let good = try AccountErasure(of: newest, at: time, by: maker.laptop)
    let older = try checkpoint(log.heads[0], by: key)
    let unsigned = try checkpoint(log.head, by: try CheckpointKey(seed: VectorSeed.bytes("another relay")))
    let foreign = try checkpoint(log.head, by: key, of: AccountID(unchecked: VectorSeed.bytes("account")))
    let orders: [(String, AccountErasure)] = [
      ("an order", good),
      ("at an older head", try AccountErasure(of: older, at: time, by: maker.laptop)),
      ("a checkpoint of another relay", try AccountErasure(of: unsigned, at: time, by: maker.laptop)),
      ("another account", try AccountErasure(of: foreign, at: time, by: maker.laptop)),
      ("by a removed device", try AccountErasure(of: newest, at: time, by: maker.tablet)),
    ]
    var cases: [[String: Any]] = try orders.map { name, order in
      ["name": name, "erasure": order.encoded.hex, "valid": try holds(order, in: log)]
    }
    guard try holds(good, in: log) else { throw TLSError.invalidValue }
    let bytes = good.encoded
    for (name, place) in [
      ("its device", 1), ("its checkpoint", 40), ("its time", 214), ("its signature", 300),
    ] {
      cases.append(["name": "\(name) altered", "erasure": bytes.flipping(place).hex, "valid": false])
    }
    cases += try completedCases(maker, good, at: time)
    return (
      [
        "account": log.account.bytes.hex, "log": maker.entries.map { $0.encoded.hex },
        "log_head": log.head.bytes.hex, "checkpoint_key": key.publicKey.hex,
        "signing_keys": maker.laptop.signingKeys.bytes.hex,
      ], cases
    )
  }

  /// Orders that took effect, this long after the order.
  private static func completedCases(
    _ maker: LogMaker, _ good: AccountErasure, at time: Timestamp
  ) throws -> [[String: Any]] {
    let byRecovery = try AccountErasure(of: good.checkpoint, at: time, by: maker.thirdRecovery)
    let wait = CompletedErasure.coolingOff
    let stranger = try CheckpointKey(seed: VectorSeed.bytes("another relay"))
    let completed: [(String, AccountErasure, Checkpoint)] = [
      ("72 hours later", good, try maker.checkpoint(milliseconds: wait)),
      ("at once by the recovery device", byRecovery, try maker.checkpoint()),
      ("a millisecond too soon", good, try maker.checkpoint(milliseconds: wait - 1)),
      ("a last checkpoint of another relay", good, try maker.checkpoint(milliseconds: wait, by: stranger)),
      ("a last checkpoint of an older head", good, try maker.checkpoint(after: 1, milliseconds: wait)),
    ]
    return try completed.map { name, order, final in
      let completed = CompletedErasure(order: order, final: final)
      return [
        "name": name, "completed": completed.encoded.hex, "valid": try holds(completed, in: maker.log),
      ]
    }
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let entries = try file.texts("log").map { try LogEntry(decoding: Hex.decode($0) ?? []) }
    let log = try AccountLog(account: AccountID(unchecked: file.bytes("account")), replaying: entries)
    if test.text("completed") != nil {
      let completed = try CompletedErasure(decoding: test.bytes("completed"))
      return try holds(completed, in: log) == test.flag("valid")
    }
    let order = try? AccountErasure(decoding: test.bytes("erasure"))
    return try (order.map { try holds($0, in: log) } ?? false) == test.flag("valid")
  }

  private static func holds(_ completed: CompletedErasure, in log: AccountLog) throws -> Bool {
    do throws(ErasureRefusal) {
      try completed.check(against: log)
      return true
    } catch { return false }
  }

  private static func holds(_ order: AccountErasure, in log: AccountLog) throws -> Bool {
    do throws(ErasureRefusal) {
      try order.check(against: log)
      return true
    } catch { return false }
  }
}
