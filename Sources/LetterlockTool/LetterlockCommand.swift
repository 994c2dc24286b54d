#if Tool
import ArgumentParser
import LetterlockVectors

/// The `letterlock` command.
@main
struct LetterlockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "letterlock",
    abstract: "Seals a message history on this machine, syncs it, and gets it back.",
    discussion: """
      An archive is a folder: device/ holds this device's keys and its sealed history, relay.sqlite is what \
      a server would see.

      Exit codes: 0 done; 1 not done, or done here and not sent, and the message says which and what to do; \
      2 something that is stored or shown is not what it should be, or this device was removed from its account; \
      64 the command line is wrong.
      """,
    version: "0.1.0",
    subcommands: [
      InitCommand.self, ImportCommand.self, StatusCommand.self, ConversationsCommand.self,
      ShowCommand.self, SearchCommand.self, DeleteCommand.self,
      RecoverCommand.self, ExportCommand.self, SnapshotsCommand.self, JoinCommand.self, DeviceCommand.self,
      RecoveryCommand.self, SyncCommand.self, SettingsCommand.self, EraseCommand.self, AttachmentCommand.self,
      StorageCommand.self,
      RestoreCommand.self, VerifyCommand.self, VectorsCommand.self, DemoCommand.self,
    ])
}
#else
/// Says how to build the command: it needs what the `Tool` trait brings.
@main
struct LetterlockCommand {
  static func main() {
    print("Build letterlock with its trait: swift build --traits Tool")
  }
}
#endif
