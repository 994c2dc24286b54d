#if Tool
import Letterlock
import LetterlockRelayKit
import LetterlockSQLite

extension SyncCommand {
  /// Sends a relay's file that was put back from a backup what it lost, and nothing new.
  static func giveBack(
    _ folder: ArchiveFolder, _ passphrase: String?, _ moved: NamedRelay?
  ) async throws {
    try folder.checkInUse()
    try folder.lock()
    let store = try folder.openStore()
    try await moved?.check(for: folder.vault(passphrase))
    guard let file = try (moved?.relay ?? folder.openRelay()).file else {
      throw ToolError(
        "A server takes back what it lost by itself, once its operator says that it was restored: "
          + "run `letterlock sync \(folder.path)`.")
    }
    let relay = RestoredRelay(file)
    let report: SyncReport
    do throws(DeviceError) {
      let device = try Device(vault: folder.vault(passphrase), store: store, relay: relay)
      report = try await device.sync(ignoringConditions: true)
    } catch {
      // A relay that has everything refuses what is new.
      guard error == .relay(.waitsForDevices) else {
        // That advises this very command.
        guard error == .relay(.unknownAccount) else { throw ToolError(error, folder: folder.path) }
        throw ToolError.madeAfterBackup
      }
      try moved?.remember(in: folder)
      return Terminal.line("The relay has everything that this device has.")
    }
    report.noteFindings()
    guard let returned = report.returned else {
      if let failure = report.returnFailure { throw ToolError(failure, folder: folder.path) }
      guard report.verdict.isComplete else { throw ToolError.wrong("\(report.verdict.sentence)") }
      try moved?.remember(in: folder)
      return Terminal.line("The relay has everything that this device has.")
    }
    try moved?.remember(in: folder)
    Terminal.line(
      "The relay took back \(returned.recordCount) records and \(returned.entries.count) changes of the account."
    )
    guard report.verdict.isComplete else { throw ToolError.wrong("\(report.verdict.sentence)") }
  }
}

extension ToolError {
  /// A relay takes back only what leads on from what it has.
  fileprivate static var madeAfterBackup: ToolError {
    ToolError(
      "The relay does not know this account, and takes nothing back: the account was made after the backup, or is of "
        + "another relay. What is here stays: begin a new account with `letterlock init`, and import this archive in it."
    )
  }
}
#endif
