import Testing

@testable import Letterlock
@testable import LetterlockFormat

@Suite("The clock of a device")
struct DeviceClockTests {
  @Test func `a look at it goes no deeper than the one before, however often it was looked at`() {
    let clock = DeviceClock()
    clock.follow { Timestamp(nanosecondsSince1970: 7) }
    clock.vary { $0.lowerBound }
    // Wrapped once more by each look, the last of these would overflow the stack.
    for _ in 0..<1_000_000 {
      guard clock.now.nanosecondsSince1970 == 7, clock.draw(from: 3...9) == 3 else {
        Issue.record("another clock")
        return
      }
    }
  }
}
