#if Tool
import Foundation
import GRDB
import Testing

@Suite("The tool: sources that are not whole")
struct ImportLossToolTests {
  private let folder: ToolFolder

  init() throws { folder = try ToolFolder.withArchive() }

  private struct Summary: Decodable {
    var read: Int
    var sealed: Int
    var skipped: [String: Int]
    var lost: [String: Int]
  }

  private func sms(_ body: String) -> String {
    "<sms address=\"1\" date=\"1\" type=\"1\" body=\"\(body)\" />"
  }

  @Test func `what cannot be sealed is counted apart from what is skipped, and the exit code is 2`() throws {
    let long = String(repeating: "x", count: 17 << 20)
    // Shorter than a record, and longer with what else the record holds.
    let edge = String(repeating: "x", count: 1 << 24 - 10)
    try folder.write(
      "<smses>" + sms("one") + sms(long) + sms(edge) + "<sms body=x />" + sms("two")
        + "<sms address=\"1\" date=\"1\" type=\"3\" body=\"draft\" /></smses>", to: "not-whole.xml")
    let outcome = try folder.run("import", "not-whole.xml", "one.xml", "--archive", "A", "--json")
    #expect(outcome.exitCode == 2, "\(outcome.errors)")
    let summary = try outcome.json(Summary.self)
    #expect(summary.read == 7 && summary.sealed == 3)
    #expect(summary.skipped == ["a draft": 1])
    #expect(
      summary.lost == [
        "a message too long to be sealed": 2, "a part of the file that breaks its format": 1,
      ])
    #expect(outcome.errors.contains("Not sealed: a message too long to be sealed 2, a part of"))
    let again = try folder.run("import", "not-whole.xml", "--archive", "A")
    #expect(again.exitCode == 2 && again.output.contains("not sealed 2: a message too long to be sealed"))
    try folder.succeed("import", "one.xml", "--archive", "A")
  }

  @Test func `a pipe among the sources is refused, and the others are imported`() throws {
    #expect(unsafe mkfifo(folder.file("pipe"), 0o600) == 0)
    let outcome = try folder.run("import", "pipe", "/dev/zero", "one.xml", "--archive", "A")
    #expect(outcome.exitCode == 1 && outcome.errors.contains("Cannot import pipe: "), "\(outcome.errors)")
    #expect(outcome.output.contains("one.xml: 1 read, 1 sealed"))
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGKILL])
  func `an import that is interrupted leaves no copy of a database, or the next one removes it`(
    signal: Int32
  ) throws {
    let path = folder.file("chat.db")
    try DatabaseQueue(path: path).write { database in
      try database.execute(
        sql:
          "CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, service TEXT, date INTEGER)"
      )
    }
    // Long enough to be seen while it is copied.
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.truncate(atOffset: 256 << 20)
    try file.close()
    try folder.write("not a log", to: "chat.db-wal")
    let watch = try FolderWatch(folder.path)
    let running = try folder.start(["import", "chat.db", "--archive", "A"])
    func copies() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
        $0.hasPrefix("letterlock-copy-")
      }
    }
    try watch.wait { $0.hasPrefix("letterlock-copy-") }
    running.send(signal)
    let outcome = try running.outcome()
    if outcome.wasKilled, signal != SIGKILL { #expect(try copies().isEmpty) }
    // Whatever it imports.
    try folder.succeed("import", "one.xml", "--archive", "A")
    #expect(try copies().isEmpty)
  }

  @Test func `a secret has an end, and its first line counts`() throws {
    try folder.write("\nsecond line\n", to: "empty-first")
    try folder.write(" words with blanks \r\nmore\n", to: "words")
    try folder.write(" words with blanks ", to: "same")
    try folder.write(String(repeating: "x", count: 65_537), to: "long")
    try folder.succeed("init", "S", "--recovery-key-file", "other", "--passphrase-file", "words")
    try folder.succeed("status", "S", "--passphrase-file", "same")
    for (name, reason) in [
      ("empty-first", "The first line of the passphrase file empty-first is empty."),
      ("long", "it is too large"),
      ("/dev/zero", "it is a device"), ("/dev/urandom", "it is a device"), ("/dev/null", "it is a device"),
    ] {
      let outcome = try folder.run("status", "S", "--passphrase-file", name)
      #expect(outcome.exitCode == 1 && outcome.errors.contains(reason), "\(name): \(outcome.errors)")
    }
    for name in ["long", "/dev/zero"] {
      let outcome = try folder.run("verify", "A", "--recovery-key-file", name)
      #expect(outcome.exitCode == 1 && outcome.output.isEmpty, "\(name): \(outcome.errors)")
    }
    let endless = try folder.shell("yes | \"$LETTERLOCK\" status S --passphrase-file /dev/stdin")
    #expect(endless.exitCode == 1 && endless.errors.contains("it is too large"))
    let piped = try folder.shell("cat same | \"$LETTERLOCK\" status S --passphrase-file /dev/stdin")
    #expect(piped.exitCode == 0, "\(piped.errors)")
  }

  @Test func `a relay whose journal names a file deletes no file`() throws {
    try folder.write("precious", to: "victim")
    let text = Data(folder.file("victim").utf8)
    var journal = Data([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7])
    func add(_ number: UInt32) { journal += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }
    let pages = try Data(contentsOf: URL(fileURLWithPath: folder.file("A/relay.sqlite"))).count / 4096
    for number in [0, 0x1234, UInt32(pages), 512, 4096] { add(number) }
    journal += Data(count: 512 - journal.count)
    add(0x4000_0000 / 4096 + 1)
    journal += text
    add(UInt32(text.count))
    add(text.reduce(0) { $0 &+ UInt32($1) })
    journal += Data([0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7])
    try journal.write(to: URL(fileURLWithPath: folder.file("A/relay.sqlite-journal")))
    for line in [["status", "A"], ["sync", "A"], ["join", "B", "--relay", "A"], ["verify", "A"]] {
      let outcome = try folder.start(line).outcome()
      #expect(try folder.text(of: "victim") == "precious")
      if line[0] != "status" {
        #expect(
          outcome.exitCode == 2 && outcome.errors.contains("relay.sqlite-journal"),
          "\(line): \(outcome.errors)")
      }
    }
    try folder.remove("A/relay.sqlite-journal")
    try folder.succeed("sync", "A")
  }
}
#endif
