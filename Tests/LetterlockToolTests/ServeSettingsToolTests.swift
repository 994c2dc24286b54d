#if Tool && HTTP && Server
import Foundation
import Testing

/// `letterlock-relay serve --print-config`, in an environment of its own.
private func printed(
  _ arguments: String..., environment: [String: String] = [:]
) throws -> (exitCode: Int32, output: String, errors: String) {
  let process = Process()
  process.executableURL = try RunningTool.executable("letterlock-relay")
  process.arguments = ["serve", "--print-config"] + arguments
  process.environment = environment
  let (output, errors) = (Pipe(), Pipe())
  (process.standardOutput, process.standardError) = (output, errors)
  process.standardInput = FileHandle.nullDevice
  try process.run()
  let texts = try [output, errors].map {
    String(decoding: try $0.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
  }
  process.waitUntilExit()
  return (process.terminationStatus, texts[0], texts[1])
}

@Suite("letterlock-relay serve: settings")
struct ServeSettingsToolTests {
  @Test func `the command line counts before the environment, and that before the file`() throws {
    let folder = try ToolFolder()
    try folder.write("quota: 1\nidle-timeout: 11\ndrain-timeout: 12\nstore: sqlite:a\n", to: "relay.yaml")
    let environment = ["LETTERLOCK_RELAY_QUOTA": "2", "LETTERLOCK_RELAY_IDLE_TIMEOUT": "21"]
    let outcome = try printed(
      "--config", folder.file("relay.yaml"), "--quota", "3", environment: environment)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.contains("quota: \"3\"  # command line"))
    #expect(lines.contains("idle-timeout: \"21\"  # environment"))
    #expect(lines.contains("drain-timeout: \"12\"  # \(folder.file("relay.yaml"))"))
    #expect(lines.contains("# admin: HOST:PORT or unix:/PATH"))
  }

  @Test func `what is printed is a file that says the same`() throws {
    let folder = try ToolFolder()
    let first = try printed(
      "--listen", "127.0.0.1:0", "--listen", "unix:/run/a \"b\".sock", "--store", "sqlite:a#b",
      "--trusted-proxies",
      "unix", "--trusted-proxies", "10.0.0.0/8", "--log-requests", "--tls-certificate", "c", "--tls-key", "k",
      "--admin", "[::1]:1")
    #expect(first.exitCode == 0, "\(first.errors)")
    try folder.write(first.output, to: "relay.yaml")
    let second = try printed(environment: ["LETTERLOCK_RELAY_CONFIG": folder.file("relay.yaml")])
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(second.output == first.output.replacing("command line", with: folder.file("relay.yaml")))
  }

  @Test func `a list is one in a file, in the environment, and on the command line`() throws {
    let folder = try ToolFolder()
    try folder.write("listen:\n  - 127.0.0.1:1\n  - unix:/a\ntrusted-proxies: unix\n", to: "relay.yaml")
    let wanted = "listen: [\"127.0.0.1:1\", \"unix:/a\"]"
    #expect(try printed("--config", folder.file("relay.yaml")).output.contains(wanted))
    #expect(
      try printed(environment: ["LETTERLOCK_RELAY_LISTEN": "127.0.0.1:1,unix:/a"]).output.contains(wanted))
    #expect(try printed("--listen", "127.0.0.1:1", "--listen", "unix:/a").output.contains(wanted))
  }

  @Test func `what is no setting is named, with those that there are`() throws {
    let folder = try ToolFolder()
    for text in ["quotas: 1\n", "tls:\n  key: a\n", "checkpoint-key: ab\n"] {
      try folder.write(text, to: "relay.yaml")
      let outcome = try printed("--config", folder.file("relay.yaml"))
      #expect(outcome.exitCode == 1)
      #expect(
        outcome.errors.contains("\(text.prefix { $0 != ":" }), which is no setting"), "\(outcome.errors)")
      #expect(outcome.errors.contains("idle-timeout"))
    }
    let outcome = try printed(environment: ["LETTERLOCK_RELAY_QUOTAS": "1"])
    #expect(outcome.exitCode == 1)
    #expect(outcome.errors.contains("LETTERLOCK_RELAY_QUOTAS, which is no setting"))
    #expect(outcome.errors.contains("LETTERLOCK_RELAY_QUOTA,"))
  }

  @Test func `a wrong value is named, with what is allowed`() throws {
    let folder = try ToolFolder()
    for (name, value, allowed) in [
      ("quota", "many", "a number of bytes"), ("quota", "[1, 2]", "a number of bytes"),
      ("listen", "8460", "HOST:PORT or unix:/PATH"),
      ("listen", "[\"127.0.0.1:1\", \"x\"]", "HOST:PORT or unix:/PATH"),
      ("store", "a.sqlite", "sqlite:FILE"), ("restored", "perhaps", "true or false"),
      ("trusted-proxies", "proxy.example", "a network (10.0.0.0/8)"),
      ("admin", "x", "HOST:PORT or unix:/PATH"), ("idle-timeout", "0", "from 1 to 3600"),
      ("drain-timeout", "3601", "from 0 to 3600"), ("log-requests", "", "true or false"),
    ] {
      try folder.write("\(name): \(value)\n", to: "relay.yaml")
      let outcome = try printed("--config", folder.file("relay.yaml"))
      #expect(outcome.exitCode == 1, "\(name): \(value)")
      #expect(outcome.errors.contains(name) && outcome.errors.contains(allowed), "\(outcome.errors)")
    }
    for text in ["quota: [", "just text", "- a\n- b\n", "quota: 1\nquota: 2\n"] {
      try folder.write(text, to: "relay.yaml")
      let outcome = try printed("--config", folder.file("relay.yaml"))
      #expect(outcome.exitCode == 1, "\(text)")
      #expect(outcome.errors.contains(folder.file("relay.yaml")), "\(outcome.errors)")
    }
    #expect(try printed("--config", folder.file("missing.yaml")).errors.contains("cannot be read"))
    #expect(try printed("--tls-key", "k").errors.contains("tls-certificate and tls-key go together"))
  }

  @Test func `the checkpoint key stands in the environment alone, and is not shown`() throws {
    let seed = String(repeating: "17", count: 32)
    let outcome = try printed(environment: ["LETTERLOCK_RELAY_CHECKPOINT_KEY": seed])
    #expect(outcome.exitCode == 0)
    #expect(outcome.output.contains("# checkpoint-key is set by environment"))
    #expect(!outcome.output.contains(seed))
    let both = try printed(
      "--checkpoint-key-file", "f", environment: ["LETTERLOCK_RELAY_CHECKPOINT_KEY": seed])
    #expect(both.exitCode == 1)
    #expect(!both.errors.contains(seed))
  }

  @Test func `the example of a file, with and without its comments, holds every setting`() throws {
    let folder = try ToolFolder()
    let path = Repository.file("deploy/relay.yaml")
    #expect(try printed("--config", path).exitCode == 0)
    let text = try String(contentsOfFile: path, encoding: .utf8)
      .replacing(/\n#([a-z-]+: )/.anchorsMatchLineEndings()) { "\n\($0.1)" }
    try folder.write(text, to: "relay.yaml")
    let outcome = try printed("--config", folder.file("relay.yaml"))
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(!outcome.output.split(separator: "\n").contains { $0.hasPrefix("#") }, "\(outcome.output)")
    let page = try String(contentsOfFile: Repository.file("docs/operating.md"), encoding: .utf8)
    for line in outcome.output.split(separator: "\n") {
      #expect(page.contains("`\(line.prefix { $0 != ":" })`"), "\(line)")
    }
  }

  @Test func `the unit for systemd sets what there is to set`() throws {
    let unit = try String(contentsOfFile: Repository.file("deploy/letterlock-relay.service"), encoding: .utf8)
    let variables = unit.split(separator: "\n").filter { $0.hasPrefix("Environment=") }.map {
      $0.dropFirst("Environment=".count).split(separator: "=", maxSplits: 1).map(String.init)
    }
    #expect(variables.count == 4)
    let environment = Dictionary(variables.map { ($0[0], $0[1]) }) { first, _ in first }
    let outcome = try printed("--config", Repository.file("deploy/relay.yaml"), environment: environment)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
  }
}
#endif
