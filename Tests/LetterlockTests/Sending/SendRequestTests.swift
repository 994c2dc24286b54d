import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 10.13: a message that another device sends")
struct SendRequestTests {
  @Test func `a phone sends what another device asked for, once, and every device sees it`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    #expect(request.plan == .sms(.gsm7, segments: ["Dinner at 7?"]))
    #expect(try await scene.state(request.id) == .waiting)
    try await scene.house.phone.sync()
    let waiting = try #require(try scene.house.phone.sendRequests().first)
    #expect(waiting == request)
    #expect(waiting.requestedBy == scene.house.mac.id)
    try await scene.sendAll(scene.house.phone)
    try await scene.sendAll(scene.house.phone)
    #expect(scene.carrier.sent == ["Dinner at 7?"])
    #expect(try await scene.state(request.id) == .sent)
    #expect(try scene.house.phone.sendRequests().isEmpty)
  }

  @Test func `the message is unencrypted from its first draft, in a page, a search and a snapshot`()
    async throws
  {
    let scene = try await SendingScene()
    let (mac, chat) = (scene.house.mac, scene.house.chat)
    let request = try mac.requestSend(
      "Dinner at 7?", to: ["+15550100"], in: chat, through: scene.house.phone.id, expiresAt: scene.tomorrow)
    func protections() async throws -> [Protection] {
      var found = try mac.timeline().messages.filter { $0.id == request.id }.map(\.protection)
      let window = try await mac.newestMessages(in: chat, count: 10)
      found += window.messages.filter { $0.id == request.id }.map(\.protection)
      try mac.search("dinner") { message, _ in
        found.append(message.protection)
        return true
      }
      return found
    }
    #expect(request.message.protection == .unencrypted(.sms))
    try await mac.sync()
    let newest = try #require(try await mac.newestConversations(count: 5).first { $0.id == chat }?.newest)
    #expect(newest.protection == .unencrypted(.sms))
    #expect(newest.delivery == .requested(of: scene.house.phone.id, .waiting))
    #expect(try await protections() == [.unencrypted(.sms), .unencrypted(.sms), .unencrypted(.sms)])
    let snapshot = try await mac.createSnapshot(named: "before")
    try await scene.sendAll(scene.house.phone)
    try await mac.sync()
    #expect(try await protections() == [.unencrypted(.sms), .unencrypted(.sms), .unencrypted(.sms)])
    let index = try mac.timelineIndex(at: snapshot)
    let then = try #require(try mac.messages(index.references, of: index).first { $0.id == request.id })
    #expect(then.protection == .unencrypted(.sms))
    #expect(then.delivery == .requested(of: scene.house.phone.id, .waiting))
  }

  @Test func `a failure is shown with its reason`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let phone = scene.house.phone
    try await phone.sync()
    let claimed = try await phone.claim(request)
    #expect(try await scene.state(request.id) == .sending)
    try claimed.failed("no signal")
    try await phone.sync()
    #expect(try await scene.state(request.id) == .failed("no signal"))
    await #expect(throws: DeviceError.sendRefused(.settled(.failed("no signal")))) {
      _ = try await phone.claim(request)
    }
  }

  @Test func `a cancellation before the claim counts, and none after it`() async throws {
    let scene = try await SendingScene()
    let (mac, phone) = (scene.house.mac, scene.house.phone)
    let (first, second) = (try await scene.ask("one"), try await scene.ask("two"))
    try await phone.sync()
    try mac.cancelSend(of: first.id)
    try await mac.sync()
    await #expect(throws: DeviceError.sendRefused(.settled(.cancelled))) { _ = try await phone.claim(first) }
    let claimed = try await phone.claim(second)
    // The Mac does not know of the claim.
    try mac.cancelSend(of: second.id)
    try await mac.sync()
    #expect(try await scene.state(second.id) == .sending)
    try claimed.sent()
    try await phone.sync()
    #expect(try await scene.state(second.id) == .sent)
    #expect(try await scene.state(first.id) == .cancelled)
    #expect(throws: DeviceError.sendRefused(.settled(.sent))) { try mac.cancelSend(of: second.id) }
  }

  @Test func `a cancellation that comes while the claim is on its way wins`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let (mac, phone) = (scene.house.mac, scene.house.phone)
    try await phone.sync()
    await scene.house.relay.beforeBatch { @Sendable in
      try mac.cancelSend(of: request.id)
      try await mac.sync()
    }
    await #expect(throws: DeviceError.sendRefused(.settled(.cancelled))) {
      _ = try await phone.claim(request)
    }
    #expect(try await scene.state(request.id) == .cancelled)
  }

  @Test func `a request names one device, and no other sends it`() async throws {
    let scene = try await SendingScene()
    let other = try await scene.house.join("Other phone")
    let request = try await scene.ask()
    try await scene.sendAll(other)
    #expect(scene.carrier.sent.isEmpty)
    await #expect(throws: DeviceError.sendRefused(.anotherDevice(scene.house.phone.id))) {
      _ = try await other.claim(request)
    }
    // Nor does what it says count.
    try other.enqueue([
      .sendReport(SendReport(.claimed(.random()), of: request.id, in: scene.house.chat, at: .now))
    ])
    try await other.sync()
    #expect(try await scene.state(request.id) == .waiting)
    try await scene.sendAll(scene.house.phone)
    #expect(scene.carrier.sent.count == 1)
  }

  @Test func `what is over, or asked for by a device that was removed, is not sent and says why`()
    async throws
  {
    let scene = try await SendingScene()
    let phone = scene.house.phone
    let late = try await scene.ask("late")
    try await phone.sync()
    scene.clock.go(days: 1)
    await #expect(throws: DeviceError.sendRefused(.settled(.expired))) { _ = try await phone.claim(late) }
    let orphan = try await scene.ask("orphan")
    try await phone.sync()
    try await phone.remove(scene.house.mac.id)
    #expect(try phone.sendRequests().isEmpty)
    await #expect(throws: DeviceError.sendRefused(.settled(.askerRemoved))) {
      _ = try await phone.claim(orphan)
    }
    #expect(try await scene.state(late.id, on: phone) == .expired)
    #expect(try await scene.state(orphan.id, on: phone) == .askerRemoved)
    #expect(scene.carrier.sent.isEmpty)
  }

  @Test func `the relay's clock ends a request too`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    scene.clock.go(days: 2)
    let slow = scene.clock.now.adding(-2 * TestClock.day)
    scene.house.phone.clock.follow { slow }
    try await scene.sendAll(scene.house.phone)
    #expect(scene.carrier.sent.isEmpty)
    #expect(try await scene.state(request.id) == .expired)
  }

  @Test func `a message that was deleted or erased is not sent`() async throws {
    let scene = try await SendingScene()
    let (mac, chat) = (scene.house.mac, scene.house.chat)
    let (deleted, whole) = (try await scene.ask("one"), try await scene.ask("two"))
    try mac.delete([deleted.id], in: chat)
    try mac.recover([deleted.id], in: chat)
    try mac.delete(in: chat)
    let erased = try await scene.ask("three")
    try mac.delete([erased.id], in: chat)
    try await mac.sync()
    #expect(
      try await mac.eraseDeleted(before: Timestamp(nanosecondsSince1970: .max), confirmingEverything: true)
        > 0)
    try await scene.sendAll(scene.house.phone)
    #expect(scene.carrier.sent.isEmpty)
    await #expect(throws: DeviceError.sendRefused(.unknownRequest)) {
      _ = try await scene.house.phone.claim(whole)
    }
  }

  @Test func `a deletion cancels, and a recovery asks for nothing`() async throws {
    let scene = try await SendingScene()
    let (mac, chat) = (scene.house.mac, scene.house.chat)
    let (named, whole) = (try await scene.ask("one"), try await scene.ask("two"))
    try mac.delete([named.id], in: chat)
    try mac.delete(in: chat)
    try mac.recover(in: chat)
    try await mac.sync()
    try await scene.sendAll(scene.house.phone)
    #expect(scene.carrier.sent.isEmpty)
    #expect(try await scene.state(named.id) == .cancelled)
    #expect(try await scene.state(whole.id) == .cancelled)
  }

  @Test func `erasing a message erases what was reported of it, also what came too late`() async throws {
    let scene = try await SendingScene()
    let (mac, phone, chat) = (scene.house.mac, scene.house.phone, scene.house.chat)
    let old = Timestamp(nanosecondsSince1970: .max)
    func reports() throws -> Int {
      var count = 0
      try mac.forEachEntry { if case .success(.sendReport) = $0.entry { count += 1 } }
      return count
    }
    let request = try await scene.ask()
    try await phone.sync()
    let claimed = try await phone.claim(request)
    try mac.delete([request.id], in: chat)
    #expect(try await mac.eraseDeleted(before: old) == 1)
    #expect(try reports() == 0)
    try claimed.failed("no signal for Ann")
    try await phone.sync()
    try await mac.sync()
    #expect(try reports() == 1)
    #expect(try await mac.eraseDeleted(before: old) == 0)
    #expect(try reports() == 0)
  }

  @Test func `an edit or a retraction does not change what is shown, nor what is sent`() async throws {
    let scene = try await SendingScene()
    let request = try await scene.ask()
    let (mac, chat) = (scene.house.mac, scene.house.chat)
    for body in [
      Message.Body.edit(Message.Edit(target: request.id, newText: "Dinner at 8?")),
      .retraction(target: request.id),
    ] {
      try mac.append(Message(sender: .me, carriage: .carrier(.sms), body: body), to: chat)
    }
    try await mac.sync()
    #expect(try await scene.shown(request.id)?.text == "Dinner at 7?")
    try await scene.sendAll(scene.house.phone)
    #expect(scene.carrier.sent == ["Dinner at 7?"])
  }

  @Test func `a request for a message that stands already is none`() async throws {
    let scene = try await SendingScene()
    let (mac, phone) = (scene.house.mac, scene.house.phone)
    let note = Message.carrier(.sms, to: "+15550100", text: "sent long ago")
    try mac.append(note, to: scene.house.chat)
    var again = note
    again.conversation = scene.house.chat
    let content = try #require(
      SendRequestContent(
        again, device: phone.id, expiresAt: scene.tomorrow, segments: ["sent long ago"]))
    try mac.enqueue([.sendRequest(content)])
    try await mac.sync()
    try await scene.sendAll(phone)
    #expect(scene.carrier.sent.isEmpty)
    #expect(try await scene.state(note.id) == .sent)
    // And a second request for the message of a first one is none either.
    let asked = try await scene.ask()
    let second = try #require(
      SendRequestContent(
        asked.message, device: mac.id, expiresAt: scene.tomorrow, segments: ["Dinner at 7?"]))
    try phone.enqueue([.sendRequest(second)])
    try await phone.sync()
    try await scene.sendAll(mac)
    #expect(scene.carrier.sent.isEmpty)
  }

  @Test func `a group, a long text and a file go as MMS, and what is too large not at all`() async throws {
    let scene = try await SendingScene()
    let (mac, phone, chat) = (scene.house.mac, scene.house.phone, scene.house.chat)
    let photo = AttachmentSource(name: "a.jpg", mediaType: "image/jpeg", content: .bytes([1, 2, 3]))
    let request = try mac.requestSend(
      "Look", attaching: [photo], to: ["+15550100", "+15550101"], in: chat, through: phone.id,
      expiresAt: scene.tomorrow)
    #expect(request.plan == .mms(byteCount: 7))
    #expect(request.message.protection == .unencrypted(.mms))
    try await mac.sync()
    try await phone.sync()
    let claimed = try await phone.claim(request)
    var bytes: [UInt8] = []
    try await phone.read(claimed.request.message.attachments[0]) { bytes += $0 }
    #expect(bytes == [1, 2, 3])
    try claimed.sent()
    #expect(throws: DeviceError.sendRefused(.tooLarge(byteCount: 5, limit: 4))) {
      _ = try mac.requestSend(
        "Look!", subject: "", to: ["+15550100", "+15550101"], in: chat, through: phone.id,
        expiresAt: scene.tomorrow, limits: CarrierLimits(mmsByteCount: 4))
    }
    #expect(throws: DeviceError.sendRefused(.noRecipient)) {
      _ = try mac.requestSend("Look", to: [], in: chat, through: phone.id, expiresAt: scene.tomorrow)
    }
    let stranger = DeviceID(unchecked: [UInt8](repeating: 7, count: 32))
    #expect(throws: DeviceError.unknownDevice(stranger)) {
      _ = try mac.requestSend("Look", to: ["+1"], in: chat, through: stranger, expiresAt: scene.tomorrow)
    }
  }
}
