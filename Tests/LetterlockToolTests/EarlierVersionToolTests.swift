#if Tool
import Foundation
import GRDB
import Testing

@Suite("The tool: what an edited message said before, in each export")
struct EarlierVersionToolTests {
  private struct Line: Decodable {
    struct Version: Decodable {
      var text: String
      var protection: String
      var saidBy: String?
    }

    var text: String
    var versions: [Version]?
  }

  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
  }

  /// A message that ends as a mark would, and is edited later.
  private func importEdited(_ change: String = "") throws {
    let statements = [
      """
      CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, service TEXT, date INTEGER,
        date_edited INTEGER, was_downgraded INTEGER);
      INSERT INTO message VALUES
        (1, 'G-1', 'at 5 [end-to-end encrypted]', 'iMessage', 788900000000000000, 0, 0)
      """,
      "UPDATE message SET text = 'at 6', date_edited = 788900002000000000\(change) WHERE ROWID = 1",
    ]
    for statement in statements {
      let queue = try DatabaseQueue(path: folder.file("chat.db"))
      try queue.write { try $0.execute(sql: statement) }
      try queue.close()
      try folder.succeed("import", "chat.db", "--archive", "A")
    }
  }

  private func versions() throws -> [Line.Version] {
    let lines = try folder.export("A").split(separator: "\n")
    let line = try JSONDecoder().decode(Line.self, from: Data(try #require(lines.first).utf8))
    #expect(lines.count == 1 && line.text == "at 6")
    return line.versions ?? []
  }

  /// Writes the history as text and as a page. Returns the line and the part that show the earlier version.
  private func shown() throws -> (line: Substring, part: String) {
    try folder.succeed("export", "A", "--format", "text", "--output", "out.txt")
    let lines = try folder.text(of: "out.txt").split(separator: "\n")
    let line = try #require(lines.first { $0.hasPrefix("    said at ") })
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    let page = try folder.text(of: "page/conversation-1.html")
    let part = try #require(page.components(separatedBy: "<details>").last)
    return (line, try #require(part.components(separatedBy: "</details>").first))
  }

  @Test func `no text of a sender stands as the mark of an earlier version`() throws {
    try importEdited(", service = 'SMS', was_downgraded = 1")
    let (line, part) = try shown()
    #expect(line.hasSuffix(": at 5 [end-to-end encrypted] [not encrypted: SMS]"), "\(line)")
    #expect(
      part.contains("at 5 [end-to-end encrypted] · <span class=\"mark\">🔓 not encrypted: SMS</span></span>"),
      "\(part)")
    let all = try versions()
    #expect(all.count >= 2 && all.allSatisfy { $0.protection == "unencrypted" && $0.saidBy == nil })
  }

  @Test func `each version of an imported message says whose word its protection is`() throws {
    try importEdited()
    let (line, part) = try shown()
    #expect(line.hasSuffix(" [imported, said to be end-to-end encrypted by iMessage (chat.db)]"), "\(line)")
    #expect(part.contains(" · <span class=\"said\">imported, said to be end-to-end encrypted by"), "\(part)")
    let all = try versions()
    #expect(all.count >= 2 && all.allSatisfy { $0.protection == "importedEndToEnd" })
    #expect(all.allSatisfy { $0.saidBy == "iMessage (chat.db)" })
  }
}
#endif
