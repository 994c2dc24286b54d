import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 4.5: when epochs begin")
struct ScheduleTests {
  @Test func `an approver begins an epoch within a day of one that no approver began`() async throws {
    let house = try await Household()
    let clock = TestClock()
    for device in [house.phone, house.mac] { clock.set(device) }
    #expect(house.phone.log.approvers == [house.phone.id])
    try await house.mac.beginEpoch()
    let number = house.mac.log.newestEpoch.header.number
    for device in [house.phone, house.mac] { try await device.sync() }
    clock.go(seconds: 24 * 3600)
    // One that is no approver has nothing to do.
    try await house.mac.sync()
    #expect(house.mac.log.newestEpoch.header.number == number)
    try await house.phone.sync()
    #expect(house.phone.log.newestEpoch.header.number == number + 1)
    #expect(house.phone.log.newestEpoch.signer == house.phone.id)
    // That one lasts as long as any.
    clock.go(days: 2)
    try await house.phone.sync()
    #expect(house.phone.log.newestEpoch.header.number == number + 1)
  }
}
