import Foundation
import Testing

import Letterlock
import LetterlockFormat
import LetterlockRelayKit

/// The code of the articles in Letterlock.docc, with what it calls filled in. README.md's code is a program of its own,
/// Examples/FirstHour.
@Suite("Letterlock.docc")
struct ArticleTests {
  @Test(arguments: ["SealingMessages", "SyncingDevices", "Attachments", "SendingThroughAPhone"])
  func `this file compiles the code of`(article: String) throws {
    let file = URL(fileURLWithPath: #filePath)
    let root = (0..<4).reduce(file) { folder, _ in folder.deletingLastPathComponent() }
    let page = root.appendingPathComponent("Sources/Letterlock/Letterlock.docc/\(article).md")
    let blocks = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```")
    let shown = blocks.filter { $0.hasPrefix("swift\n") }.flatMap { codeLines($0.dropFirst("swift".count)) }
    var compiled = codeLines(try String(contentsOf: file, encoding: .utf8))[...]

    #expect(!shown.isEmpty)
    for line in shown {
      let place = try #require(compiled.firstIndex(of: line), "\(line)")
      compiled = compiled[(place + 1)...]
    }
  }

  /// The lines that hold code, without their indentation and their comments.
  private func codeLines(_ text: some StringProtocol) -> [String] {
    text.components(separatedBy: "\n").compactMap { line in
      let code = line.components(separatedBy: " //")[0].trimmingCharacters(in: .whitespaces)
      return code.isEmpty ? nil : code
    }
  }

  @Test func `seal and open`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let keys = folder.appendingPathComponent("keys").path
    var stored: [UInt8] = []
    func save(_ bytes: [UInt8]) throws { stored = bytes }
    func load() -> [UInt8] { stored }
    func show(_ text: String) { #expect(text.count == 77) }
    var printed = ""
    func print(_ text: String, _ protection: Protection) { printed = "\(text) \(protection)" }
    let (chatID, bob) = (ConversationID(), Address("+15550100"))

    let created = try Device.createAccount(named: "Ann's phone", vault: .file(at: keys))
    created.recoveryKey.reveal(show)
    try created.device.confirmRecoveryKey()

    let chat = created.device.archive.conversation(chatID)
    let record = try chat.seal(.carrier(.sms, from: bob, text: "Dinner at 7?"))
    try save(record.bytes)

    let message = try created.device.archive.open(SealedRecord(decoding: load()))
    print(message.text, message.protection)
    #expect(printed == "Dinner at 7? unencrypted(sms)")

    // The next process finds the keys in their file.
    let again = try Device(vault: .file(at: keys))
    #expect(try again.archive.open(SealedRecord(decoding: load())) == message)
  }

  @Test func `sync two devices`() async throws {
    let relay = try InMemoryRelay()
    let phone = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    let (macKeys, macStore) = (MemoryKeyVault(), MemoryDeviceStore())
    let (chatID, message) = (ConversationID(), Message.note("Milk"))
    var shown = ""
    func show(_ text: String) { shown = text }
    func warn() { Issue.record("The history is not complete") }

    let request = try await Device.requestToJoin(named: "Mac", vault: macKeys, store: macStore, relay: relay)
    show(request.code.text)
    let scanned = shown
    try await phone.approve(JoinCode(parsing: scanned))
    let mac = try await request.approved()

    try phone.append(message, to: chatID)
    try await phone.sync()
    switch try await mac.sync().verdict {
    case .complete(let size): show("\(size) records, all there")
    case .missing, .rolledBack, .reordered, .tampered, .forked, .removed, .unreadable, .erased: warn()
    }
    #expect(shown == "3 records, all there")
  }

  @Test func `photos and files`() async throws {
    let relay = try InMemoryRelay()
    let phone = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(request.code)
    let mac = try await request.approved()
    let content = (0..<6_500_000).map { UInt8(truncatingIfNeeded: $0 / 3) }
    let photo = AttachmentSource(mediaType: "video/quicktime", content: .bytes(content))
    let chatID = ConversationID()
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    func resized(_ source: AttachmentSource) throws -> AttachmentSource { source }
    func thumbnail(of source: AttachmentSource) throws -> AttachmentSource {
      AttachmentSource(mediaType: "image/jpeg", content: .bytes([1, 2, 3]))
    }

    try phone.append(.note("look"), attaching: [photo], to: chatID) { source in
      PreparedAttachment(file: try resized(source), preview: try thumbnail(of: source))
    }
    try await phone.sync()
    try await mac.sync()
    let message = try #require(mac.timeline().messages.last)
    let video = try await mac.open(message.attachments[0])
    let piece = try await video.read(5_000_000..<6_000_000)
    try await mac.save(message.attachments[0], to: path)
    let evicted = try await mac.evictOriginals()

    #expect(piece == Array(content[5_000_000..<6_000_000]))
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(content))
    #expect(evicted.evicted.count == 1)
  }

  @Test func `an SMS through a phone`() async throws {
    let relay = try InMemoryRelay()
    let phone = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay
    ).device
    let joining = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(joining.code)
    let mac = try await joining.approved()
    let chatID = ConversationID()
    let tomorrow = Timestamp(nanosecondsSince1970: Timestamp.now.nanosecondsSince1970 + 86_400_000_000_000)
    let carrier = Modem()
    func show(_ text: String) { #expect(text == "1 SMS") }

    let request = try mac.requestSend(
      "Dinner at 7?", to: ["+15550100"], in: chatID, through: phone.id, expiresAt: tomorrow)
    if case .sms(_, let segments) = request.plan { show("\(segments.count) SMS") }
    try await mac.sync()

    try await phone.sync()
    for request in try phone.sendRequests() {
      let claimed = try await phone.claim(request)
      do { try await carrier.send(claimed.request) } catch {
        try claimed.failed("\(error)")
        continue
      }
      try claimed.sent()
    }
    try await phone.sync()

    try await mac.sync()
    let message = try #require(try mac.timeline().messages.first)
    #expect(message.protection == .unencrypted(.sms))
    #expect(message.delivery == nil)
  }

  private struct Modem {
    func send(_ request: SendRequest) async throws { #expect(request.message.text == "Dinner at 7?") }
  }
}
