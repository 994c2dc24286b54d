import Foundation
import LetterlockVectors
import Testing

@Suite("Vectors")
struct VectorTests {
  private static let own = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Vectors").path

  @Test func `the project's own vectors hold`() {
    let report = VectorVerifier.verify([Self.own])
    #expect(report.failed == 0, "\(report.lines.filter { $0.contains("FAILED") })")
    #expect(report.skipped == 0)
    // All sixteen of the MLS working group's formats, those that name a suite for each of eight.
    #expect(report.passed >= 213 + 128)
  }

  @Test func `new vectors hold too`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(
      atPath: folder + "/mls", withIntermediateDirectories: true)
    let count = try VectorGenerator.generate { name, bytes in
      try Data(bytes).write(to: URL(fileURLWithPath: folder + "/" + name))
    }
    let report = VectorVerifier.verify([folder])
    #expect(report.passed == count)
    #expect(report.failed == 0)
  }

  /// A verifier that passes everything would pass the vectors, too.
  @Test func `an altered vector is noticed`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let negated = [("\"valid\" : true", "\"valid\" : false"), ("\"valid\" : false", "\"valid\" : true")]
    let files = [
      "record", "signed-batch", "signature", "epoch", "attachment", "message", "key-file", "written-code",
    ]
    for file in files {
      let text = try String(contentsOfFile: "\(Self.own)/\(file).json", encoding: .utf8)
      for (from, to) in negated {
        let path = folder.appendingPathComponent("\(file).json")
        try text.replacingOccurrences(of: from, with: to).write(to: path, atomically: true, encoding: .utf8)
        let all = VectorVerifier.verify(["\(Self.own)/\(file).json"])
        let report = VectorVerifier.verify([path.path])
        #expect(report.failed == text.components(separatedBy: from).count - 1, "\(file)")
        #expect(report.passed + report.failed == all.passed)
      }
    }
  }

  @Test(arguments: [
    ("welcome", "signer_pub"), ("tree-validation", "group_id"), ("tree-operations", "tree_hash_after"),
    ("treekem", "commit_secret"), ("passive-client-welcome", "initial_epoch_authenticator"),
    ("passive-client-handling-commit", "initial_epoch_authenticator"),
    ("passive-client-random", "initial_epoch_authenticator"), ("messages", "mls_welcome"),
    ("deserialization", "vlbytes_header"), ("key-schedule", "confirmation_key"),
    ("transcript-hashes", "confirmed_transcript_hash_after"), ("psk_secret", "psk_secret"),
    ("safe-application", "application_export_secret"), ("safe-application", "signature"),
    ("safe-application", "kem_output"), ("safe-application", "pre_shared_key_id"),
    ("safe-application", "encoded"),
  ])
  func `an altered MLS vector is noticed`(file: String, member: String) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let text = try String(contentsOfFile: "\(Self.own)/mls/\(file).json", encoding: .utf8)
    var parts = text.components(separatedBy: "\"\(member)\" : \"")
    for index in parts.indices.dropFirst() {
      let digit = parts[index].removeFirst()
      parts[index] = (digit == "f" ? "e" : "f") + parts[index]
    }
    let path = folder.appendingPathComponent("\(file).json")
    try parts.joined(separator: "\"\(member)\" : \"").write(to: path, atomically: true, encoding: .utf8)
    let cases = VectorVerifier.verify(["\(Self.own)/mls/\(file).json"]).passed
    let report = VectorVerifier.verify([path.path])
    #expect(cases > 0 && report.failed == cases && report.passed == 0)
  }

  @Test func `what is not a vector file is named`() {
    let report = VectorVerifier.verify(["/nowhere/at/all.json"])
    #expect(report.failed == 1)
    #expect(report.lines.contains { $0.contains("there is no such file") })
  }

  @Test(
    .enabled(if: official != nil),
    arguments: ["hpke", "xwing", "argon2", "merkle", "ed25519-speccheck", "cctv"])
  func `official vectors hold`(folder: String) {
    let report = VectorVerifier.verify(["\(Self.official ?? "")/\(folder)"])
    #expect(report.failed == 0, "\(report.lines.filter { $0.contains("FAILED") })")
    #expect(report.passed > 0)
  }

  @Test(.enabled(if: official != nil))
  func `Wycheproof holds`() {
    let report = VectorVerifier.verify(["\(Self.official ?? "")/wycheproof"])
    #expect(report.failed == 0, "\(report.lines.filter { $0.contains("FAILED") })")
    #expect(report.passed >= 3300)
  }

  /// Of seven cipher suites, two are X448's and Ed448's.
  @Test(
    .enabled(if: official != nil),
    arguments: [
      ("crypto-basics", 5, 2), ("tree-math", 10, 0), ("key-schedule", 5, 2), ("psk_secret", 55, 22),
      ("secret-tree", 15, 6), ("transcript-hashes", 5, 2), ("message-protection", 5, 2), ("welcome", 5, 2),
      ("deserialization", 14, 0), ("messages", 300, 0), ("tree-validation", 70, 28),
      ("tree-operations", 5, 0), ("treekem", 55, 22), ("passive-client-welcome", 40, 16),
      ("passive-client-handling-commit", 65, 26), ("passive-client-random", 1, 0),
    ])
  func `the vectors of the MLS working group hold`(file: String, passed: Int, skipped: Int) {
    let report = VectorVerifier.verify(["\(Self.official ?? "")/mls/\(file).json"])
    #expect(report.failed == 0, "\(report.lines.filter { $0.contains("FAILED") })")
    #expect(report.passed == passed)
    #expect(report.skipped == skipped)
  }

  private static let official = ProcessInfo.processInfo.environment["LETTERLOCK_VECTORS"]
}
