#if Tool && HTTP && Server
import Foundation
import Testing

/// The files of this package.
enum Repository {
  static func file(_ name: String) -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return root.appendingPathComponent(name).path
  }
}

/// The real `letterlock-relay`, until the test is over.
private final class ServedRelay {
  private let process = Process()
  let url: String

  init(_ store: String, _ options: [String] = []) throws {
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
    let prefix = "Listening on "
    #expect(text.hasPrefix(prefix))
    url = text.dropFirst(prefix.count).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit { if process.isRunning { process.terminate() } }

  func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Tells it to stop. Returns its exit code.
  func stop() -> Int32 {
    process.terminate()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

@Suite("letterlock-relay: a relay on another machine")
struct ServedRelayToolTests {
  private func history(of archive: String, in folder: ToolFolder) throws -> String {
    try folder.succeed("show", archive, "+15550101").output
  }

  @Test func `devices share a history by the URL of a server`() throws {
    let folder = try ToolFolder.withArchive()
    let relay = try ServedRelay(folder.file("server.sqlite"))
    try folder.succeed("init", "B", "--relay", relay.url, "--recovery-key-file", "b.key")
    #expect(!folder.exists("B/relay.sqlite"))
    try folder.succeed("import", "one.xml", "--archive", "B")
    let code = try folder.succeed("join", "C", "--relay", relay.url).output.prefix { !$0.isNewline }
    try folder.succeed("device", "add", "B", String(code))
    try folder.succeed("sync", "C")
    try folder.succeed("restore", "D", "--relay", relay.url, "--recovery-key-file", "b.key", "--keep-none")
    let shown = try history(of: "B", in: folder)
    #expect(shown.contains("kept"))
    #expect(try history(of: "C", in: folder) == shown)
    #expect(try history(of: "D", in: folder) == shown)
    try folder.succeed("status", "D")
    try folder.succeed("verify", "D")
    // It was not kept.
    #expect(try folder.run("sync", "C").exitCode == 2)
    #expect(relay.stop() == 0)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
  func `an archive remembers the authorities of its relay's certificate`() throws {
    let folder = try ToolFolder.withArchive()
    for name in ["server", "other"] {
      let made = try folder.shell(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=Relay "
          + "-addext subjectAltName=IP:127.0.0.1 -keyout \(name).key -out \(name).pem 2>&1")
      #expect(made.exitCode == 0, "\(made.output)")
    }
    let relay = try ServedRelay(
      folder.file("server.sqlite"),
      ["--tls-certificate", folder.file("server.pem"), "--tls-key", folder.file("server.key")])
    for options in [
      ["--relay", relay.url], ["--relay", relay.url, "--relay-ca-file", "other.pem"],
      ["--relay", relay.url, "--relay-ca-file", "one.xml"],
      ["--relay", relay.url, "--relay-ca-file", "absent.pem"],
    ] {
      #expect(
        try folder.shell("\"$LETTERLOCK\" init B --recovery-key-file b.key \(options.joined(separator: " "))")
          .exitCode == 1)
      #expect(!folder.exists("B/device/keys"))
    }
    #expect(
      try folder.run("init", "B", "--relay", "http://127.0.0.1:1", "--relay-ca-file", "server.pem").exitCode
        == 64)
    #expect(try folder.run("sync", "A", "--relay-ca-file", "server.pem").exitCode == 64)
    try folder.succeed(
      "init", "B", "--relay", relay.url, "--relay-ca-file", "server.pem", "--recovery-key-file", "b2.key")
    // The archive has a copy.
    try FileManager.default.moveItem(atPath: folder.file("server.pem"), toPath: folder.file("ca.pem"))
    try folder.succeed("import", "one.xml", "--archive", "B")
    try folder.succeed("sync", "B")
    let code = try folder.succeed("join", "C", "--relay", relay.url, "--relay-ca-file", "ca.pem").output
      .prefix { !$0.isNewline }
    try folder.succeed("device", "add", "B", String(code))
    try folder.succeed("sync", "C")
    #expect(try history(of: "C", in: folder).contains("kept"))
    // Another authority is not remembered.
    #expect(try folder.run("sync", "C", "--relay", relay.url, "--relay-ca-file", "other.pem").exitCode != 0)
    try folder.succeed("sync", "C")
    #expect(try folder.run("sync", "C", "--relay", relay.url).exitCode != 0)
    try folder.succeed("sync", "C", "--relay", relay.url, "--relay-ca-file", "ca.pem")
    #expect(relay.stop() == 0)
  }

  @Test func `an archive follows its relay to another address, and to no other relay`() throws {
    let folder = try ToolFolder.withArchive()
    let first = try ServedRelay(folder.file("server.sqlite"))
    try folder.succeed("init", "B", "--relay", first.url, "--recovery-key-file", "b.key")
    #expect(first.stop() == 0)
    let away = try folder.run("sync", "B")
    #expect(away.exitCode == 1)
    #expect(away.errors.contains("cannot be reached"))
    let second = try ServedRelay(folder.file("server.sqlite"))
    try folder.succeed("sync", "B", "--relay", second.url)
    try folder.succeed("sync", "B")
    let other = try ServedRelay(folder.file("other.sqlite"))
    let refused = try folder.run("sync", "B", "--relay", other.url)
    #expect(refused.exitCode == 1)
    #expect(refused.errors.contains("is not the relay of this account"))
  }

  @Test func `a store takes the checkpoint key that its operator keeps, and no other`() throws {
    let folder = try ToolFolder()
    try folder.write(String(repeating: "17", count: 32) + "\n", to: "key")
    try folder.write(String(repeating: "18", count: 32) + "\n", to: "other")
    try folder.write("17", to: "short")
    let options = { ["--checkpoint-key-file", folder.file($0)] }
    #expect(try ServedRelay(folder.file("s.sqlite"), options("key")).stop() == 0)
    #expect(try ServedRelay(folder.file("s.sqlite")).stop() == 0)
    for name in ["other", "short", "missing"] {
      #expect(throws: (any Error).self, "\(name)") { try ServedRelay(folder.file("s.sqlite"), options(name)) }
    }
  }

  @Test func `a relay with registration tokens takes whoever has one`() throws {
    let folder = try ToolFolder()
    let process = Process()
    process.executableURL = try RunningTool.executable("letterlock-relay")
    process.arguments = ["token", "new"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    #expect(words.count == 4, "\(text)")
    try folder.write("\(words[3]) # a friend\n", to: "tokens")
    try folder.write("\(words[1])\n", to: "token")
    try folder.write("00\n", to: "wrong")
    let relay = try ServedRelay(
      folder.file("s.sqlite"), ["--registration", "token", "--registration-tokens", folder.file("tokens")])
    for options in [[], ["--registration-token-file", "wrong"]] {
      let refused = try folder.start(["init", "A", "--relay", relay.url] + options).outcome()
      #expect(refused.exitCode == 1)
      #expect(refused.errors.contains("registration token"), "\(refused.errors)")
      #expect(!folder.exists("A"))
    }
    try folder.succeed(
      "init", "A", "--relay", relay.url, "--registration-token-file", "token", "--recovery-key-file", "key")
    try folder.succeed("sync", "A")
    #expect(relay.stop() == 0)
  }

  @Test func `the script that shows two devices runs against a relay`() throws {
    let folder = try ToolFolder()
    let relay = try ServedRelay(folder.file("server.sqlite"))
    let script = Repository.file("Scripts/two-devices")
    let outcome = try folder.shell("TOOL=\"$LETTERLOCK\" bash '\(script)' '\(relay.url)'")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("Tea at four?"))
    #expect(outcome.output.contains("Two devices shared a history by \(relay.url)"))
    #expect(relay.stop() == 0)
    let nowhere = try folder.shell("TOOL=\"$LETTERLOCK\" bash '\(script)' '\(relay.url)'")
    #expect(nowhere.exitCode != 0)
  }

  @Test func `a relay that is hung up on goes on`() throws {
    let folder = try ToolFolder.withArchive()
    let relay = try ServedRelay(folder.file("server.sqlite"))
    relay.send(SIGHUP)
    try folder.succeed("init", "B", "--relay", relay.url, "--recovery-key-file", "b.key")
    #expect(relay.stop() == 0)
  }

  @Test func `what is no address of a relay is refused in words`() throws {
    let folder = try ToolFolder()
    for url in ["http://", "https://relay.example/path", "http://a@b"] {
      let outcome = try folder.run("init", "A", "--relay", url)
      #expect(outcome.exitCode == 1)
      #expect(outcome.errors.contains("cannot be used as the URL of a relay: a relay"))
      #expect(!folder.exists("A"))
    }
  }
}
#endif
