#if Tool
import Foundation
import Testing

extension ToolFolder {
  /// Writes one message to be imported.
  func writeSMS(_ text: String, to file: String) throws {
    try write(
      "<?xml version=\"1.0\"?><smses><sms address=\"+15550101\" date=\"1700000060000\" type=\"1\" body=\"\(text)\" /></smses>",
      to: file)
  }

  /// Asks to join, without waiting. Returns the code.
  func askToJoin(_ name: String, _ options: String...) throws -> String {
    try start(["join", name] + options).outcome().output.trimmingCharacters(in: .newlines)
  }

  /// Asks to join, and approves it in the archive A.
  func join(_ name: String, _ options: String...) throws {
    let code = try start(["join", name] + options).outcome().output.trimmingCharacters(in: .newlines)
    try succeed("device", "add", "A", code)
  }

  /// Makes an archive B beside A, whose device was removed while a message waited.
  func makeRemovedDevice() throws {
    try join("B", "--relay", "A")
    try succeed("sync", "B")
    try removeSecondDevice()
  }

  /// Removes the device of B, where a message waits, and lets it learn of that.
  func removeSecondDevice() throws {
    try writeSMS("waits", to: "two.xml")
    try succeed("device", "stop", "B")
    _ = try run("import", "two.xml", "--archive", "B")
    try succeed("device", "remove", "A", try deviceNumber(of: "B"), "--yes")
    _ = try run("device", "start", "B")
    #expect(try run("sync", "B").exitCode == 2)
  }

  /// The beginning of the number of an archive's device.
  func deviceNumber(of archive: String) throws -> String {
    let own = try run("device", "list", archive).output
    let line = try #require(own.split(separator: "\n").first { $0.contains("this device") })
    return String(try #require(line.firstMatch(of: /[0-9a-f]{16}/)).output)
  }
}
#endif
