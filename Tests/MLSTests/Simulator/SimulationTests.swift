import Foundation
import MLS
import Testing

@Suite("Groups whose members do anything")
struct SimulationTests {
  @Test func `eight clients agree after every one of sixty steps`() throws {
    let simulation = try Simulation(seed: 1, clientCount: 8)
    try simulation.run(steps: 60)
    #expect(simulation.comparisons == 61)
  }
}

/// `make simulate` sets the numbers: CLIENTS,STEPS,SEEDS.
@Suite(
  "Hostile: simulated groups",
  .enabled(if: ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil))
struct HostileSimulationTests {
  private static let numbers: [Int] = {
    let text = ProcessInfo.processInfo.environment["LETTERLOCK_SIMULATION"] ?? "16,300,1"
    return text.split(separator: ",").compactMap { Int($0) }
  }()

  @Test(arguments: 1...max(1, numbers.last ?? 1))
  func `clients agree after every step`(seed: Int) throws {
    let simulation = try Simulation(seed: UInt64(seed), clientCount: Self.numbers[0])
    try simulation.run(steps: Self.numbers[1])
    let counts = simulation.counts.sorted { $0.key.rawValue < $1.key.rawValue }
    print(
      "Seed \(seed): \(Self.numbers[0]) clients, \(Self.numbers[1]) steps:",
      counts.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", "))
  }

  @Test func `clients of the post-quantum suite agree after every step`() throws {
    let simulation = try Simulation(seed: 99, clientCount: 8, suite: .xWingAES256Ed25519)
    try simulation.run(steps: 60)
  }
}
