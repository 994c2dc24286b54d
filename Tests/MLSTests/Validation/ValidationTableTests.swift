import Foundation
import MLS
import Testing

@Suite("The table of validation rules")
struct ValidationTableTests {
  private static let tests = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent()
  private static let table = tests.appendingPathComponent("../../Sources/MLS/MLS.docc/Validation.md")

  private func rows() throws -> [[String]] {
    try String(contentsOf: Self.table, encoding: .utf8).split(separator: "\n")
      .filter { $0.hasPrefix("| ") }.dropFirst()
      .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
  }

  @Test func `every rule has a row, and every row a rule`() throws {
    let named = try rows().map { $0[1].trimmingCharacters(in: CharacterSet(charactersIn: "`")) }
    #expect(named.sorted() == ValidationError.allCases.map { "\($0)" }.sorted())
  }

  @Test func `every test that the table names is there, and expects the error`() throws {
    let files = try FileManager.default.subpathsOfDirectory(atPath: Self.tests.path)
      .filter { $0.hasSuffix(".swift") }
      .map { try String(contentsOf: Self.tests.appendingPathComponent($0), encoding: .utf8) }
    for row in try rows() {
      let rule = row[1].trimmingCharacters(in: CharacterSet(charactersIn: "`"))
      for name in row[4].components(separatedBy: "; ") {
        let body = files.compactMap { file in
          file.range(of: "func `\(name)`").map { String(file[$0.upperBound...].prefix(2_200)) }
        }.first
        #expect(body?.contains(".\(rule)") == true, "\(rule): \(name)")
      }
    }
  }
}
