import LetterlockTestKit
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md sections 6.8, 8.6 and 10.3: an erased message does not come back")
struct ErasedForGoodTests {
  private let scene: SendingScene
  private let house: Household
  private let end = Timestamp(nanosecondsSince1970: .max)
  private let vault = MemoryKeyVault()
  private let store = MemoryDeviceStore()

  init() async throws {
    scene = try await SendingScene()
    house = scene.house
  }

  private func joinTablet() async throws -> Device {
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    let tablet = try await request.approved()
    scene.clock.set(tablet)
    try await tablet.sync()
    return tablet
  }

  private func erase(_ id: MessageID, on device: Device) async throws {
    try device.delete([id], in: house.chat)
    _ = try await device.eraseDeleted(before: end)
  }

  /// What the records say that are a message, a version of it, or about it.
  private func records(of id: MessageID, on device: Device) throws -> [ArchiveEntry] {
    var found: [ArchiveEntry] = []
    try device.forEachEntry { read in
      guard case .success(let entry) = read.entry else { return }
      if entry.versionOf == id || entry.about == id { found.append(entry) }
    }
    return found
  }

  private func ids(_ device: Device) throws -> Set<MessageID> {
    Set(try device.timeline().messages.map(\.id))
  }

  private func changes(of message: Message) -> [Message] {
    let bodies: [Message.Body] = [
      .edit(Message.Edit(target: message.id, newText: "secret, still")),
      .retraction(target: message.id),
      .reaction(Reaction(target: message.id, kind: .love)),
    ]
    return bodies.map { Message(sender: message.sender, carriage: .carrier(.sms), body: $0) }
  }

  // MARK: What a device takes along

  @Test func `a request that was sent and erased is not sent again by who joins in its asker's place`()
    async throws
  {
    let tablet = try await joinTablet()
    let request = try tablet.requestSend(
      "Dinner", to: ["+15550100"], in: house.chat, through: house.phone.id, expiresAt: scene.tomorrow)
    await house.relay.loseBatch(.answer)
    _ = try? await tablet.sync()
    #expect(try store.outboxCount() > 0)
    try await scene.sendAll(house.phone)
    #expect(scene.carrier.sent == ["Dinner"])
    try await erase(request.id, on: house.phone)
    try await house.phone.remove(tablet.id)
    let again = try await joinTablet()
    #expect(try store.outboxCount() == 0)
    try await scene.sendAll(house.phone)
    #expect(scene.carrier.sent == ["Dinner"])
    #expect(try !ids(house.phone).contains(request.id))
    #expect(try records(of: request.id, on: again).isEmpty)
  }

  @Test func `an erased message is not taken along, nor what is about it, nor its files`() async throws {
    let tablet = try await joinTablet()
    let message = Household.text("secret")
    let file = AttachmentSource(name: "f", mediaType: "text/plain", content: .bytes([1, 2, 3]))
    try tablet.append(message, attaching: [file], to: house.chat)
    await house.relay.loseBatch(.answer)
    _ = try? await tablet.sync()
    for change in changes(of: message) { try tablet.append(change, to: house.chat) }
    let kept = Household.text("kept")
    try tablet.append(kept, to: house.chat)
    try await house.phone.sync()
    try await erase(message.id, on: house.phone)
    try await house.phone.remove(tablet.id)
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    let again = try await request.approved()
    #expect(try await again.sync().takenAlong == 1)
    try await house.phone.sync()
    #expect(try records(of: message.id, on: house.phone).isEmpty)
    #expect(try ids(house.phone).contains(kept.id))
    #expect(try store.allBlobs().isEmpty && store.blobsToUpload().isEmpty)
  }

  @Test func `what is about a message that stands though an entry says that it is erased is taken along`()
    async throws
  {
    let message = Household.text("kept")
    try house.phone.append(message, to: house.chat)
    try await house.postponeErasure(of: message.id, by: house.phone)
    let tablet = try await joinTablet()
    for change in changes(of: message) { try tablet.append(change, to: house.chat) }
    try await house.phone.remove(tablet.id)
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: vault, store: store, relay: house.relay)
    try await house.phone.approve(request.code)
    let again = try await request.approved()
    #expect(try await again.sync().takenAlong == 3)
    try await house.phone.sync()
    #expect(try records(of: message.id, on: house.phone).count == 4)
  }

  @Test(arguments: [0, 1])
  func `a record of a device's own that was erased before its answer came is not sent again`(
    following: Int
  ) async throws {
    let mac = house.mac
    let message = Household.text("secret")
    try mac.append(message, to: house.chat)
    for number in 0..<following { try mac.append(Household.text("\(number)"), to: house.chat) }
    // The relay takes it, and the device never hears: another signed batch may be staged since.
    let pusher = mac.parts.history.sync.pusher
    let waiting = try pusher.signer.waiting(after: 0)
    let sending = try pusher.signer.sign(
      waiting, erasing: [], after: try mac.parts.services.progress.current())
    _ = try await house.relay.append(
      sending.signedBatch, records: waiting.map(\.bytes), to: house.phone.account)
    try await house.phone.sync()
    try await erase(message.id, on: house.phone)
    try await mac.sync()
    #expect(try records(of: message.id, on: mac).isEmpty)
    #expect(try Household.texts(of: mac).count == 1 + following)
  }

  // MARK: What readers take

  @Test func `an erased message that comes again is none, and is erased with the next ones`()
    async throws
  {
    let (phone, mac) = (house.phone, house.mac)
    var message = Household.text("secret")
    message.conversation = house.chat
    try phone.append(message, to: house.chat)
    try await phone.sync()
    let snapshot = try await phone.createSnapshot(named: "before")
    try await erase(message.id, on: phone)
    try mac.enqueue([.message(message)])
    #expect(try ids(mac).contains(message.id))
    try await mac.sync()
    for device in [phone, mac] {
      try await device.sync()
      #expect(try records(of: message.id, on: device).count == 1)
      let index = try device.timelineIndex()
      #expect(index.reference(to: message.id) == nil)
      #expect(try device.timeline().messages.map(\.text) == ["first"])
      try device.search("secret") { _, _ in
        Issue.record("an erased message was found")
        return true
      }
      #expect(try await device.newestMessages(in: house.chat).messages.map(\.text) == ["first"])
      #expect(try device.timelineIndex(at: snapshot).reference(to: message.id) == nil)
    }
    #expect(try await mac.eraseDeleted(before: end) == 0)
    try await phone.sync()
    for device in [phone, mac] { #expect(try records(of: message.id, on: device).isEmpty) }
  }

  @Test func `another copy of a message that stands is not erased, whatever an entry says of the message`()
    async throws
  {
    let (phone, mac) = (house.phone, house.mac)
    var message = Household.text("kept")
    message.conversation = house.chat
    try phone.append(message, to: house.chat)
    try await house.postponeErasure(of: message.id, by: phone)
    try mac.enqueue([.message(message)])
    try await mac.sync()
    try await phone.sync()
    for device in [phone, mac] {
      let index = try device.timelineIndex()
      #expect(index.orphans.isEmpty)
      #expect(index.reference(to: message.id) != nil)
    }
    let size = try phone.progress().history.tree.size
    #expect(try await phone.eraseDeleted(before: end) == 0)
    #expect(try phone.progress().history.tree.size == size)
    // It goes with the message.
    try await erase(message.id, on: phone)
    #expect(try records(of: message.id, on: phone).isEmpty)
  }

  @Test func `a request that comes again after it was erased is none`() async throws {
    let request = try await scene.ask()
    try await scene.sendAll(house.phone)
    try await erase(request.id, on: house.phone)
    let content = try #require(
      SendRequestContent(
        request.message, device: house.phone.id, expiresAt: scene.tomorrow, segments: ["Dinner at 7?"]))
    try house.mac.enqueue([.sendRequest(content)])
    try await house.mac.sync()
    try await scene.sendAll(house.phone)
    #expect(scene.carrier.sent.count == 1)
    #expect(try await scene.state(request.id) == nil)
    await #expect(throws: DeviceError.sendRefused(.unknownRequest)) {
      _ = try await house.phone.claim(request)
    }
  }

  @Test func `a request whose record outlives its erasure is cancelled`() async throws {
    let request = try await scene.ask()
    // No honest device says so without erasing the record.
    try await house.mac.sync()
    let erased = Deletion(.erased, at: .now, conversation: house.chat, messages: [request.id])
    try house.mac.enqueue([.deletion(erased)])
    let pusher = house.mac.parts.history.sync.pusher
    let waiting = try pusher.signer.waiting(after: 0)
    let sending = try pusher.signer.sign(
      waiting, erasing: [], after: try house.mac.parts.services.progress.current())
    _ = try await house.relay.append(
      sending.signedBatch, records: waiting.map(\.bytes), to: house.phone.account)
    try await scene.sendAll(house.phone)
    #expect(scene.carrier.sent.isEmpty)
    #expect(try await scene.state(request.id, on: house.phone) == .cancelled)
  }

  // MARK: What comes too late

  @Test(arguments: [0, 1, 2])
  func `what is about an erased message and comes late is not shown, and is erased with the next ones`(
    which: Int
  ) async throws {
    let (phone, mac) = (house.phone, house.mac)
    let message = Household.text("secret")
    try phone.append(message, to: house.chat)
    try await phone.sync()
    try await mac.sync()
    // The Mac does not know of the erasure yet.
    let late = changes(of: message)[which]
    try mac.append(late, to: house.chat)
    try await erase(message.id, on: phone)
    try await mac.sync()
    try await phone.sync()
    for device in [phone, mac] {
      #expect(try device.timeline().messages.map(\.text) == ["first"])
      #expect(try device.timelineIndex().reference(to: late.id) == nil)
      #expect(try records(of: message.id, on: device).count == 1)
    }
    #expect(try await phone.eraseDeleted(before: end) == 0)
    try await mac.sync()
    for device in [phone, mac] { #expect(try records(of: message.id, on: device).isEmpty) }
  }

  /// A message with more changes than one signed batch erases, the last of which are reactions.
  private func changedTooOften() async throws -> Message {
    var message = Household.text("secret")
    message.conversation = house.chat
    let reactions = SignedBatch.maximumLeafCount...SignedBatch.maximumLeafCount + 2
    let changes = (1...reactions.upperBound).map { number in
      let body: Message.Body =
        reactions.contains(number)
        ? .reaction(Reaction(target: message.id, kind: .love))
        : .edit(Message.Edit(target: message.id, newText: RichText("secret \(number)")))
      return Message(
        conversation: house.chat, sender: message.sender, carriage: .carrier(.sms), body: body)
    }
    try house.phone.enqueue([.message(message)] + changes.map(ArchiveEntry.message))
    try await house.phone.sync()
    return message
  }

  @Test func `a message with more changes than a signed batch erases goes with all of them`() async throws {
    let message = try await changedTooOften()
    let other = Household.text("other")
    try house.phone.append(other, to: house.chat)
    try house.phone.delete([other.id, message.id], in: house.chat)
    #expect(try await house.phone.eraseDeleted(before: end) == 2)
    #expect(try records(of: message.id, on: house.phone).isEmpty)
    #expect(try Household.texts(of: house.phone) == ["first"])
  }

  @Test func `what one signed batch has left of a message is not shown, and is erased with the next ones`()
    async throws
  {
    let message = try await changedTooOften()
    try house.phone.delete([message.id], in: house.chat)
    try await house.phone.sync()
    // As an erasure that was interrupted after its first signed batch.
    try house.phone.enqueue([
      .deletion(Deletion(.erased, at: .now, conversation: house.chat, messages: [message.id]))
    ])
    try await house.phone.sync()
    #expect(try records(of: message.id, on: house.phone).count == 3)
    #expect(try house.phone.timeline().messages.map(\.text) == ["first"])
    #expect(try await house.phone.eraseDeleted(before: end) == 0)
    #expect(try records(of: message.id, on: house.phone).isEmpty)
  }
}
