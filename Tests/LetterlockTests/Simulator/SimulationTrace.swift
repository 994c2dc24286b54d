@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What happened in a schedule, step by step, and what was wrong with it. It names nothing that is drawn at random, so a
/// seed gives the same trace each time.
struct SimulationTrace: Sendable {
  private(set) var lines: [String] = []
  private(set) var violations: [String] = []
  var step = 0

  mutating func note(_ line: String) { lines.append("\(step) \(line)") }

  mutating func violate(_ rule: String) {
    note("VIOLATED: \(rule)")
    violations.append(rule)
  }

  /// An error without what differs from run to run.
  static func name(of error: any Error) -> String {
    switch error {
    case DeviceError.relay(let inner): "relay." + label(of: inner)
    case DeviceError.archive(let inner): "archive." + label(of: inner)
    case DeviceError.store(let inner): "store." + label(of: inner)
    case DeviceError.vault(let inner): "vault." + label(of: inner)
    case DeviceError.logRefused(let inner): "logRefused." + label(of: inner)
    case DeviceError.historyRefused(let verdict): "historyRefused." + name(of: verdict)
    default: label(of: error)
    }
  }

  static func name(of verdict: Verdict) -> String {
    switch verdict {
    case .complete(let size): "complete(\(size))"
    case .tampered(let error): "tampered." + label(of: error)
    case .rolledBack(let from, let to): "rolledBack(\(from), \(to))"
    case .unreadable(let records): "unreadable(\(records.reduce(0) { $0 + $1.count }))"
    default: label(of: verdict)
    }
  }

  static func label(of value: Any) -> String {
    Mirror(reflecting: value).children.first?.label ?? "\(value)"
  }
}
