#if Tool
import Foundation
import Letterlock
import LetterlockFormat
import LetterlockSQLite
import Testing

/// What a test knows of a protection: how each output says it.
struct ShownSample: Sendable, CustomTestStringConvertible {
  let text: String
  let carriage: Carriage
  /// Whether a device of the account opened it from a conversation; nil if it did not.
  var isSenderVerified: Bool?
  let carriageName: String
  let protection: String
  let sentence: String

  var testDescription: String { text }

  static let all = [
    ShownSample(
      text: "sample-local", carriage: .local, carriageName: "local", protection: "local",
      sentence: "never sent"),
    ShownSample(
      text: "sample-imported", carriage: .endToEnd(service: "iMessage"), carriageName: "importedEndToEnd",
      protection: "importedEndToEnd",
      sentence: "imported, said to be end-to-end encrypted by iMessage (chat.db)"),
    ShownSample(
      text: "sample-opened", carriage: .endToEnd(service: "x"), isSenderVerified: false,
      carriageName: "endToEnd", protection: "endToEnd", sentence: "end-to-end encrypted"),
    ShownSample(
      text: "sample-verified", carriage: .endToEnd(service: "x"), isSenderVerified: true,
      carriageName: "endToEnd", protection: "endToEnd", sentence: "end-to-end encrypted"),
    ShownSample(
      text: "sample-sms", carriage: .carrier(.sms), carriageName: "sms", protection: "unencrypted",
      sentence: "not encrypted: SMS"),
    ShownSample(
      text: "sample-mms", carriage: .carrier(.mms), carriageName: "mms", protection: "unencrypted",
      sentence: "not encrypted: MMS"),
    ShownSample(
      text: "sample-rcs", carriage: .carrier(.rcs), carriageName: "rcs", protection: "unencrypted",
      sentence: "not encrypted: RCS"),
    ShownSample(
      text: "sample-newer", carriage: .unknown(77), carriageName: "unknown", protection: "unencrypted",
      sentence: "not encrypted: UNKNOWN(77)"),
  ]

  /// As it is shown where only a part of the history is read.
  var inPart: ShownSample {
    guard protection == "importedEndToEnd" else { return self }
    return ShownSample(
      text: text, carriage: carriage, carriageName: "notKnownYet", protection: "notKnownYet",
      sentence: "imported, how it travelled is not known before `letterlock sync`")
  }

  func message(in conversation: ConversationID, _ body: Message.Body? = nil) -> Message {
    let message = Message(
      conversation: conversation, sender: .other("+15550100"), carriage: carriage,
      body: body ?? .text(RichText(text)),
      origin: carriageName == "importedEndToEnd"
        ? Message.Origin(source: "chat.db", identifier: UUID().uuidString, service: "iMessage") : nil)
    guard let isSenderVerified else { return message }
    return message.markedVerified(
      by: .conversation(EndToEndEvidence(service: "x", isSenderVerified: isSenderVerified)))
  }
}

@Suite("The tool shows how each message travelled, in every output")
struct ShownProtectionTests {
  private struct Line: Decodable {
    var text: String
    var kind: String
    var carriage: String
    var protection: String
    var encrypted: Bool?
    var saidBy: String?
  }

  private struct Page: Decodable { var messages: [Line] }

  private let folder: ToolFolder
  private let conversation = ConversationID()

  /// A conversation with a message of each carriage.
  init() async throws {
    folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    let chat = conversation
    try await add(ShownSample.all.map { $0.message(in: chat) }, named: "Chat")
  }

  private func add(_ messages: [Message], named name: String? = nil) async throws {
    let device = try Device(
      vault: FileKeyVault(path: folder.file("A/device/keys"), passphrase: nil),
      store: try SQLiteDeviceStore(path: folder.file("A/device/store.sqlite")),
      relay: try SQLiteRelay(existing: folder.file("A/relay.sqlite")))
    var entries = messages.map(ArchiveEntry.message)
    if let name { entries.append(.conversation(ConversationProfile(id: conversation, name: name))) }
    try device.enqueue(entries)
    try await device.sync()
  }

  /// What a source claims is not settled where only a part of the history is read.
  private func expect(_ lines: [Line], from command: String, isPart: Bool = false) throws {
    for sample in ShownSample.all {
      let sample = isPart ? sample.inPart : sample
      let line = try #require(lines.first { $0.text == sample.text }, "\(command): \(sample.text)")
      #expect(line.carriage == sample.carriageName, "\(command): \(sample.text)")
      #expect(line.protection == sample.protection, "\(command): \(sample.text)")
      let encrypted = ["endToEnd": true, "unencrypted": false][sample.protection]
      #expect(line.encrypted == encrypted, "\(command): \(sample.text)")
      #expect(
        (line.saidBy != nil) == ["importedEndToEnd", "notKnownYet"].contains(sample.protection),
        "\(command): \(sample.text)")
    }
  }

  @Test func `each JSON output names the four protections`() throws {
    let page: Page = try folder.succeed("show", "A", "Chat", "--json").json()
    try expect(page.messages, from: "show")
    let newest: Page = try folder.succeed("show", "A", "Chat", "--newest", "50", "--json").json()
    try expect(newest.messages, from: "show --newest", isPart: true)
    let found = try folder.succeed("search", "A", "sample", "--json").output.split(separator: "\n")
    try expect(found.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }, from: "search")
    let exported = try folder.export("A").split(separator: "\n")
    try expect(exported.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }, from: "export")
  }

  @Test func `each text output ends a line with how its message travelled`() throws {
    try folder.succeed("export", "A", "--format", "text", "--output", "out.txt")
    let outputs = [
      "show": try folder.succeed("show", "A", "Chat").output,
      "show --newest": try folder.succeed("show", "A", "Chat", "--newest", "50").output,
      "search": try folder.succeed("search", "A", "sample").output,
      "export": try folder.text(of: "out.txt"),
    ]
    for (command, output) in outputs {
      for sample in ShownSample.all.map({ command == "show --newest" ? $0.inPart : $0 }) {
        let line = try #require(
          output.split(separator: "\n").first { $0.contains(sample.text) }, "\(command)")
        #expect(line.hasSuffix(" [\(sample.sentence)]"), "\(command): \(line)")
      }
    }
  }

  @Test func `each bubble of a page says how its message travelled`() throws {
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    let page = try folder.text(of: "page/conversation-1.html")
    let styles = [
      "local": "local", "importedEndToEnd": "claimed", "endToEnd": "sealed", "unencrypted": "open",
    ]
    for sample in ShownSample.all {
      let bubble = try #require(
        page.components(separatedBy: "<div class=\"line").first { $0.contains(sample.text) })
      #expect(bubble.contains("bubble \(styles[sample.protection] ?? "")\""), "\(bubble)")
      #expect(bubble.contains("\(sample.sentence)</span>"), "\(bubble)")
    }
    #expect(try folder.text(of: "page/index.html").contains("4 not encrypted, 1 only said to be encrypted"))
  }

  private struct Status: Decodable {
    var byCarriage: [String: Int]
    var byProtection: [String: Int]
  }

  private struct Conversations: Decodable {
    struct Row: Decodable {
      var unencrypted: Int
      var importedEndToEnd: Int
    }

    var conversations: [Row]
  }

  @Test func `status and conversations count the four protections apart`() throws {
    let status: Status = try folder.succeed("status", "A", "--json").json()
    #expect(status.byProtection == ["endToEnd": 2, "importedEndToEnd": 1, "unencrypted": 4, "local": 1])
    #expect(status.byCarriage["importedEndToEnd"] == 1)
    #expect(status.byCarriage["endToEnd"] == 2)
    #expect(
      try folder.succeed("status", "A").output.contains(
        "end-to-end encrypted on their way: 2; imported, said to be end-to-end encrypted: 1; not encrypted: 4; "
          + "never sent: 1"))
    let row: Conversations = try folder.succeed("conversations", "A", "--json").json()
    #expect(row.conversations.map(\.unencrypted) == [4])
    #expect(row.conversations.map(\.importedEndToEnd) == [1])
    #expect(
      try folder.succeed("conversations", "A").output.contains("4 not encrypted, 1 only said to be encrypted")
    )
  }

  @Test(arguments: ShownSample.all)
  func `a reaction, a quote or an event never borrows the bubble that it stands in`(sample: ShownSample)
    async throws
  {
    let bubble = ShownSample.all[3].message(in: conversation, .text("the bubble"))
    let quoted = sample.message(in: conversation, .text("the quoted"))
    let reply = Message(
      conversation: conversation, sender: .me, carriage: .carrier(.sms), body: .text("the reply"),
      replyTo: quoted.id)
    try await add([
      bubble, quoted, reply,
      sample.message(in: conversation, .reaction(Reaction(target: bubble.id, kind: .love))),
      sample.message(in: conversation, .groupEvent(.photoChanged)),
    ])
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    let page = try folder.text(of: "page/conversation-1.html")
    let shown = try #require(
      page.components(separatedBy: "<div class=\"line").first { $0.contains("the bubble") })
    let isAlike = sample.sentence == "end-to-end encrypted"
    #expect(shown.contains("❤️ <span") == !isAlike)
    #expect(isAlike || shown.contains("\(sample.sentence)</span>"), "\(shown)")
    let quote = try #require(page.components(separatedBy: "class=\"quote\"").last)
    let isQuoteAlike = sample.sentence == "not encrypted: SMS"
    #expect(isQuoteAlike || quote.prefix(300).contains("\(sample.sentence)</span>"), "\(quote.prefix(300))")
    let event = try #require(page.components(separatedBy: "<p class=\"event\">").last)
    #expect(event.prefix(200).contains("\(sample.sentence)</span>"), "\(event.prefix(200))")
    let text = try folder.succeed("show", "A", "Chat").output
    #expect(text.contains("❤️ [\(sample.sentence)]"))
  }
}
#endif
