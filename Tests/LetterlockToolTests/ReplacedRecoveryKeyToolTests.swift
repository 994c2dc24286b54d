#if Tool
import Foundation
import Letterlock
import LetterlockSQLite
import Testing

@Suite("The tool: a recovery key is checked before it is shown, or said to be the account's")
struct ReplacedRecoveryKeyToolTests {
  private let folder: ToolFolder

  /// The archives A and B of one account, whose recovery key is in `key`.
  init() throws {
    folder = try ToolFolder.withArchive()
    try folder.join("B", "--relay", "A")
    try folder.succeed("sync", "B")
  }

  /// Replaces the recovery key on A by the one in `second`, as a process does that ends before anyone has confirmed it.
  private func replaceUnconfirmed() async throws {
    let device = try folder.device("A")
    let second = try device.prepareRecoveryKey().reveal { $0 }
    try folder.write(second + "\n", to: "second")
    let old = try folder.text(of: "key")
    try await device.replaceRecoveryKey(try RecoveryKey.parse(old).key())
  }

  /// Nothing of the key in `second` comes out.
  private func expectNotShown(exitCode: Int32, _ words: String, at place: SourceLocation = #_sourceLocation)
    throws
  {
    let second = try folder.text(of: "second").trimmingCharacters(in: .newlines)
    for options in [[], ["--recovery-key-file", "shown"]] {
      let outcome = try folder.start(["recovery", "show", "A"] + options).outcome()
      #expect(outcome.exitCode == exitCode, "\(outcome.errors)", sourceLocation: place)
      #expect(outcome.errors.contains(words), "\(outcome.errors)", sourceLocation: place)
      #expect(outcome.output.isEmpty && !outcome.errors.contains(second), sourceLocation: place)
      #expect(!folder.exists("shown"), sourceLocation: place)
    }
  }

  @Test func `a key that nobody saw is shown while it counts, once`() async throws {
    try await replaceUnconfirmed()
    try folder.succeed("recovery", "show", "A", "--recovery-key-file", "shown")
    #expect(try folder.text(of: "shown") == folder.text(of: "second"))
    try folder.remove("shown")
    try expectNotShown(exitCode: 1, "No recovery key is on this device")
  }

  @Test func `a key that another device has replaced is not shown, and that is said`() async throws {
    try await replaceUnconfirmed()
    try folder.succeed(
      "recovery", "replace", "B", "--old-key-file", "second", "--recovery-key-file", "third", "--yes")
    let outcome = try folder.run("recovery", "show", "A", "--recovery-key-file", "shown")
    #expect(
      outcome.exitCode == 1 && outcome.errors.contains("The recovery key that was here counts no more"),
      "\(outcome.errors)")
    #expect(!folder.exists("shown") && outcome.output.isEmpty)
    try expectNotShown(exitCode: 1, "another one was put in its place")
    try folder.succeed("verify", "A", "--recovery-key-file", "third")
  }

  @Test func `a removed device shows no key, whether it knows it or not`() async throws {
    try await replaceUnconfirmed()
    let number = try folder.deviceNumber(of: "A")
    try folder.succeed("device", "remove", "B", number, "--yes")
    for _ in 0..<2 { try expectNotShown(exitCode: 2, "removed this one") }
  }

  @Test func `a device that stopped synchronising shows no key that it cannot check`() async throws {
    try await replaceUnconfirmed()
    try folder.succeed("device", "stop", "A")
    try expectNotShown(exitCode: 1, "letterlock device start A")
    try folder.succeed("device", "start", "A")
    try folder.succeed("recovery", "show", "A", "--recovery-key-file", "shown")
  }

  @Test func `verify knows a key that was replaced elsewhere, before this device has synchronised`() throws {
    try folder.succeed("verify", "A", "--recovery-key-file", "key")
    try folder.succeed(
      "recovery", "replace", "B", "--old-key-file", "key", "--recovery-key-file", "second", "--yes")
    for _ in 0..<2 {
      for options in [[], ["--json"], ["--as-new-device"]] {
        let outcome = try folder.start(["verify", "A", "--recovery-key-file", "key"] + options).outcome()
        #expect(outcome.exitCode == 2 && outcome.output.isEmpty, "\(outcome.output)")
        #expect(
          outcome.errors.hasPrefix("letterlock: key holds a recovery key that is no longer this account's"),
          "\(outcome.errors)")
      }
      let right = try folder.run("verify", "A", "--recovery-key-file", "second")
      #expect(!right.errors.contains("recovery key"), "\(right.errors)")
      try folder.succeed("sync", "A")
    }
    try folder.succeed("verify", "A", "--recovery-key-file", "second")
  }

  @Test func `a relay that does not know the account says nothing of its recovery key`() throws {
    try folder.succeed("init", "C", "--recovery-key-file", "other")
    for suffix in ["", "-wal", "-shm"] where folder.exists("A/relay.sqlite" + suffix) {
      try folder.remove("A/relay.sqlite" + suffix)
    }
    try folder.copy("C/relay.sqlite", to: "A/relay.sqlite")
    let own = try folder.run("verify", "A", "--recovery-key-file", "key")
    #expect(own.exitCode == 2 && own.output.contains("FAILED relay"), "\(own.output)")
    let other = try folder.run("verify", "A", "--recovery-key-file", "other")
    #expect(
      other.exitCode == 2 && other.errors.contains("holds another recovery key"), "\(other.errors)")
  }
}
#endif
