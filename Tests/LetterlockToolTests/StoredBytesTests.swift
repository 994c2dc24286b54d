import Foundation
import Testing

@Suite("What lies in an archive's folder")
struct StoredBytesTests {
  private let backup = Backup(count: 80)

  private func archive(_ tool: Tool) throws {
    try backup.write(to: tool.path("sms.xml"))
    try #require(
      try tool.run(
        "init", tool.path("A"), "--name", "Recognisable phone", "--recovery-key-file", tool.path("key")
      ).status == 0)
    try #require(try tool.run("import", tool.path("sms.xml"), "--archive", tool.path("A")).status == 0)
    try #require(try tool.run("sync", tool.path("A")).status == 0)
  }

  /// Which of these occur in which file, as UTF-8, UTF-16 or base64.
  private func findings(_ secrets: [String], in folder: String) throws -> [String] {
    let files = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
    var found: [String] = []
    for file in files {
      guard let contents = FileManager.default.contents(atPath: folder + "/" + file) else { continue }
      for secret in secrets {
        let utf8 = Data(secret.utf8)
        let forms = [utf8, secret.data(using: .utf16LittleEndian) ?? utf8]
        // Three alignments of base64, without the characters that neighbours change.
        let encoded = (0..<3).map { shift in
          Data((Data(repeating: 0, count: shift) + utf8).base64EncodedString().dropFirst(4).dropLast(4).utf8)
        }
        for form in forms + encoded where contents.range(of: form) != nil {
          found.append("\(secret) in \(file)")
        }
      }
    }
    return found
  }

  @Test func `no text, number, name or key of a person's can be read`() throws {
    let tool = try Tool()
    try archive(tool)
    let key = try String(contentsOfFile: tool.path("key"), encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
    let secrets =
      (0..<80).map(backup.text) + (0..<7).map(backup.number) + [
        "Recognisable.jpg", "Recognisable phone", key, key.replacingOccurrences(of: "-", with: ""),
        String(key.prefix(17)), String(data: Data(backup.picture(8)[..<64]), encoding: .isoLatin1) ?? "",
      ]
    #expect(try findings(secrets, in: tool.path("A")).isEmpty)
    // The scan finds what is there.
    let planted = tool.path("A/device/planted")
    for form in [
      Data(backup.text(3).utf8), try #require(backup.text(3).data(using: .utf16LittleEndian)),
      Data(("x" + Data(("ab" + backup.text(3) + "yz").utf8).base64EncodedString()).utf8),
    ] {
      try form.write(to: URL(fileURLWithPath: planted))
      #expect(try findings(secrets, in: tool.path("A")) == ["\(backup.text(3)) in device/planted"])
    }
  }

  @Test func `a kill at any moment of an import loses nothing and doubles nothing`() throws {
    let tool = try Tool()
    let isThorough = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil
    let backup = Backup(count: 2000)
    try backup.write(to: tool.path("sms.xml"))
    #expect(try tool.run("init", tool.path("A"), "--recovery-key-file", tool.path("key")).status == 0)
    var random = SystemRandomNumberGenerator()
    var kills = 0
    for _ in 0..<(isThorough ? 20 : 6) {
      let (process, _, _) = try tool.start(["import", tool.path("sms.xml"), "--archive", tool.path("A")])
      // Spins until the moment has come: how far the import is then is up to the machine.
      let end = ContinuousClock.now + .milliseconds(Int.random(in: 1...400, using: &random))
      while ContinuousClock.now < end, process.isRunning {}
      if process.isRunning {
        kill(process.processIdentifier, SIGKILL)
        kills += 1
      }
      process.waitUntilExit()
    }
    #expect(kills > 0)
    #expect(try tool.run("import", tool.path("sms.xml"), "--archive", tool.path("A")).status == 0)
    let out = tool.path("out.jsonl")
    #expect(try tool.run("export", tool.path("A"), "--format", "json", "--output", out).status == 0)
    let lines = try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(lines.compactMap { $0["text"] as? String } == (0..<2000).map(backup.text))
    #expect(try tool.run("sync", tool.path("A")).status == 0)
    let verified = try tool.run("verify", tool.path("A"))
    #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
  }

  @Test func `verify names what was altered`() throws {
    let tool = try Tool()
    try archive(tool)
    #expect(try tool.run("verify", tool.path("A")).status == 0)
    let stored = ["relay.sqlite", "device/store.sqlite"].filter {
      FileManager.default.fileExists(atPath: tool.path("A/" + $0))
    }
    #expect(!stored.isEmpty)
    for file in stored {
      let path = tool.path("A/" + file)
      let whole = try #require(FileManager.default.contents(atPath: path))
      var altered = whole
      // Within the records, which take most of the file.
      for place in stride(from: whole.count / 3, to: whole.count, by: whole.count / 5) {
        altered[place] ^= 0x10
      }
      try altered.write(to: URL(fileURLWithPath: path))
      let outcome = try tool.run("verify", tool.path("A"))
      #expect(outcome.status != 0, "\(file)")
      try whole.write(to: URL(fileURLWithPath: path))
    }
    #expect(try tool.run("verify", tool.path("A")).status == 0)
  }
}
