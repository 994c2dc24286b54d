#if Tool
import Foundation
import Testing

@Suite("letterlock sync --follow")
struct FollowToolTests {
  private let folder: ToolFolder

  /// `B` has joined the account of `A`, at the relay in `A`.
  init() throws {
    folder = try ToolFolder.withArchive()
    let code = try folder.succeed("join", "B", "--relay", "A").output
    try folder.succeed("device", "add", "A", code.trimmingCharacters(in: .newlines))
    try folder.succeed("sync", "B")
    try folder.succeed("sync", "A")
    try folder.succeed("sync", "B")
  }

  private struct Listing: Decodable {
    struct Row: Decodable {
      var id: String
      var role: String
    }

    var devices: [Row]
  }

  private func waitForLines(_ count: Int, of tool: RunningTool) throws -> [Substring] {
    for _ in 0..<60_000 where tool.isRunning {
      let output = try tool.outputSoFar()
      let lines = output.split(separator: "\n")
      if lines.count >= count, output.hasSuffix("\n") { return lines }
      usleep(1_000)
    }
    return try tool.outputSoFar().split(separator: "\n")
  }

  @Test func `the command syncs whenever something has come, until it is interrupted`() throws {
    let following = try folder.start(["sync", "B", "--follow"])
    #expect(try waitForLines(1, of: following).count == 1)
    try folder.succeed("import", "one.xml", "--archive", "A")
    let lines = try waitForLines(2, of: following)
    #expect(
      lines.last?.contains(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d  .*Received [1-9]/) == true,
      "\(lines)")
    // Its folder is free, for whoever reads and whoever writes.
    #expect(try folder.succeed("show", "B", "+15550101").output.contains("kept"))
    try folder.succeed("settings", "B", "--keep-deleted", "40")
    following.send(SIGINT)
    let outcome = try following.outcome()
    #expect(outcome.exitCode == 0 && !outcome.wasKilled, "\(outcome.errors)")
  }

  @Test func `a device that is removed says so, and ends`() throws {
    let following = try folder.start(["sync", "B", "--follow"])
    #expect(try waitForLines(1, of: following).count == 1)
    let list: Listing = try folder.succeed("device", "list", "B", "--json").json()
    let number = try #require(list.devices.first { $0.role == "this device" }?.id)
    try folder.succeed("device", "remove", "A", number, "--yes")
    let outcome = try following.outcome()
    #expect(outcome.exitCode == 2)
    #expect(outcome.errors.contains("removed"), "\(outcome.errors)")
  }

  @Test func `what needs a decision is not followed`() throws {
    for option in ["--give-back", "--despite-evidence", "--erase-everything", "--json"] {
      #expect(try folder.run("sync", "B", "--follow", option).exitCode == 64, "\(option)")
    }
  }
}
#endif
