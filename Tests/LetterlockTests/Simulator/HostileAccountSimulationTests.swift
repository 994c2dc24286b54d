import Foundation
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// Lives of an account, each drawn from a seed, with everything that can happen to one.
@Suite("Hostile: lives of an account, SPEC.md sections 3 to 8")
struct HostileAccountSimulationTests {
  /// 10,000 lives when hostile tests are wanted at full length, 10 otherwise; `LETTERLOCK_HOSTILE_RUNS` of them if it says
  /// so. Or one, with the seed that `LETTERLOCK_HOSTILE_SEED` names, whose trace is printed; or those from one seed to another,
  /// as `5001-10000`, so that several processes share the work.
  private static let environment = ProcessInfo.processInfo.environment
  private static let replayed = environment["LETTERLOCK_HOSTILE_SEED"].flatMap(UInt64.init)
  private static var seeds: ClosedRange<UInt64> {
    if let replayed { return replayed...replayed }
    let ends = environment["LETTERLOCK_HOSTILE_SEED"]?.split(separator: "-").compactMap { UInt64($0) } ?? []
    if ends.count == 2, ends[0] <= ends[1] { return ends[0]...ends[1] }
    let wanted = environment["LETTERLOCK_HOSTILE_RUNS"].flatMap(UInt64.init)
    return 1...(wanted ?? (environment["LETTERLOCK_HOSTILE"] != nil ? 10_000 : 10))
  }

  @Test func `everything holds that must hold, whatever happens to an account`() async throws {
    let usual = try await SimulatedHome()
    var crowded: SimulatedHome?
    var failures = 0
    for seed in Self.seeds {
      var home = usual
      if seed % 50 == 0 {
        home = if let crowded { crowded } else { try await SimulatedHome(isCrowded: true) }
        crowded = home
      }
      let trace = try await Simulation(home, seed: seed).run()
      if Self.replayed != nil { print(trace.lines.joined(separator: "\n")) }
      guard let first = trace.violations.first else { continue }
      failures += 1
      let story = failures == 1 && Self.replayed == nil ? "\n" + trace.lines.joined(separator: "\n") : ""
      Issue.record("seed \(seed): \(first)\(story)")
      // A fault that many seeds meet needs no more of them.
      if failures == 3 { return }
    }
  }

  @Test(arguments: [3, 7] as [UInt64])
  func `a seed gives the same life each time`(seed: UInt64) async throws {
    let first = try await Simulation(try await SimulatedHome(), seed: seed).run()
    let second = try await Simulation(try await SimulatedHome(), seed: seed).run()
    #expect(first.lines == second.lines)
    #expect(first.lines.count > 20)
  }
}
