import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Records are sent in batches that every relay takes, SPEC.md section 12")
struct BatchSizeTests {
  private let house: Household

  init() async throws { house = try await Household() }

  @Test func `an outbox of large messages is sent in batches of a few`() async throws {
    let sizes = [1, 1, 1, 1, 5, 1, 2, 1, 1].map { $0 << 20 }
    for (number, size) in sizes.enumerated() {
      try house.phone.append(Household.text(String(repeating: "\(number)", count: size)), to: house.chat)
    }
    let first = try house.phone.progress().history.tree.size
    let report = try await house.phone.sync()
    #expect(report.verdict.isComplete && report.sent == sizes.count)
    let page = try await house.relay.history(
      of: house.phone.account, from: first, maximumByteCount: .max, as: house.phone.caller)
    // Padding and sealing make each record a little larger than its message.
    #expect(page.batches.map { $0.records.count } == [3, 1, 1, 2, 2])
    #expect(page.batches.allSatisfy { $0.recordByteCount <= 1 << 22 || $0.records.count == 1 })
    #expect(page.batches.allSatisfy { $0.recordByteCount <= RelayLimits.batchByteCount })
    try await house.mac.sync()
    #expect(try Household.texts(of: house.mac).dropFirst().map(\.utf8.count) == sizes)
  }

  @Test func `the largest record fits in a batch`() {
    #expect(RelayLimits.recordByteCount <= RelayLimits.batchByteCount)
  }
}
