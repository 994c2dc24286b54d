#if Server
import ArgumentParser
import LetterlockFormat
import LetterlockRelayKit
import LetterlockSQLite
import SystemCore

/// `letterlock-relay backup`
struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copies a store to a new file, also while a server runs.",
    discussion: """
      The copy is one state of the store, with the key that signs checkpoints. It is readable by you alone; nothing that is \
      there is overwritten. docs/relay.md says how to put it back.

      Exit codes: 0 done; 1 not done, and the message says why; 64 the command line is wrong.
      """)

  @OptionGroup var options: StoreOptions
  @Option(help: "The new file to write.") var output: String

  func run() async throws {
    try await OperatorOutput.run {
      do {
        let file = try OutputFile(output, existing: .kept)
        try SQLiteRelay.copy(options.store.path, to: file.temporary)
        try file.place()
      } catch let error as OutputFileError {
        throw OperatorError("\(output) cannot be written: \(error.reason).")
      } catch let error as RelayError {
        throw OperatorError("The store \(options.store.path) cannot be copied: \(error.statement)")
      }
      try OperatorOutput.line("Copied the store to \(output).")
    }
  }
}
#endif
