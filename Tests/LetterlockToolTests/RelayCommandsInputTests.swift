#if Tool && HTTP && Server
import Foundation
import GRDB
import Testing

@Suite("letterlock-relay: every command with wrong input")
struct RelayCommandsInputTests {
  private let stores: RelayStores
  private let store: String
  private let account: String

  init() throws {
    stores = try RelayStores()
    store = try stores.archive("A")
    account = try stores.account(of: store)
    try stores.folder.write("content", to: "text")
    #expect(unsafe mkfifo(stores.folder.file("pipe"), 0o600) == 0)
    try stores.folder.copy(store, to: "newer.sqlite")
    try stores.change("newer.sqlite", "PRAGMA user_version = 99")
    try stores.succeed(store, "export-account", account, "--output", "moved")
  }

  @Test func `what is no store of a relay is refused in a sentence, and stays as it is`() throws {
    let before = try stores.folder.contents()
    let commands = [
      ["check"], ["accounts"], ["quota", account], ["quota", account, "5"], ["import-account", "moved"],
      ["export-account", account, "--output", "o"], ["unfreeze-account", account],
      ["backup", "--output", "o"],
    ]
    for wrong in ["none", "text", "pipe", "A", "A/store.sqlite", "newer.sqlite"] {
      for command in commands {
        let outcome = try RunningTool(
          command + ["--store", "sqlite:\(wrong)"], in: stores.folder.path,
          by: RunningTool.executable("letterlock-relay")
        ).outcome()
        let line = "\(command) \(wrong): \(outcome.errors)"
        #expect(outcome.exitCode == 1 && !outcome.wasKilled, "\(line)")
        #expect(outcome.errors.hasPrefix("letterlock-relay: ") && outcome.errors.hasSuffix(".\n"), "\(line)")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(line)")
        #expect(
          try stores.folder.contents().filter { !$0.key.hasSuffix("-shm") && !$0.key.hasSuffix("-wal") }
            == before.filter { !$0.key.hasSuffix("-shm") && !$0.key.hasSuffix("-wal") }, "\(line)")
      }
    }
  }

  @Test func `what is there is never overwritten, and what is no account is not taken in`() throws {
    let before = try stores.folder.contents().filter { !$0.key.contains(".sqlite") }
    let table: [(arguments: [String], exitCode: Int32)] = [
      (["export-account", account, "--output", "text"], 1),
      (["export-account", account, "--output", "pipe"], 1),
      (["export-account", account, "--output", "A"], 1),
      (["export-account", account, "--output", "none/o"], 1),
      (["export-account", "00000000", "--output", "o"], 1), (["export-account", "0", "--output", "o"], 64),
      (["export-account", account], 64), (["export-account", account, "--output", "-", "--json"], 64),
      (["backup", "--output", "text"], 1), (["backup", "--output", "pipe"], 1),
      (["backup", "--output", "A"], 1),
      (["backup", "--output", "none/o"], 1), (["backup"], 64),
      (["import-account", "text"], 1), (["import-account", "pipe"], 1), (["import-account", "A"], 1),
      (["import-account", "none"], 1), (["import-account", "moved"], 1), (["import-account", store], 1),
      (["import-account"], 64), (["quota"], 64), (["quota", account, "-5"], 64),
      (["quota", account, "much"], 64),
      (["quota", "00000000"], 1), (["quota", "zz"], 64), (["unfreeze-account", "00000000"], 1),
      (["accounts", "--sort", "name"], 64), (["check", "extra"], 64),
    ]
    for (arguments, exitCode) in table {
      let outcome = try RunningTool(
        arguments + ["--store", "sqlite:\(store)"], in: stores.folder.path,
        by: RunningTool.executable("letterlock-relay")
      ).outcome()
      #expect(outcome.exitCode == exitCode && !outcome.wasKilled, "\(arguments): \(outcome.errors)")
      #expect(
        exitCode == 64 || outcome.errors.hasPrefix("letterlock-relay: "), "\(arguments): \(outcome.errors)")
      #expect(try stores.folder.contents().filter { !$0.key.contains(".sqlite") } == before, "\(arguments)")
    }
    try stores.succeed(store, "check")
  }

  @Test func `the fields of JSON that docs/relay-commands.md lists are those that the commands print`() throws
  {
    let documented = try DocumentedFields(page: "docs/relay-commands.md").commands
    #expect(documented.count == 4)
    let printed = [
      "check": try stores.objects(stores.succeed(store, "check", "--json")),
      "accounts": try stores.objects(stores.succeed(store, "accounts", "--json")),
      "quota": try stores.objects(stores.succeed(store, "quota", account, "1000000", "--json")),
      "export-account": try stores.objects(
        stores.succeed(store, "export-account", account, "--output", "o", "--json")),
    ]
    // Those that an account has only in a state that this one is not in.
    let absent: [String: Set<String>] = [
      "accounts": ["quota", "heldUntil", "erasedAt", "movedAt", "damage"],
      // Only with `--mend`.
      "check": ["removedFiles"],
    ]
    for (command, objects) in printed {
      let fields = try #require(documented[command], "\(command)")
      let keys = objects.reduce(into: Set<String>()) { $0.formUnion($1.keys) }
      #expect(keys.union(absent[command, default: []]) == Set(fields.keys), "\(command)")
    }
  }
}
#endif
