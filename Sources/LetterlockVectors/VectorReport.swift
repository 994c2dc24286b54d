/// What became of test vectors.
public struct VectorReport: Sendable {
  /// Cases that came out as their file says.
  public private(set) var passed = 0
  /// Cases that did not.
  public private(set) var failed = 0
  /// Cases that were not tried.
  public private(set) var skipped = 0
  /// A line for each failure, each reason of skipping, and each file.
  public private(set) var lines: [String] = []
  private var skips: [String: Int] = [:]

  /// The line that a report ends with.
  public var summary: String { "\(passed) passed, \(failed) failed, \(skipped) skipped" }

  /// An empty report.
  public init() {}

  mutating func pass() { passed += 1 }

  mutating func fail(_ name: String) {
    failed += 1
    lines.append("FAILED \(name)")
  }

  mutating func check(_ isRight: Bool, _ name: @autoclosure () -> String) {
    if isRight { pass() } else { fail(name()) }
  }

  mutating func skip(_ reason: String, count: Int = 1) {
    skipped += count
    skips[reason, default: 0] += count
  }

  /// Adds a file's report.
  mutating func add(_ file: VectorReport, named name: String) {
    passed += file.passed
    failed += file.failed
    skipped += file.skipped
    lines += file.lines.map { "\(name): \($0)" }
    for (reason, count) in file.skips.sorted(by: { $0.key < $1.key }) {
      lines.append("\(name): skipped \(count): \(reason)")
    }
    lines.append("\(name): \(file.summary)")
  }
}
