#if Tool
import Foundation
import GRDB
import Testing

@Suite("What the tool says when something is wrong")
struct ErrorTests {
  private let folder: ToolFolder

  /// `A`, and `S` whose keys a passphrase seals; some files that are none of what is wanted.
  init() throws {
    folder = try ToolFolder()
    try folder.write("the right words of the owner\n", to: "words")
    try folder.write("the wrong words of a stranger\n", to: "wrong-words")
    try folder.write("no history at all", to: "note.txt")
    try folder.write("<html><body>no history</body></html>", to: "page.xml")
    try folder.write("", to: "empty")
    try Data("SQLite format 3\0".utf8 + [UInt8](repeating: 0, count: 4_096))
      .write(to: URL(fileURLWithPath: folder.file("hollow.db")))
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("init", "S", "--recovery-key-file", "sealed-key", "--passphrase-file", "words")
  }

  /// One sentence on standard error, nothing of this machine or of a secret in it.
  private func expectSentence(
    _ outcome: ToolOutcome, exitCode: Int32 = 1, at place: SourceLocation = #_sourceLocation
  ) throws {
    let said = outcome.errors
    #expect(outcome.exitCode == exitCode, "\(said)", sourceLocation: place)
    #expect(!outcome.wasKilled, sourceLocation: place)
    #expect(said.hasPrefix("letterlock: ") && said.hasSuffix("\n"), "\(said)", sourceLocation: place)
    #expect(said.split(separator: "\n").count == 1, "\(said)", sourceLocation: place)
    #expect(".?`".contains(said.dropLast().last ?? " "), "\(said)", sourceLocation: place)
    let foreign = ["..\n", "Domain", "Fatal", "Swift", "Letterlock.", "Optional(", "0x"]
    for word in foreign { #expect(!said.contains(word), "\(said)", sourceLocation: place) }
    let keys = try ["key", "sealed-key"].flatMap { try folder.text(of: $0).split(separator: "-") }
    let words = ["words of the owner", "words of a stranger"]
    // A group of digits alone may stand in a device's number.
    for secret in keys.map(String.init).filter({ $0.contains(where: \.isLetter) }) + words {
      #expect(!(said + outcome.output).contains(secret), sourceLocation: place)
    }
  }

  /// Every command that reads an archive, for the archive in this folder.
  private static func commands(_ archive: String) -> [[String]] {
    [
      ["status", archive], ["conversations", archive], ["show", archive, "Marguerite"],
      ["verify", archive], ["sync", archive], ["import", "page.xml", "--archive", archive],
      ["export", archive, "--format", "json", "--output", "out"],
      ["export", archive, "--format", "html", "--output", "out"], ["device", "list", archive],
      ["device", "remove", archive, "00"],
    ]
  }

  @Test func `a folder without a device is named, and stays as it was`() throws {
    try FileManager.default.createDirectory(
      atPath: folder.file("bare"), withIntermediateDirectories: false)
    let code = try folder.succeed("join", "J", "--relay", "A").output.trimmingCharacters(in: .newlines)
    for archive in ["nowhere", "bare"] {
      for command in Self.commands(archive) + [["device", "add", archive, code]] {
        let outcome = try folder.start(command).outcome()
        try expectSentence(outcome)
        #expect(outcome.errors.contains("There is no device in \(archive)"), "\(command)")
        #expect(outcome.output.isEmpty, "\(command)")
      }
    }
    #expect(!folder.exists("nowhere"))
    #expect(!folder.exists("out"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("bare")).isEmpty)
  }

  @Test func `a sealed archive asks for its passphrase`() throws {
    for command in Self.commands("S") {
      let outcome = try folder.start(command).outcome()
      try expectSentence(outcome)
      #expect(outcome.errors.contains("--passphrase-file"), "\(command)")
    }
    #expect(!folder.exists("out"))
  }

  @Test func `a wrong passphrase is said to be wrong`() throws {
    for command in [["status"], ["verify", "--json"], ["sync"]] {
      let outcome = try folder.start(command + ["S", "--passphrase-file", "wrong-words"]).outcome()
      try expectSentence(outcome)
      #expect(outcome.errors.contains("Wrong passphrase"))
      #expect(outcome.output.isEmpty)
    }
  }

  @Test func `a passphrase file that holds none is named`() throws {
    for file in ["missing", "empty"] {
      for command in [["status", "S"], ["init", "N"], ["join", "N", "--relay", "A"]] {
        let outcome = try folder.start(command + ["--passphrase-file", file]).outcome()
        try expectSentence(outcome)
        #expect(outcome.errors.contains("passphrase file \(file)"))
      }
    }
    #expect(!folder.exists("N"))
  }

  /// What an import prints for a program.
  private struct Report: Decodable {
    var sealed: Int
    var failure: String
  }

  @Test func `a source of another kind is refused, and nothing is added`() throws {
    for source in ["missing", "empty", "note.txt", "page.xml", "hollow.db", "A", "A/relay.sqlite"] {
      let outcome = try folder.run("import", source, "--archive", "A", "--json")
      try expectSentence(outcome)
      #expect(outcome.errors.contains(source))
      let report = try outcome.json(Report.self)
      #expect(report.sealed == 0 && outcome.errors == "letterlock: \(report.failure)\n", "\(report)")
    }
    #expect(try folder.export("A").isEmpty)
    try folder.succeed("verify", "A")
  }

  @Test func `a source that breaks off gives what stands before the break, once`() throws {
    var history = SampleHistory()
    try history.writeSMS(count: 40, in: folder)
    let whole = try folder.text(of: "sms.xml")
    let last = try #require(history.messages.last)
    let end = try #require(whole.range(of: "Telephone text 39"))
    try folder.write(String(whole[..<end.upperBound]), to: "cut.xml")
    for _ in 0..<2 {
      let outcome = try folder.run("import", "cut.xml", "--archive", "A")
      try expectSentence(outcome)
      #expect(outcome.errors.contains("Reading cut.xml stopped"))
    }
    let cut = try folder.export("A")
    #expect(cut.split(separator: "\n").count == 39)
    #expect(!cut.contains(last.text))
    let outcome = try folder.run("import", "sms.xml", "--archive", "A", "--at-once", "0")
    #expect(outcome.errors == "letterlock: --at-once must be at least 1.\n")
    try folder.succeed("import", "sms.xml", "--archive", "A")
    try history.expect(in: try folder.export("A"))
  }

  @Test func `a bad code is refused, and says how codes are made`() throws {
    let key = try folder.text(of: "key").trimmingCharacters(in: .newlines)
    let request = try folder.succeed("join", "J", "--relay", "S").output
    let elsewhere = request.trimmingCharacters(in: .newlines)
    for code in ["ABC", "00000-11111", key, String(repeating: "00000-", count: 13), elsewhere] {
      let outcome = try folder.run("device", "add", "A", code)
      try expectSentence(outcome)
      #expect(outcome.output.isEmpty)
      #expect(!outcome.errors.contains(elsewhere))
    }
    #expect(try folder.succeed("device", "list", "A").output.split(separator: "\n").count == 2)
  }

  @Test func `a recovery key or a relay that does not fit is refused, and the right one goes on`() throws {
    let attempts = [
      ["--relay", "A", "--recovery-key-file", "missing"],
      ["--relay", "A", "--recovery-key-file", "note.txt"],
      ["--relay", "nowhere", "--recovery-key-file", "key"],
      ["--relay", "note.txt", "--recovery-key-file", "key"],
      ["--relay", "A/device/store.sqlite", "--recovery-key-file", "key"],
      ["--relay", "A", "--recovery-key-file", "sealed-key"],
    ]
    for attempt in attempts {
      let outcome = try folder.start(["restore", "R", "--keep-none"] + attempt).outcome()
      // A file that is not a relay's is damaged, as far as anyone can tell.
      try expectSentence(
        outcome, exitCode: ["note.txt", "A/device/store.sqlite"].contains(attempt[1]) ? 2 : 1)
      #expect(outcome.output.isEmpty)
    }
    try folder.succeed("restore", "R", "--relay", "A", "--recovery-key-file", "key", "--keep-none")
    #expect(try folder.export("R").isEmpty)
  }

  @Test func `nothing that is there already is replaced`() throws {
    let key = try folder.text(of: "key")
    for command in [["init", "A"], ["join", "A", "--relay", "S"]] {
      let outcome = try folder.start(command).outcome()
      try expectSentence(outcome)
      #expect(outcome.errors.contains("There is a device in A already"))
    }
    let outcome = try folder.run("init", "A", "--recovery-key-file", "new-key")
    try expectSentence(outcome)
    #expect(!folder.exists("new-key"))
    try expectSentence(try folder.run("init", "N", "--recovery-key-file", "key"))
    #expect(try folder.text(of: "key") == key)
    try folder.succeed("init", "N", "--recovery-key-file", "new-key")
    try expectSentence(try folder.run("init", "note.txt/N"))
    // A folder in the place of a file would be lost with all that it holds.
    for format in ["json", "text"] {
      try expectSentence(try folder.run("export", "S", "--format", format, "--output", "A"))
      let refused = try folder.run("export", "A", "--format", format, "--output", "A")
      try expectSentence(refused)
    }
    try folder.succeed("verify", "A")
  }

  @Test func `a wrong command line ends with 64`() throws {
    for arguments in [["status"], ["frobnicate"], ["export", "A", "--format", "pdf", "--output", "x"]] {
      let outcome = try folder.start(arguments).outcome()
      #expect(outcome.exitCode == 64, "\(arguments)")
      #expect(outcome.output.isEmpty, "\(arguments)")
    }
  }
}
#endif
