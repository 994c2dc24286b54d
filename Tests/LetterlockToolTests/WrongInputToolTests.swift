#if Tool
import Foundation
import Testing

@Suite("Every subcommand with wrong input")
struct WrongInputToolTests {
  private let folder: ToolFolder
  private let file: String

  /// `A` with a file, `S` whose keys are sealed, and things that are none of what is wanted.
  init() throws {
    folder = try ToolFolder()
    try folder.write("content", to: "note.txt")
    try folder.write("words of the owner\n", to: "words")
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    try folder.succeed("init", "S", "--recovery-key-file", "other-key", "--passphrase-file", "words")
    try folder.succeed("attachment", "add", "A", "note.txt")
    file = String(try folder.succeed("attachment", "list", "A").output.prefix(16))
    #expect(unsafe mkfifo(folder.file("pipe"), 0o600) == 0)
    try FileManager.default.createDirectory(atPath: folder.file("empty"), withIntermediateDirectories: false)
  }

  /// Command lines, and the exit code of each.
  private var table: [(line: String, exitCode: Int32)] {
    let missing = [
      "status none", "conversations none", "show none x", "search none x", "delete none x --yes",
      "recover none x",
      "export none --format json --output o", "snapshots none", "device add none ABC", "device list none",
      "device rename none x", "device remove none 00 --yes",
      "device rotate none",
      "device stop none", "device start none", "recovery show none", "recovery replace none --yes",
      "recovery propose none o", "recovery vote none key o", "recovery acknowledge none", "sync none",
      "settings none", "erase none",
      "attachment list none", "attachment get none 00 --output o", "attachment add none note.txt",
      "storage none",
      "verify none", "import note.txt --archive none", "import none --archive A", "attachment add A none",
      "init N --passphrase-file none", "join N --relay none",
      "restore N --relay none --recovery-key-file key",
      "restore N --relay A --recovery-key-file none", "recovery vote A none o", "verify --evidence none",
      "verify A --recovery-key-file none", "recovery replace A --old-key-file none --yes",
      "erase --relay A --recovery-key-file none", "erase --relay none --recovery-key-file key",
      "status S --passphrase-file none",
    ]
    let wrong: [(String, Int32)] = [
      ("verify A --recovery-key-file other-key", 2),
      ("verify A --as-new-device --recovery-key-file other-key", 2),
      ("recovery replace A --old-key-file other-key --recovery-key-file o --yes", 1),
      ("restore N/N --relay A --recovery-key-file other-key", 1),
      ("erase --relay A --recovery-key-file other-key", 1),
      ("recovery vote A note.txt o", 2), ("recovery replace A --proposal note.txt --yes", 2),
      ("verify --evidence note.txt", 2), ("verify A --recovery-key-file note.txt", 1),
      ("device add A ABC", 1),
      ("import note.txt --archive A", 1), ("status S --passphrase-file note.txt", 1),
      ("status A --passphrase-file words", 2), ("show A nobody", 1), ("delete A nobody --yes", 1),
      ("recover A nobody", 1), ("attachment get A ff00ff --output o", 1),
      ("export A --format json --output o --snapshot x", 1),
      ("erase A --confirm 00000", 1), ("device remove A zz --yes", 1),
      ("recovery show A", 1), ("snapshots", 64), ("vectors", 0), ("demo --keep A", 1),
      ("demo --keep pipe", 1), ("import pipe --archive A", 1), ("import A --archive A", 1),
      ("snapshots A --create ''", 1), ("vectors verify note.txt", 1), ("vectors verify empty", 2),
      ("device remove A '' --yes", 1), ("attachment get A '' --output o", 1),
    ]
    var outputs: [(String, Int32)] = []
    for name in ["note.txt", "pipe", "A", "none/o", "''"] {
      outputs += [
        ("export A --format json --output \(name)", 1), ("export A --format text --output \(name)", 1),
        ("attachment get A \(file) --output \(name)", 1), ("recovery propose A \(name)", 1),
        ("init N --recovery-key-file \(name)", 1),
      ]
      guard name != "none/o" else { continue }
      outputs += [("export A --format html --output \(name)", 1), ("vectors generate \(name)", 1)]
    }
    return missing.map { ($0, 1) } + wrong.filter { $0.1 != 0 } + outputs
  }

  @Test func `it is a sentence and an exit code, and nothing changed`() throws {
    func names() throws -> [String: String] {
      // What a synchronisation notes of itself.
      try folder.contents().filter { !$0.key.contains(".sqlite") && !$0.key.hasPrefix("N") }
    }
    let before = try names()
    for (line, exitCode) in table {
      let outcome = try folder.shell("exec \"$LETTERLOCK\" \(line)")
      #expect(outcome.exitCode == exitCode, "\(line): \(outcome.output) \(outcome.errors)")
      #expect(!outcome.wasKilled, "\(line)")
      let last = outcome.errors.split(separator: "\n").last ?? ""
      #expect(exitCode == 64 || last.hasPrefix("letterlock: "), "\(line): \(outcome.errors)")
      #expect(exitCode == 64 || ".?`".contains(last.last ?? " "), "\(line): \(outcome.errors)")
      #expect(!outcome.errors.contains("failed("), "\(line): \(outcome.errors)")
      #expect(!last.contains(" with :") && !last.contains(" with  "), "\(line): \(outcome.errors)")
      #expect(try names() == before, "\(line)")
    }
    try folder.succeed("verify", "A")
  }
}
#endif
