import Foundation
import Testing

@testable import SystemCore

@Suite("Files that one process holds at a time")
struct FileLockTests {
  @Test func `a file is held until the process that holds it ends`() throws {
    let path = FileManager.default.temporaryDirectory.path + "/letterlock-lock-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    // flock(1) is another process.
    let other = Process()
    other.executableURL = URL(fileURLWithPath: "/bin/sh")
    other.arguments = ["-c", "exec 9>'\(path)'; flock -n 9 && echo held; read line"]
    let (input, output) = (Pipe(), Pipe())
    (other.standardInput, other.standardOutput) = (input, output)
    try other.run()
    #expect(String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) == "held\n")
    #expect(try !FileLock.holdUntilExit(path))
    try input.fileHandleForWriting.close()
    other.waitUntilExit()
    #expect(try FileLock.holdUntilExit(path))
    #expect(try FileLock.holdUntilExit(path))
    #expect(throws: DurableFileError.self) { try FileLock.holdUntilExit("/no/such/folder/lock") }
  }

  @Test func `a file that was moved away stays held, and a new one under its name is not yet`() throws {
    let folder = FileManager.default.temporaryDirectory.path + "/letterlock-lock-" + UUID().uuidString
    let path = folder + "/lock"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer {
      for name in [folder, folder + ".aside"] { try? FileManager.default.removeItem(atPath: name) }
    }
    #expect(try FileLock.holdUntilExit(path))
    try FileManager.default.moveItem(atPath: folder, toPath: folder + ".aside")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    #expect(try !isFree(folder + ".aside/lock") && isFree(path))
    #expect(try FileLock.holdUntilExit(path))
    #expect(try !isFree(path))
    // Whatever it is called.
    #expect(try FileLock.holdUntilExit(folder + ".aside/lock"))
    #expect(try FileLock.holdUntilExit(folder + "/../" + URL(filePath: folder).lastPathComponent + "/lock"))
  }

  /// Whether another process could lock a file.
  private func isFree(_ path: String) throws -> Bool {
    let other = Process()
    other.executableURL = URL(fileURLWithPath: "/bin/sh")
    other.arguments = ["-c", "exec 9>'\(path)'; flock -n 9"]
    try other.run()
    other.waitUntilExit()
    return other.terminationStatus == 0
  }
}
