#if Tool
import Foundation
import Letterlock
import LetterlockFormat
import LetterlockSQLite
import Testing

@Suite("The tool: messages that a device was asked to send")
struct SendingToolTests {
  private struct Line: Decodable {
    var text: String
    var carriage: String
    var protection: String
    var encrypted: Bool?
    var delivery: String?
    var sendingDevice: String?
    var failureReason: String?
  }

  private struct Page: Decodable { var messages: [Line] }

  private struct Status: Decodable {
    var byProtection: [String: Int]
    var sendRequests: [String: Int]
  }

  private let folder: ToolFolder
  private let device: String
  private let texts = ["one", "two", "three", "four", "five"]

  /// A request in each of five states.
  init() async throws {
    folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    let device = try Device(
      vault: FileKeyVault(path: folder.file("A/device/keys"), passphrase: nil),
      store: try SQLiteDeviceStore(path: folder.file("A/device/store.sqlite")),
      relay: try SQLiteRelay(existing: folder.file("A/relay.sqlite")))
    self.device = device.id.description
    let chat = ConversationID()
    let requests = try texts.map {
      try device.requestSend(
        $0, to: ["+15550100"], in: chat, through: device.id,
        expiresAt: Timestamp(nanosecondsSince1970: .max))
    }
    try await device.claim(requests[1]).sent()
    try await device.claim(requests[2]).failed("no [signal] (<b>)")
    _ = try await device.claim(requests[3])
    _ = try device.sendRequests()
    try device.cancelSend(of: requests[4].id)
    try device.enqueue([.conversation(ConversationProfile(id: chat, name: "Chat"))])
    try await device.sync()
  }

  private func expect(_ lines: [Line]) {
    #expect(lines.map(\.text) == texts)
    #expect(
      lines.allSatisfy { $0.protection == "unencrypted" && $0.carriage == "sms" && $0.encrypted == false })
    #expect(lines.map(\.delivery) == ["waiting", nil, "failed", "outcomeUnknown", "cancelled"])
    #expect(lines.map { $0.sendingDevice == device } == [true, false, true, true, true])
    #expect(lines.map(\.failureReason) == [nil, nil, "no [signal] (<b>)", nil, nil])
  }

  @Test func `every output shows each as unencrypted, and how far it has come`() throws {
    let page: Page = try folder.succeed("show", "A", "Chat", "--json").json()
    expect(page.messages)
    let newest: Page = try folder.succeed("show", "A", "Chat", "--newest", "50", "--json").json()
    expect(newest.messages)
    expect(
      try folder.export("A").split(separator: "\n").map {
        try JSONDecoder().decode(Line.self, from: Data($0.utf8))
      })
    let status: Status = try folder.succeed("status", "A", "--json").json()
    #expect(status.byProtection == ["unencrypted": 5])
    #expect(status.sendRequests == ["waiting": 1, "failed": 1, "outcomeUnknown": 1, "cancelled": 1])
    #expect(
      try folder.succeed("status", "A").output.contains(
        "to be sent by a device's carrier: cancelled 1, failed 1, outcomeUnknown 1, waiting 1"))
  }

  @Test func `each line and each bubble says it in words`() throws {
    let words = [
      "(not sent yet: waits for device ", "two [not", "(was not sent by device ", "(perhaps sent: device ",
      "(was not sent: cancelled)",
    ]
    let lines = try folder.succeed("show", "A", "Chat").output.split(separator: "\n")
    for (text, word) in zip(texts, words) {
      let line = try #require(lines.first { $0.contains("me: \(text) ") })
      #expect(line.contains(word), "\(line)")
      #expect(line.hasSuffix("[not encrypted: SMS]"), "\(line)")
    }
    try folder.succeed("export", "A", "--format", "html", "--output", "page")
    let page = try folder.text(of: "page/conversation-1.html")
    #expect(page.contains("not sent yet: waits for device"))
    #expect(!page.contains("<b>"))
    #expect(page.components(separatedBy: "🔓 not encrypted: SMS").count == 6)
  }

  @Test func `an archive that imports this one says that a message was not sent only where that is certain`()
    async throws
  {
    let relay = try SQLiteRelay(existing: folder.file("A/relay.sqlite"))
    let phone = try Device(
      vault: FileKeyVault(path: folder.file("A/device/keys"), passphrase: nil),
      store: try SQLiteDeviceStore(path: folder.file("A/device/store.sqlite")), relay: relay)
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(request.code)
    let tablet = try await request.approved()
    try await tablet.sync()
    let messages = try tablet.timeline().messages
    let waiting = try #require(messages.first { $0.text == "one" })
    let chat = try #require(waiting.conversation)
    // Only the device that was asked says what became of it, and nobody changes what it sends.
    try tablet.enqueue([
      .sendReport(SendReport(.sent(.random()), of: waiting.id, in: chat, at: .now)),
      .message(
        Message(
          conversation: chat, sender: .me, carriage: .carrier(.sms),
          body: .edit(Message.Edit(target: waiting.id, newText: "changed")))),
      .message(
        Message(
          conversation: chat, sender: .me, carriage: .carrier(.sms), body: .retraction(target: waiting.id))),
    ])
    try await tablet.sync()
    try await phone.sync()
    let sending = try tablet.requestSend(
      "six", to: ["+15550100"], in: chat, through: phone.id, expiresAt: Timestamp(nanosecondsSince1970: .max))
    try await tablet.sync()
    try await phone.sync()
    let claimed = try await phone.claim(sending)
    try folder.succeed("init", "N", "--recovery-key-file", "new")
    try folder.succeed("import", "A", "--archive", "N")
    _ = consume claimed
    let page: Page = try folder.succeed("show", "N", "Chat", "--json").json()
    #expect(page.messages.map(\.text) == texts + ["six"])
    #expect(page.messages.map(\.delivery) == ["failed", nil, "failed", nil, "failed", nil])
    #expect(page.messages.allSatisfy { $0.protection == "unencrypted" })
  }
}
#endif
