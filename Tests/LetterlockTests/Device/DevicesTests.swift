import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 6.3: devices that share a history")
struct DevicesTests {
  private func text(_ text: String) -> Message {
    .carrier(.sms, from: Address("+15550100"), text: text)
  }

  private func texts(of device: Device) throws -> [String] {
    var texts: [String] = []
    try device.forEachEntry { entry in
      if case .success(.message(let message)) = entry.entry { texts.append(message.text) }
    }
    return texts
  }

  @Test func `a message is sealed to bytes and opened again without a relay or a store`() throws {
    let created = try Device.createAccount(named: "Ann's phone", vault: .inMemory)
    let chat = created.device.archive.conversation(ConversationID())
    let record = try chat.seal(text("Dinner at 7?"))
    let message = try created.device.archive.open(SealedRecord(decoding: record.bytes))
    #expect(message.text == "Dinner at 7?")
    #expect(message.protection == .unencrypted(.sms))
  }

  @Test func `a device that joins by code reads the whole history, and a removed one nothing new`()
    async throws
  {
    let relay = RelayRoute.reaching(try InMemoryRelay())
    let created = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    let phone = created.device
    let chat = ConversationID()
    for index in 0..<5 { try phone.append(text("message \(index)"), to: chat) }
    #expect(try await phone.sync().verdict == .complete(size: 6))

    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    await #expect(throws: DeviceError.notApprovedYet) { try await request.approved() }
    try await phone.approve(request.code)
    let mac = try await request.approved()
    #expect(try await mac.sync().verdict == .complete(size: 7))
    #expect(try texts(of: mac) == (0..<5).map { "message \($0)" })

    try await phone.remove(mac.id)
    try phone.append(text("without the mac"), to: chat)
    try await phone.sync()
    try await mac.sync()
    #expect(throws: DeviceError.archive(.deviceRemoved)) { try mac.append(text("x"), to: chat) }
    #expect(try texts(of: phone).last == "without the mac")
    #expect(try !texts(of: mac).contains("without the mac"))
  }

  @Test func `a person with nothing but the recovery key gets everything back`() async throws {
    let relay = RelayRoute.reaching(try InMemoryRelay())
    let created = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    let device = created.device
    let chat = ConversationID()
    try device.append(text("before"), to: chat)
    try await device.sync()
    try await device.beginEpoch()
    try device.append(text("after"), to: chat)
    try await device.sync()
    let key = created.recoveryKey
    let session = try await Device.openRecovery(
      with: key, vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    #expect(session.devices.map(\.id) == [device.id])
    #expect(session.devices.map(\.names) == [["Phone"]])
    let restored = try await session.restore(keeping: [], named: "New phone").device
    #expect(try texts(of: restored) == ["before", "after"])
    #expect(try await restored.sync().verdict == .complete(size: 4))
    try restored.append(text("again"), to: chat)
    try await restored.sync()
    #expect(try texts(of: restored) == ["before", "after", "again"])
    try await device.sync()
    #expect(try texts(of: device) == ["before", "after"])
  }

  @Test func `a restore shows the first name of a device and its newest eight, however many it gave itself`()
    async throws
  {
    let relay = RelayRoute.reaching(try InMemoryRelay())
    let created = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    let (phone, secret) = (created.device, created.recoveryKey.secret.exportRawBytes())
    for number in 0..<30 { try phone.rename("name \(number)") }
    try await phone.sync()
    guard let key = RecoveryKey(secret: secret) else { throw DeviceError.noSuchAccount }
    let session = try await Device.openRecovery(
      with: key, vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    #expect(session.devices.map(\.names) == [["Phone"] + (22..<30).map { "name \($0)" }])
  }
}
