import Foundation
import Testing

@Suite("README.md: products and traits")
struct ReadmeProductTests {
  private static let project = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in
    url.deletingLastPathComponent()
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: project.appendingPathComponent(path), encoding: .utf8)
  }

  /// The trait in which a target's code stands; empty if it needs none.
  private static func trait(of target: String) throws -> String {
    let folder = project.appendingPathComponent("Sources/" + target)
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    let file = try #require(files.first { $0.hasSuffix(".swift") })
    let first = try text("Sources/\(target)/\(file)").prefix { $0 != "\n" }
    return first.hasPrefix("#if ") ? String(first.dropFirst("#if ".count)) : ""
  }

  @Test func `the table names every product with its trait, and no other`() throws {
    let manifest = try Self.text("Package.swift")
    let declaration = /\.(?:library|executable)\(name: "([\w-]+)", targets: \["([\w-]+)"\]\)/
    var products: [String: String] = [:]
    for match in manifest.matches(of: declaration) {
      // A command's code is in a folder of another name than its target.
      let folders = ["letterlock": "LetterlockTool", "letterlock-relay": "LetterlockRelayTool"]
      let target = folders[String(match.2)] ?? String(match.2)
      products[String(match.1)] = try Self.trait(of: target)
    }
    let section =
      try Self.text("README.md").components(separatedBy: "| product | trait |").dropFirst().first ?? ""
    var rows: [String: String] = [:]
    for line in section.components(separatedBy: "\n\n")[0].split(separator: "\n") where line.hasPrefix("| `")
    {
      let cells = line.split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: [" ", "`"]) }
      rows[cells[1]] = cells[2]
    }
    #expect(rows == products)
    // None is on by default, and every one that the table names is declared.
    #expect(manifest.contains(".default(enabledTraits: [])"))
    for trait in rows.values where !trait.isEmpty { #expect(manifest.contains("name: \"\(trait)\"")) }
  }

  @Test func `the version of Swift that is needed is the manifest's`() throws {
    let manifest = try Self.text("Package.swift")
    let version = try #require(manifest.firstMatch(of: /swift-tools-version: ([0-9.]+)/)).1
    #expect(try Self.text("README.md").contains("[Swift \(version) or newer]"))
  }
}
