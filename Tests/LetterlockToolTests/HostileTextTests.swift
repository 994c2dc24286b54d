#if Tool
import Foundation
import Letterlock
import LetterlockSQLite
import Testing

/// Text of a sender that moves a terminal's cursor, hides text, or turns it round.
enum HostileText {
  static let text =
    "a\u{1B}[31mred\u{1B}]0;t\u{07}\u{9B}2J\u{9D}0;t\u{9C}\u{202E}b\u{202A}\u{2066}c\u{2069}\u{61C}\u{200E}\u{200F}"
    + "\rd\ne\u{2028}f\u{2029}g\u{85}h\u{7F}i\u{08}\u{00}\tj"

  /// What must not reach a terminal.
  static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x61c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}

extension ToolFolder {
  /// Opens an archive of this folder as an app would.
  func device(_ archive: String) throws -> Device {
    try Device(
      vault: FileKeyVault(path: file(archive + "/device/keys")),
      store: SQLiteDeviceStore(existing: file(archive + "/device/store.sqlite")),
      relay: SQLiteRelay(existing: file(archive + "/relay.sqlite")))
  }
}

@Suite("What senders wrote, in a terminal")
struct HostileTextTests {
  private let folder: ToolFolder

  /// `A`, in which everything that has a name or a text is hostile.
  init() async throws {
    folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    let device = try folder.device("A")
    let (hostile, conversation) = (HostileText.text, ConversationID())
    let sender = Address(hostile)
    try device.enqueue([.conversation(ConversationProfile(id: conversation, name: "T" + hostile))])
    let first = Message.carrier(.sms, from: sender, text: hostile)
    try device.append(
      first,
      attaching: [
        AttachmentSource(name: hostile + ".txt", mediaType: hostile, content: .bytes(Array("x".utf8))),
        AttachmentSource(mediaType: hostile, content: .bytes(Array("y".utf8))),
      ], to: conversation)
    let bodies: [Message.Body] = [
      .groupEvent(.nameChanged(hostile)), .groupEvent(.memberAdded(sender)), .groupEvent(.other(hostile)),
      .app(AppContent(mediaType: hostile, bytes: [], summary: hostile)),
      .app(AppContent(mediaType: hostile, bytes: [], summary: nil)),
    ]
    for body in bodies {
      try device.append(
        Message(sender: .other(sender), carriage: .carrier(.sms), body: body, subject: hostile),
        to: conversation)
    }
    // A conversation without a name is called after its people.
    try device.append(.carrier(.mms, from: sender, text: hostile), to: ConversationID())
    try device.rename(hostile)
    try await device.sync()
    _ = try await device.createSnapshot(named: hostile)
    try await device.sync()
  }

  private static let commands: [[String]] = [
    ["status", "A"], ["conversations", "A"], ["show", "A", "Ta"], ["show", "A", "Ta", "--newest", "20"],
    ["show", "A", ""], ["show", "A", "nobody"], ["search", "A", "red"], ["snapshots", "A"],
    ["device", "list", "A"], ["attachment", "list", "A"], ["attachment", "get", "A", "", "--output", "x"],
    ["export", "A", "--format", "text", "--output", "-"],
    ["export", "A", "--format", "json", "--output", "-"],
    ["export", "A", "--format", "json", "--output", "-", "--snapshot", "\u{1B}[31mred\u{9B}2J\u{202E}"],
    ["sync", "A"],
    ["verify", "A"], ["storage", "A"], ["settings", "A"], ["recovery", "propose", "A", "proposal"],
    ["recovery", "replace", "A", "--old-key-file", "key", "--recovery-key-file", "k2"],
    ["delete", "A", "Ta"], ["recover", "A", "Ta"], ["erase", "A"],
    ["restore", "R", "--relay", "A", "--recovery-key-file", "key"],
    ["recovery", "replace", "A", "--old-key-file", "key", "--recovery-key-file", "k2", "--yes"],
  ]

  private func expectHarmless(_ outcome: ToolOutcome, _ command: [String]) {
    for stream in [outcome.output, outcome.errors] {
      let bad = stream.unicodeScalars.filter { HostileText.isControl($0) && $0 != "\n" }
      #expect(bad.isEmpty, "\(command): \(bad.map { String($0.value, radix: 16) })")
      // None of the sender's lines is a line of its own.
      let lines = stream.split(omittingEmptySubsequences: false) { $0 == "\n" }
      for start in ["d", "e", "f", "g", "h"] {
        #expect(!lines.contains { $0.hasPrefix(start + "\u{FFFD}") || $0 == start }, "\(command)")
      }
    }
  }

  @Test func `no command hands a control character to a terminal`() throws {
    var shown = 0
    for command in Self.commands {
      let outcome = try folder.start(command).outcome()
      expectHarmless(outcome, command)
      shown += (outcome.output + outcome.errors).contains("[31mred") ? 1 : 0
    }
    #expect(shown >= 10, "\(shown)")
  }

  private struct Listing: Decodable {
    struct Attachment: Decodable { var name: String? }
    struct Conversation: Decodable { var title: String }
    struct Snapshot: Decodable { var name: String }
    struct Row: Decodable { var name: String? }
    struct Message: Decodable { var text: String }
    var attachments: [Attachment]?
    var conversations: [Conversation]?
    var snapshots: [Snapshot]?
    var devices: [Row]?
    var messages: [Message]?
  }

  @Test func `JSON escapes control characters, and loses none`() throws {
    let commands = [
      ["conversations", "A"], ["show", "A", "Ta"], ["snapshots", "A"], ["device", "list", "A"],
      ["attachment", "list", "A"],
    ]
    for command in commands {
      let outcome = try folder.start(command + ["--json"]).outcome()
      #expect(outcome.exitCode == 0, "\(command): \(outcome.errors)")
      expectHarmless(outcome, command)
      let listing: Listing = try outcome.json()
      let texts =
        (listing.attachments ?? []).compactMap(\.name) + (listing.conversations ?? []).map(\.title)
        + (listing.snapshots ?? []).map(\.name) + (listing.devices ?? []).compactMap(\.name)
        + (listing.messages ?? []).map(\.text)
      #expect(texts.contains { $0.contains(HostileText.text) }, "\(command): \(texts)")
    }
  }

  @Test func `a page shows no control character, and no markup of a sender`() throws {
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    for name in try folder.contents(of: "page").keys where name.hasSuffix(".html") {
      let text = try folder.text(of: "page/" + name)
      #expect(text.unicodeScalars.allSatisfy { !HostileText.isControl($0) || $0 == "\n" }, "\(name)")
    }
  }
}
#endif
