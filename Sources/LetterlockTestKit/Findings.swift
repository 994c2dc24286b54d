/// What a check found to be wrong, a sentence each.
struct Findings: Sendable {
  private(set) var sentences: [String] = []

  /// Notes a sentence unless something holds.
  mutating func expect(_ holds: Bool, _ sentence: String) {
    if !holds { sentences.append(sentence) }
  }

  /// Notes a sentence if two values differ, with both.
  mutating func expect<Value: Equatable>(_ found: Value, is wanted: Value, _ sentence: String) {
    if found != wanted { sentences.append("\(sentence): \(found), not \(wanted)") }
  }
}

extension Findings {
  /// Runs named checks, each on what `make` makes, and returns what they found. A check that throws is a finding.
  static func of<Subject: Sendable>(
    _ checks: [(name: String, check: @Sendable (Subject, inout Findings) async throws -> Void)],
    _ make: @Sendable () async throws -> Subject
  ) async -> [String] {
    var sentences: [String] = []
    for (name, check) in checks {
      var findings = Findings()
      do { try await check(try await make(), &findings) } catch {
        findings.expect(false, "it fails with \(error)")
      }
      sentences += findings.sentences.map { "\(name): \($0)" }
    }
    return sentences
  }
}
