import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 6.2: the time in checkpoints")
struct RelayTimeTests {
  @Test(arguments: [(59, true), (61, false)])
  func `a time that goes back counts beyond an hour`(minutes: Int64, isTaken: Bool) async throws {
    let clock = TestClock()
    let house = try await Household(clock: clock)
    #expect(try await house.phone.sync().verdict.isComplete)
    clock.go(seconds: -60 * minutes)
    let verdict = try await house.phone.sync().verdict
    #expect(isTaken ? verdict.isComplete : verdict == .tampered(.timeWentBack))
  }
}
