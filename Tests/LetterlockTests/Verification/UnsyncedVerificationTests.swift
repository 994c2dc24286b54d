import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Verifying a device that has not synchronised")
struct UnsyncedVerificationTests {
  @Test func `what others wrote since is judged by the relay's log, and nothing fails`() async throws {
    let house = try await Household()
    let (phone, mac) = (house.phone, house.mac)
    let request = try await Device.requestToJoin(
      named: "Tablet", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
    try await mac.approve(request.code)
    let tablet = try await request.approved()
    try tablet.append(Household.text("by a device that joined since"), to: house.chat)
    try await tablet.sync()
    var verification = try await ArchiveVerification.run(phone)
    #expect(verification.findings == [] && verification.unopenedCount == 0)

    try await mac.remove(tablet.id)
    try mac.append(Household.text("under the next epoch"), to: house.chat)
    try await mac.sync()
    verification = try await ArchiveVerification.run(phone)
    #expect(verification.findings == [] && verification.unopenedCount > 0)
    try await phone.sync()
    verification = try await ArchiveVerification.run(phone)
    #expect(verification.findings == [] && verification.unopenedCount == 0)
  }

  @Test func `a record that was changed at the relay is found before the device has taken it`() async throws {
    let house = try await Household()
    try house.mac.append(Household.text("new"), to: house.chat)
    try await house.mac.sync()
    await house.relay.alter { page in
      let batches = page.batches.map { batch in
        batch.replacing(batch.records.map { record in record.map { $0.dropLast() + [($0.last ?? 0) ^ 1] } })
      }
      return HistoryPage(batches: batches, checkpoint: page.checkpoint, consistency: page.consistency)
    }
    #expect(try await ArchiveVerification.run(house.phone).findings != [])
  }
}
