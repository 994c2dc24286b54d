import CryptoCore
import Letterlock
import TLSCodec

/// A log with every kind of entry, and entries that no log takes.
enum AccountVectors: OwnVectorKind {
  static let name = "account"
  static let about =
    "`log` is a valid log. A case gives an entry to append after the first `after` entries: `error` names the rule that it breaks. SPEC.md sections 3.3 and 3.4."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let maker = try LogMaker()
    var cases = try [
      ("the whole log", maker.entries.count), ("an announcement by vote", 9),
      ("a completed announcement", 10),
      ("an announcement without votes", 13), ("a cancelled announcement", 14),
    ].map { try state($0, after: $1, of: maker) }
    cases.append(
      try state(
        "a recovery without links", after: maker.entries.count, of: maker, then: maker.unlinkedRecovery()))
    for wrong in try maker.wrongEntries() {
      let before = Array((wrong.log ?? maker.entries)[..<wrong.after]) + wrong.then
      var log = try AccountLog(create: before[0])
      for entry in before.dropFirst() { try log.append(entry) }
      guard let error = refusal(of: wrong.encoded, by: &log) else { throw WronglyTaken(name: wrong.name) }
      var test: [String: Any] = [
        "name": wrong.name, "after": wrong.after, "valid": false, "entry": wrong.encoded.hex, "error": error,
      ]
      if !wrong.then.isEmpty { test["then"] = wrong.then.map { $0.encoded.hex } }
      if let other = wrong.log {
        test["account"] = log.account.bytes.hex
        test["log"] = other.map { $0.encoded.hex }
      }
      cases.append(test)
    }
    return (
      [
        "account": maker.log.account.bytes.hex,
        "log": maker.entries.map { $0.encoded.hex },
      ], cases
    )
  }

  private static func state(
    _ name: String, after count: Int, of maker: LogMaker, then entries: [LogEntry] = []
  ) throws -> [String: Any] {
    let log = try AccountLog(
      account: maker.log.account, replaying: Array(maker.entries[..<count]) + entries)
    var test: [String: Any] = [
      "name": name, "after": count, "valid": true, "head": log.head.bytes.hex,
      "active": log.activeDevices.map { $0.bytes.hex }, "recovery": log.recoveryDevice.bytes.hex,
      "approvers": log.approvers.sorted().map { $0.bytes.hex },
      "epochs": log.epochs.map { $0.hash.bytes.hex },
    ]
    if !entries.isEmpty { test["then"] = entries.map { $0.encoded.hex } }
    if let announcement = log.announcement { test["announcement"] = announcement.head.bytes.hex }
    return test
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    let owner = test.texts("log").isEmpty ? file : test
    let entries = owner.texts("log").prefix(test.number("after") ?? 0) + test.texts("then")
    var log = try AccountLog(
      account: AccountID(unchecked: owner.bytes("account")),
      replaying: entries.map { try LogEntry(decoding: Hex.decode($0) ?? []) })
    if test.flag("valid") == true {
      return log.head.bytes == test.bytes("head")
        && log.activeDevices.map { $0.bytes.hex } == test.texts("active")
        && log.recoveryDevice.bytes == test.bytes("recovery")
        && log.announcement?.head.bytes.hex == test.text("announcement")
        && log.approvers.sorted().map { $0.bytes.hex } == test.texts("approvers")
        && log.epochs.map { $0.hash.bytes.hex } == test.texts("epochs")
    }
    let head = log.head
    return refusal(of: test.bytes("entry"), by: &log) == test.text("error") ?? "" && log.head == head
  }

  /// The rule that an entry breaks; nil if the log takes it.
  private static func refusal(of entry: [UInt8], by log: inout AccountLog) -> String? {
    do throws(AccountLogError) {
      try log.append(try Self.entry(entry))
      return nil
    } catch { return "\(error)".prefix { $0 != "(" }.description }
  }

  private static func entry(_ bytes: [UInt8]) throws(AccountLogError) -> LogEntry {
    do throws(TLSError) { return try LogEntry(decoding: bytes) } catch { throw .malformed(error) }
  }
}

/// A negative case that holds.
struct WronglyTaken: Error {
  let name: String
}
