#if SQLite && os(Linux)
import CryptoCore
import Foundation
import Testing

@testable import Letterlock

/// The tracer, if it is installed.
private enum Strace {
  static let path = ["/usr/bin/strace", "/usr/local/bin/strace"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }
}

/// strace kills a process that saves a vault at each of its system calls in turn.
@Suite("A process that is killed while it saves its keys", .enabled(if: Strace.path != nil))
struct VaultCrashTests {
  /// A system call of a process: the `count`th of its name.
  private struct Call: Hashable, CustomStringConvertible {
    let name: String
    let count: Int
    var description: String { "\(name) \(count)" }
  }

  /// Lets a process save, traced, and returns what it said.
  private func save(_ kind: String, at path: String, _ options: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: try #require(Strace.path))
    process.arguments = ["-f", "-qq"] + options + [try ProbeProgram.url().path, path, "vault", kind]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text
  }

  /// The system calls from the first that names the folder on.
  private func calls(of kind: String, at path: String, in folder: TemporaryFolder) throws -> [Call] {
    let trace = folder.path + "-trace"
    defer { try? FileManager.default.removeItem(atPath: trace) }
    #expect(try save(kind, at: path, ["-o", trace, "-s", "1000"]).contains("saved"))
    var counts: [String: Int] = [:]
    var calls: [Call] = []
    for line in try String(contentsOfFile: trace, encoding: .utf8).split(separator: "\n") {
      // "1234 openat(...": the process, then the call.
      guard let start = line.split(separator: " ", omittingEmptySubsequences: true).dropFirst().first,
        let name = start.split(separator: "(").first, start.contains("("), !line.contains("execve(")
      else { continue }
      counts[String(name), default: 0] += 1
      guard !calls.isEmpty || line.contains(folder.path) else { continue }
      calls.append(Call(name: String(name), count: counts[String(name)] ?? 0))
    }
    return calls
  }

  @Test(arguments: ["first", "next"])
  func `leaves the old keys or the new ones at every system call`(_ kind: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("keys")
    let old = VaultContents(version: 1, secrets: SecretKey(copying: [1, 1, 1]), state: [1])
    func begin() throws {
      try? FileManager.default.removeItem(atPath: path)
      if kind == "next" { try FileKeyVault(path: path).save(old, replacing: nil) }
    }
    try begin()
    var outcomes: [UInt64?: Int] = [:]
    for call in try calls(of: kind, at: path, in: folder) {
      try begin()
      let output = try save(
        kind, at: path, ["-o", "/dev/null", "-e", "inject=\(call.name):signal=SIGKILL:when=\(call.count)"])
      let found = try FileKeyVault(path: path).load()
      outcomes[found?.version, default: 0] += 1
      #expect(found?.isDamaged != true, "\(call)")
      #expect(found?.version == 2 || found?.version == (kind == "next" ? 1 : nil), "\(call)")
      #expect(found?.version != 2 || found?.secrets.exportRawBytes() == [2, 2, 2], "\(call)")
      // What was acknowledged is there.
      #expect(!output.contains("saved") || found?.version == 2, "\(call)")
      // The next saves find nothing in their way, and leave nothing beside the file.
      for version in 3...4 as ClosedRange<UInt64> {
        try FileKeyVault(path: path).save(
          VaultContents(version: version, secrets: old.secrets, state: [3]),
          replacing: version == 3 ? found?.version : 3)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["keys"], "\(call)")
    }
    // Kills fell before the file's new name and after it.
    #expect(outcomes[2] ?? 0 > 1 && outcomes[kind == "next" ? 1 : nil] ?? 0 > 5, "\(outcomes)")
  }
}
#endif
