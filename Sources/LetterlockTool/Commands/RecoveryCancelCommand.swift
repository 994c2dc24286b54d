#if Tool
import ArgumentParser
import Letterlock

extension RecoveryCommand {
  /// `letterlock recovery cancel`
  struct Cancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "cancel", abstract: "Makes a recovery key void that was announced and does not count yet.")

    @Argument(help: "The archive's folder.") var dir: String
    @Option(help: "A file that holds the recovery key, on a device that has no vote.") var keyFile: String?
    @OptionGroup var confirmation: Confirmation
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let device = try ArchiveFolder(path: dir).open(try keys.passphrase()).device
        let isDone: Bool
        do {
          isDone =
            if let keyFile { try await cancel(on: device, with: keyFile) } else {
              try await cancel(on: device)
            }
        } catch let error as DeviceError { throw ToolError(error, folder: dir) }
        Terminal.line(isDone ? "The announced recovery key is void." : "No recovery key is announced.")
      }
    }

    /// As a device that has a vote. Returns whether a recovery key was announced.
    private func cancel(on device: Device) async throws -> Bool {
      guard let announcement = try await announcement(on: device) else { return false }
      guard device.log.approvers.contains(device.id) else { throw DeviceError.notAnApprover }
      try ask(announcement, on: device)
      try await device.cancelRecoveryAnnouncement()
      return true
    }

    /// With the recovery key, which must be the account's, and needed.
    private func cancel(on device: Device, with keyFile: String) async throws -> Bool {
      let key = try RestoreCommand.readKey(keyFile)
      guard let announcement = try await announcement(on: device) else {
        throw ToolError("No recovery key is announced: leave --key-file out.")
      }
      try device.check(key)
      try ask(announcement, on: device)
      try await device.cancelRecoveryAnnouncement(with: key)
      return true
    }

    private func announcement(on device: Device) async throws -> AccountLog.Announcement? {
      try await device.sync(ignoringConditions: true).checked()
      return device.log.announcement
    }

    private func ask(_ announcement: AccountLog.Announcement, on device: Device) throws {
      let signer = announcement.signer
      let who = signer == device.id ? "this device" : "device \(signer.description.prefix(16))"
      try confirmation.ask(
        "The recovery key that \(who) announced would be void for good, whoever has written it down. The one that counts "
          + "now goes on counting.")
    }
  }
}
#endif
