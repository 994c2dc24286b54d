#if Tool
import ArgumentParser
import Letterlock

extension RecoveryCommand {
  /// `letterlock recovery acknowledge`
  struct Acknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "acknowledge",
      abstract:
        "Says that you know of the recovery keys that took the place of others: they are named no more.")

    @Argument(help: "The archive's folder.") var dir: String
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let device = try ArchiveFolder(path: dir).open(try keys.passphrase()).device
        do {
          let replaced = try device.replacedRecoveryKeys()
          guard !replaced.isEmpty else { return Terminal.line("No recovery key was replaced unseen.") }
          for replacement in replaced {
            try device.acknowledge(replacement)
            let announcer = replacement.announcer.map { "device \($0.description.prefix(16))" }
            Terminal.line("Entry \(replacement.entry), by \(announcer ?? "the old key"): named no more.")
          }
        } catch let error as DeviceError { throw ToolError(error, folder: dir) }
      }
    }
  }
}
#endif
