#if Server
import ArgumentParser

/// The `letterlock-relay` command.
@main
struct RelayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "letterlock-relay",
    abstract: "Serves a relay for devices of Letterlock over HTTP, and looks after its store.",
    discussion:
      "Exit codes: 0 done; 1 not done, and the message says why; 2 damage was found; 64 the command line is wrong.",
    version: "0.1.0",
    subcommands: [
      ServeCommand.self, TokenCommand.self, CheckCommand.self, AccountsCommand.self, QuotaCommand.self,
      ExportAccountCommand.self,
      ImportAccountCommand.self, UnfreezeAccountCommand.self, BackupCommand.self,
    ])
}
#else
/// Says how to build the command: it needs what the `Server` trait brings.
@main
struct RelayCommand {
  static func main() {
    print("Build letterlock-relay with its trait: swift build --traits Server")
  }
}
#endif
