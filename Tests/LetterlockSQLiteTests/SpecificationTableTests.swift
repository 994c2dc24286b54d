#if SQLite
import Foundation
import Testing

@testable import LetterlockSQLite

@Suite("SPEC.md section 9: what a relay sees")
struct SpecificationTableTests {
  @Test func `the table names every column of the relay's file, and no other`() throws {
    let spec = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("SPEC.md")
    let named = try String(contentsOf: spec, encoding: .utf8).split(separator: "\n").compactMap { line in
      line.firstMatch(of: #/^\| `([a-z_]+\.[a-z_]+)` \|/#).map { String($0.1) }
    }
    let columns = RelaySchema.schema.tables.flatMap { table in table.columns.map { "\(table.name).\($0)" } }
    #expect(named == columns)
  }
}
#endif
