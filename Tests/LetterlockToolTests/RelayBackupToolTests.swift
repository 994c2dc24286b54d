#if Tool && HTTP && Server
import Foundation
import Testing

/// The real `letterlock-relay serve`, until it is killed or the test is over.
private final class RelayProcess {
  private let process = Process()
  let url: String

  init(_ store: String, _ options: String...) throws {
    process.executableURL = try RunningTool.executable("letterlock-relay")
    process.arguments = ["serve", "--listen", "127.0.0.1:0", "--store", "sqlite:\(store)"] + options
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var text = ""
    while !text.hasSuffix("\n") {
      let data = output.fileHandleForReading.availableData
      guard !data.isEmpty else { throw CocoaError(.fileReadUnknown) }
      text += String(decoding: data, as: UTF8.self)
    }
    url = text.dropFirst("Listening on ".count).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit { kill() }

  /// Ends it as a loss of power would.
  func kill() {
    guard process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}

@Suite("letterlock-relay: a backup is made while it is served, and put back")
struct RelayBackupToolTests {
  private let stores: RelayStores
  private var folder: ToolFolder { stores.folder }

  init() throws { stores = try RelayStores() }

  private func importMessage(_ text: String, at time: Int, to archive: String) throws {
    try folder.write(
      "<?xml version=\"1.0\"?><smses><sms address=\"+15550101\" date=\"\(time)\" type=\"1\" body=\"\(text)\" /></smses>",
      to: "message.xml")
    try folder.succeed("import", "message.xml", "--archive", archive)
  }

  /// Two archives of one account, at a relay.
  private func makeArchives(at relay: RelayProcess) throws {
    try folder.succeed("init", "B", "--relay", relay.url, "--recovery-key-file", "key")
    try importMessage("before", at: 1_700_000_000_000, to: "B")
    let code = try folder.succeed("join", "C", "--relay", relay.url).output.prefix { !$0.isNewline }
    try folder.succeed("device", "add", "B", String(code))
    try folder.succeed("sync", "C")
  }

  @Test func `everything is complete again after a backup that is older than what was written`() throws {
    let store = folder.file("relay.sqlite")
    var relay = try RelayProcess(store)
    try makeArchives(at: relay)
    try stores.succeed(store, "backup", "--output", "backup.sqlite")
    let mode = try FileManager.default.attributesOfItem(atPath: folder.file("backup.sqlite"))[
      .posixPermissions]
    #expect(mode as? Int == 0o600)
    #expect(try stores.run(store, "backup", "--output", "backup.sqlite").exitCode == 1)
    try importMessage("after", at: 1_700_000_100_000, to: "B")
    for archive in ["B", "C"] { try folder.succeed("sync", archive) }
    relay.kill()

    for name in ["relay.sqlite", "relay.sqlite-wal", "relay.sqlite-shm"] where folder.exists(name) {
      try folder.remove(name)
    }
    try folder.copy("backup.sqlite", to: "relay.sqlite")
    try stores.succeed(store, "check")
    relay = try RelayProcess(store, "--restored")
    // They give back what the relay lost; what is new waits.
    for archive in ["B", "C"] { _ = try folder.run("sync", archive, "--relay", relay.url) }
    relay.kill()

    relay = try RelayProcess(store)
    for archive in ["B", "C"] { try folder.succeed("sync", archive, "--relay", relay.url) }
    try importMessage("and on", at: 1_700_000_200_000, to: "C")
    for archive in ["C", "B"] { try folder.succeed("sync", archive) }
    let shown = try folder.succeed("show", "B", "+15550101").output
    for text in ["before", "after", "and on"] { #expect(shown.contains(text)) }
    #expect(try folder.succeed("show", "C", "+15550101").output == shown)
    for archive in ["B", "C"] { try folder.succeed("verify", archive) }
    try stores.succeed(store, "check")
  }
}
#endif
