import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 8.5: two objects or processes on one store")
struct SharedStoreTests {
  /// Another object over the phone's vault and store.
  private func twin(in house: Household) throws -> Device {
    try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
  }

  @Test func `what one object takes while the other waits for a page is not overwritten`() async throws {
    let house = try await Household()
    let twin = try twin(in: house)
    // A newer head, so that the checkpoint of an empty page is kept.
    try await house.mac.beginEpoch()
    let chat = house.chat
    await house.relay.afterPage {
      try twin.append(Household.text("from the twin"), to: chat)
      try await twin.sync()
    }
    #expect(try await house.phone.sync().verdict.isComplete)
    let counter = try twin.progress().counter
    for device in [house.phone, twin, house.mac] {
      try device.append(Household.text("after"), to: house.chat)
      #expect(try await device.sync().verdict.isComplete)
    }
    #expect(try house.phone.progress().counter > counter)
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(
      try Household.texts(of: house.phone) == ["first", "from the twin", "after", "after", "after"])
  }

  @Test func `what one object sends while the other signs for it is sent once`() async throws {
    let house = try await Household()
    let twin = try twin(in: house)
    try house.phone.append(Household.text("once"), to: house.chat)
    let signer = BatchSigner(view: house.phone.state.view, store: house.phone.parts.services.store)
    let (waiting, before) = (try signer.waiting(after: 0), try house.phone.progress())
    try await twin.sync()
    // It read the outbox and the progress before the twin sent.
    var sending = try signer.sign(waiting, erasing: [], after: before)
    #expect(throws: DeviceError.store(.conflict)) {
      try house.phone.parts.services.progress.stage(
        sending.signedBatch, through: sending.through, &sending.progress)
    }
    try await house.phone.sync()
    #expect(try Household.texts(of: house.phone) == ["first", "once"])
  }

  @Test func `two objects that synchronise at once lose nothing, and sign no counter twice`() async throws {
    let house = try await Household()
    let twin = try twin(in: house)
    let rounds = 200
    async let first: Void = Self.write("phone", rounds, on: house.phone, to: house.chat)
    async let second: Void = Self.write("twin", rounds, on: twin, to: house.chat)
    _ = try await (first, second)
    for device in [house.phone, twin, house.mac] { #expect(try await device.sync().verdict.isComplete) }
    let expected = ["first"] + (0..<rounds).flatMap { ["phone \($0)", "twin \($0)"] }
    for device in [house.phone, house.mac] {
      #expect(try Household.texts(of: device).sorted() == expected.sorted())
    }
    let brought = await house.relay.brought.filter { $0.device == house.phone.id }
    let different = Dictionary(grouping: brought, by: \.counter).filter {
      Set($0.value.map(\.hash)).count > 1
    }
    #expect(different.isEmpty)
    let findings = try await ArchiveVerification.run(house.phone).findings
    #expect(findings == [])
  }

  private static func write(
    _ name: String, _ rounds: Int, on device: Device, to chat: ConversationID
  ) async throws {
    for round in 0..<rounds {
      try device.append(Household.text("\(name) \(round)"), to: chat)
      try await device.sync()
    }
  }
}
