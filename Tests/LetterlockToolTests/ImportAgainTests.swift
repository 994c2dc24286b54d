#if Tool
import Foundation
import GRDB
import Testing

@Suite("The tool: sources that are damaged, and sources that are imported again")
struct ImportAgainTests {
  private struct Summary: Decodable {
    struct Damage: Decodable {
      var source: String
      var message: String
      var name: String?
      var reason: String
    }

    var read: Int
    var sealed: Int
    var alreadyThere: Int
    var revised: Int
    var changes: [String: Int]
    var attachments: Int
    var damagedAttachments: [Damage]
    var failure: String?
  }

  private struct Line: Decodable {
    struct File: Decodable {
      var name: String?
      var absent: String?
    }

    var text: String
    var kind: String
    var protection: String
    var delivery: String?
    var attachments: [File]
  }

  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
  }

  private func lines() throws -> [Line] {
    try folder.export("A").split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
  }

  private static func sms(_ number: Int) -> String {
    "<sms address=\"+15550101\" date=\"\(1_700_000_000_000 + number * 60_000)\" type=\"1\" body=\"m\(number)\" />"
  }

  private static func mms(_ number: Int, _ text: String, _ data: String?) -> String {
    let data = data.map { " data=\"\($0)\"" } ?? ""
    return """
      <mms date="\(1_700_000_000_000 + number * 60_000)" msg_box="1" address="+15550101"><parts>\
      <part seq="0" ct="text/plain" text="\(text)" /><part seq="1" ct="image/jpeg" cl="a.jpg"\(data) /></parts></mms>
      """
  }

  private static func backup(_ messages: [String]) -> String {
    "<smses>\(messages.joined(separator: "\n"))</smses>"
  }

  @Test(arguments: [40, 1_600_000])
  func `one damaged file stops nothing, is named, and comes when it is whole`(byteCount: Int) throws {
    let whole = Data(repeating: 7, count: byteCount).base64EncodedString()
    let damaged = whole.prefix(20) + "!" + whole.dropFirst(21)
    func source(_ data: String) -> String {
      Self.backup((0..<60).map(Self.sms) + [Self.mms(60, "words", data)] + (61..<200).map(Self.sms))
    }
    try folder.write(source(String(damaged)), to: "sms.xml")
    for sealed in [200, 0] {
      let outcome = try folder.run("import", "sms.xml", "--archive", "A", "--json", "--at-once", "20")
      #expect(outcome.exitCode == 2)
      let summary: Summary = try outcome.json()
      #expect((summary.read, summary.sealed, summary.alreadyThere) == (200, sealed, 200 - sealed))
      #expect(summary.damagedAttachments.map(\.source) == ["sms.xml"])
      #expect(summary.damagedAttachments.map(\.name) == ["a.jpg"])
      #expect(summary.damagedAttachments.first?.message.isEmpty == false)
      #expect(
        outcome.errors.contains("sms.xml: the file a.jpg of the message of 2023-11-14T23:13:20 by +15550101"))
    }
    #expect(try lines().count == 200)
    let marked = try lines().first { $0.text == "words" }
    #expect(marked?.attachments.map(\.absent) == ["damaged"])
    #expect(try folder.succeed("search", "A", "words").output.contains("[a.jpg: damaged at import]"))
    #expect(try folder.run("verify", "A").exitCode == 0)
    try folder.write(source(whole), to: "sms.xml")
    let again: Summary = try folder.succeed("import", "sms.xml", "--archive", "A", "--json").json()
    #expect((again.sealed, again.revised, again.changes) == (0, 1, ["files": 1]))
    #expect(try lines().first { $0.text == "words" }?.attachments.map(\.name) == ["a.jpg"])
    #expect(try lines().first { $0.text == "words" }?.attachments.map(\.absent) == [nil])
  }

  @Test func `a source that cannot be read stops no other`() throws {
    try folder.write(Self.backup([Self.sms(0)]), to: "first.xml")
    try folder.write("no xml", to: "broken.xml")
    try folder.write("<smses>" + Self.sms(1) + "<sms", to: "cut.xml")
    try folder.write(Self.backup([Self.sms(2)]), to: "last.xml")
    let sources = ["first.xml", "nowhere.xml", "broken.xml", "cut.xml", "last.xml"]
    let outcome = try folder.start(["import"] + sources + ["--archive", "A"]).outcome()
    #expect(outcome.exitCode == 1)
    for name in ["nowhere.xml", "broken.xml", "cut.xml"] { #expect(outcome.errors.contains(name)) }
    #expect(try lines().map(\.text) == ["m0", "m1", "m2"])
  }

  @Test func `a picture that a later backup brings joins its message`() throws {
    try folder.write(Self.backup([Self.mms(0, "pic", nil)]), to: "without.xml")
    try folder.write(Self.backup([Self.mms(0, "pic", "/9j/4G93biBwaWN0dXJlIGJ5dGVz")]), to: "with.xml")
    try folder.succeed("import", "without.xml", "--archive", "A")
    #expect(try lines().first?.attachments.map(\.absent) == ["notFound"])
    #expect(try lines().first?.attachments.map(\.name) == ["a.jpg"])
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    #expect(try folder.text(of: "page/conversation-1.html").contains("a.jpg: not found at import"))
    let said = try folder.succeed("import", "with.xml", "--archive", "A").output
    #expect(said.contains("with.xml: 1 read, 0 sealed, 0 there already."))
    #expect(said.contains("1 revised: files 1"))
    try folder.succeed("import", "without.xml", "with.xml", "--archive", "A")
    let made = try lines()
    #expect(made.map(\.text) == ["pic"])
    #expect(made.first?.attachments.map(\.name) == ["a.jpg"])
    #expect(made.first?.attachments.map(\.absent) == [nil])
  }

  private func write(_ statements: String) throws {
    let queue = try DatabaseQueue(path: folder.file("chat.db"))
    try queue.write { try $0.execute(sql: statements) }
    try queue.close()
  }

  @Test func `an iMessage that fell back to SMS between two imports is not shown as encrypted any more`()
    throws
  {
    try write(
      """
      CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, service TEXT, date INTEGER,
        is_from_me INTEGER, is_sent INTEGER, error INTEGER, was_downgraded INTEGER);
      INSERT INTO message VALUES (1, 'G-1', 'the secret plan', 'iMessage', 789000000000000000, 1, 0, 22, 0),
        (2, 'G-2', 'hello', 'iMessage', 788900000000000000, 0, 0, 0, 0)
      """)
    try folder.succeed("import", "chat.db", "--archive", "A")
    #expect(try lines().map(\.protection) == ["importedEndToEnd", "importedEndToEnd"])
    #expect(try lines().map(\.delivery) == [nil, "failed"])
    try write(
      "UPDATE message SET service = 'SMS', was_downgraded = 1, is_sent = 1, error = 0 WHERE guid = 'G-1'")
    for revised in [1, 0] {
      let summary: Summary = try folder.succeed("import", "chat.db", "--archive", "A", "--json").json()
      #expect((summary.sealed, summary.revised) == (0, revised))
    }
    #expect(try lines().map(\.protection) == ["importedEndToEnd", "unencrypted"])
    #expect(try lines().map(\.delivery) == [nil, nil])
    let shown = try folder.succeed("search", "A", "secret plan").output
    #expect(shown.contains("the secret plan [not encrypted: SMS]"))
  }

  @Test func `an iMessage that fell back to SMS in another chat is not shown as encrypted any more`() throws {
    try write(
      """
      CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, service TEXT, date INTEGER,
        is_from_me INTEGER, handle_id INTEGER, was_downgraded INTEGER);
      CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT, service TEXT);
      CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT, chat_identifier TEXT, service_name TEXT, style INTEGER);
      CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER);
      CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER);
      INSERT INTO handle VALUES (1, '+15550100', 'iMessage'), (2, '+15550100', 'SMS');
      INSERT INTO chat VALUES (1, 'iMessage;-;+15550100', '+15550100', 'iMessage', 45),
        (2, 'SMS;-;+15550100', '+15550100', 'SMS', 45);
      INSERT INTO chat_handle_join VALUES (1, 1), (2, 2);
      INSERT INTO message VALUES (1, 'G-1', 'the secret plan', 'iMessage', 789000000000000000, 1, 0, 0),
        (2, 'G-2', 'hello', 'iMessage', 788900000000000000, 0, 1, 0);
      INSERT INTO chat_message_join VALUES (1, 1), (1, 2)
      """)
    try folder.succeed("import", "chat.db", "--archive", "A")
    #expect(try lines().map(\.protection) == ["importedEndToEnd", "importedEndToEnd"])
    try write(
      """
      UPDATE message SET service = 'SMS', was_downgraded = 1;
      UPDATE message SET handle_id = 2 WHERE handle_id = 1;
      UPDATE chat_message_join SET chat_id = 2
      """)
    for revised in [2, 0] {
      let summary: Summary = try folder.succeed("import", "chat.db", "--archive", "A", "--json").json()
      #expect((summary.sealed, summary.revised) == (0, revised))
    }
    #expect(try lines().map(\.protection) == ["unencrypted", "unencrypted"])
  }

  @Test func `an edit and an unsent message of the source show after the next import`() throws {
    try write(
      """
      CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, service TEXT, date INTEGER,
        date_edited INTEGER, date_retracted INTEGER);
      INSERT INTO message VALUES (1, 'G-1', 'at 5', 'iMessage', 788900000000000000, 0, 0),
        (2, 'G-2', 'oops', 'iMessage', 788900001000000000, 0, 0)
      """)
    try folder.succeed("import", "chat.db", "--archive", "A")
    try write(
      """
      UPDATE message SET text = 'at 6', date_edited = 788900002000000000 WHERE ROWID = 1;
      UPDATE message SET text = NULL, date_retracted = 788900002000000000 WHERE ROWID = 2
      """)
    let said = try folder.succeed("import", "chat.db", "--archive", "A").output
    #expect(said.contains("2 revised: text 1, unsent 1"))
    #expect(try lines().map(\.text) == ["at 6", ""])
    #expect(try lines().map(\.kind) == ["text", "retracted"])
    let shown = try folder.succeed("conversations", "A").output
    let versions = try folder.succeed("show", "A", String(shown.prefix(8)), "--versions").output
    #expect(versions.contains("at 5"))
    #expect(versions.contains("edited at 2025-12-"))
    #expect(versions.contains("oops"))
    #expect(try folder.export("A").contains("\"text\":\"at 5\""))
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    let page = try folder.text(of: "page/conversation-1.html")
    #expect(
      page.contains("at 5 · <span class=\"said\">imported, said to be end-to-end encrypted by iMessage"))
    #expect(!page.contains("oops"))
    try folder.succeed("export", "A", "--format", "text", "--output", "out.txt")
    #expect(try folder.text(of: "out.txt").contains(": at 5 [imported, said to be"))
  }
}
#endif
