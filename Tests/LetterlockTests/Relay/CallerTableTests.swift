import Foundation
import Testing

@testable import LetterlockTestKit

@Suite("SPEC.md section 7.7: callers")
struct CallerTableTests {
  private static let project = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: project.appendingPathComponent(path), encoding: .utf8)
  }

  /// A line of the table: an operation, and what stands in each column.
  private struct Line {
    let operation: String
    let cells: [String]
  }

  private static func table() throws -> [Line] {
    let text = try text("SPEC.md")
    let section = text.components(separatedBy: "### 7.7 Callers").dropFirst().first ?? ""
    let lines = section.components(separatedBy: "\n### ").first?.split(separator: "\n") ?? []
    return lines.filter { $0.hasPrefix("| `") }.flatMap { line in
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      return (cells.first ?? "").split(separator: ",").map { name in
        Line(operation: name.trimmingCharacters(in: [" ", "`"]), cells: Array(cells.dropFirst()))
      }
    }
  }

  /// RestoredRelayTests tries it: any other relay takes nothing back, whoever calls.
  private static let ofRestoredRelays = "takeBack"

  /// The callers that each column is about.
  private static let columns: [[CallerKind]] = [
    [.author, .other], [.recovery], [.removed, .replacedRecovery], [.anyone, .stranger, .foreigner],
  ]

  @Test func `the table names every operation of a relay, and no other`() throws {
    var operations: Set<String> = []
    for name in ["Account", "History", "Stream", "Blob", "Mailbox", "Restorable"] {
      let source = try Self.text("Sources/LetterlockFormat/Relay/\(name)Relay.swift")
      for line in source.split(separator: "\n") {
        guard let match = line.firstMatch(of: #/^  func ([A-Za-z]+)\(/#) else { continue }
        operations.insert(String(match.1))
      }
    }
    let named = try Self.table().map { String($0.operation.prefix { $0 != "(" }) }
    #expect(operations.count >= 22)
    #expect(Set(named) == operations)
    #expect(named.count == Set(named).count)
  }

  @Test func `every operation of the table is tried as every kind of caller`() throws {
    let table = try Self.table()
    #expect(Set(table.map(\.operation)) == Set(AccessRow.all.map(\.operation)).union([Self.ofRestoredRelays]))
    for row in AccessRow.all {
      #expect(Set(row.outcomes.keys) == Set(CallerKind.allCases), "\(row.name)")
    }
  }

  @Test func `what is tried is what the table says`() throws {
    for line in try Self.table() where line.operation != Self.ofRestoredRelays {
      try #require(line.cells.count == Self.columns.count, "\(line.operation)")
      let rows = AccessRow.all.filter { $0.operation == line.operation }
      for (cell, kinds) in zip(line.cells, Self.columns) {
        let comment = Comment("\(line.operation): \(cell)")
        func isDone(_ row: AccessRow, _ kind: CallerKind) -> Bool { row.outcomes[kind] == .done }
        switch cell {
        case "yes": #expect(rows.contains { row in kinds.allSatisfy { isDone(row, $0) } }, comment)
        case "no": #expect(rows.allSatisfy { row in kinds.allSatisfy { !isDone(row, $0) } }, comment)
        default:
          // Under a condition: one that fits is answered, and one that does not is refused.
          #expect(rows.contains { row in kinds.contains { isDone(row, $0) } }, comment)
          #expect(rows.contains { row in !kinds.allSatisfy { isDone(row, $0) } }, comment)
        }
      }
    }
  }
}
