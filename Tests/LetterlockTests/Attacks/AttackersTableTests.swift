import Foundation
import Testing

/// README.md's table of attackers against the suites that are named after its rows.
@Suite("README.md, against whom")
struct AttackersTableTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

  private struct Row {
    let who: String
    let can: String
    let cannot: String
  }

  private static func rows() throws -> [Row] {
    let project = (0..<3).reduce(folder) { url, _ in url.deletingLastPathComponent() }
    let text = try String(contentsOf: project.appendingPathComponent("README.md"), encoding: .utf8)
    let section = text.components(separatedBy: "\n## Against whom\n").dropFirst().first ?? ""
    let lines = section.components(separatedBy: "\n## ").first?.split(separator: "\n") ?? []
    return lines.filter { $0.hasPrefix("| ") }.dropFirst().map { line in
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      return Row(who: cells[1], can: cells[2], cannot: cells[3])
    }
  }

  /// The names of the tests of each suite that is named after a row, in their order.
  private static func tests() throws -> [String: [String]] {
    var tests: [String: [String]] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      guard name.hasPrefix("Attackers") else { continue }
      var row = ""
      for line in try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
        .split(separator: "\n")
      {
        if let match = line.firstMatch(of: #/@Suite\("README\.md, against whom: (.*)"\)/#) {
          row = String(match.1)
        }
        guard !row.isEmpty, let match = line.firstMatch(of: #/^ .*`([^`]+)`\(/#) else { continue }
        tests[row, default: []].append(String(match.1))
      }
    }
    return tests
  }

  @Test func `each row has a suite, and each suite a row`() throws {
    let rows = try Self.rows()
    #expect(rows.count == 6)
    #expect(Set(rows.map(\.who)) == Set(try Self.tests().keys))
  }

  @Test func `each thing that a row says has a test of its name, and each test a thing`() throws {
    let tests = try Self.tests()
    for row in try Self.rows() {
      let names = tests[row.who] ?? []
      let cannot = names.filter { $0.hasPrefix("cannot ") }.map { $0.dropFirst("cannot ".count) }
      #expect(cannot.joined(separator: ", ") == row.cannot, "\(row.who)")
      let can = names.filter { !$0.hasPrefix("cannot ") }
        .map { $0.hasPrefix("can ") ? String($0.dropFirst("can ".count)) : $0 }
      // What stands between two things is a comma or a semicolon.
      var rest = row.can
      for name in can {
        guard rest.hasPrefix(name) else { Issue.record("\(row.who): \(name), not \(rest)"); break }
        rest = String(rest.dropFirst(name.count))
        rest = String(rest.drop { ",; ".contains($0) })
      }
      #expect(rest.isEmpty, "\(row.who): \(rest)")
    }
  }
}
