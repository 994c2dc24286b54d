#if Tool
import Foundation
import Letterlock
import LetterlockFormat
import LetterlockSQLite
import Testing

@Suite("An account that a device may not change for a while")
struct WaitingToolTests {
  private let folder: ToolFolder

  init() throws {
    folder = try ToolFolder.withArchive()
  }

  private struct Report: Decodable {
    var sealed: Int
    var failure: String
  }

  @Test func `while it is being restored, each command says when to try again, and nothing is lost`()
    async throws
  {
    let relay = try SQLiteRelay(existing: folder.file("A/relay.sqlite"))
    let (account, recovery) = try recoveryDevice()
    _ = try await relay.hold(account, as: .device(recovery))
    // So long as the hold lasts, in whole minutes.
    let sentence = "The account is being restored with its recovery key. Nothing is lost: try again in "
    let imported = try folder.run("import", "one.xml", "--archive", "A", "--json")
    #expect(
      imported.exitCode == 1 && imported.errors.hasPrefix("letterlock: \(sentence)"), "\(imported.errors)")
    let report = try imported.json(Report.self)
    #expect(report.sealed == 1 && report.failure.hasPrefix(sentence))
    for command in [["sync", "A"], ["device", "rotate", "A"]] {
      let outcome = try folder.start(command).outcome()
      #expect(
        outcome.exitCode == 1 && outcome.errors.hasPrefix("letterlock: \(sentence)"), "\(outcome.errors)")
    }
    try await relay.release(account, as: .device(recovery))
    try folder.succeed("sync", "A")
    #expect(try folder.export("A").contains("kept"))
    try folder.succeed("verify", "A")
  }

  private func recoveryDevice() throws -> (AccountID, DeviceID) {
    let device = try ReadOnlyDevice(
      vault: FileKeyVault(path: folder.file("A/device/keys")),
      store: try SQLiteDeviceStore(readingFrom: folder.file("A/device/store.sqlite")))
    return (device.account, device.log.recoveryDevice)
  }

  @Test func `a device that changes it too often is told when to try again`() throws {
    var outcome = try folder.run("device", "rotate", "A")
    for _ in 0..<16 where outcome.exitCode == 0 { outcome = try folder.run("device", "rotate", "A") }
    #expect(outcome.exitCode == 1 && outcome.output.isEmpty)
    #expect(
      outcome.errors
        == "letterlock: This device has changed the account too often in a short time. Nothing is lost: try again in "
        + "10 minutes.\n")
  }
}
#endif
