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
      there is overwritten. Large attachments are files beside the store, and are copied to OUTPUT.blobs. docs/relay.md says \
      how to put it back.

      Exit codes: 0 done; 1 not done, and the message says why; 64 the command line is wrong.
      """)

  @OptionGroup var options: StoreOptions
  @Option(help: "The new file to write.") var output: String

  func run() async throws {
    try await OperatorOutput.run {
      do {
        let file = try OutputFile(output, existing: .kept)
        let count = try SQLiteRelay.copy(options.store.path, to: file.temporary, placedAt: output)
        try file.place()
        try OperatorOutput.line(
          "Copied the store to \(output)"
            + (count == 0 ? "." : ", and the files of \(count) attachments to \(output).blobs."))
      } catch let error as OutputFileError {
        throw OperatorError("\(output) cannot be written: \(error.reason).")
      } catch let error as RelayError {
        throw OperatorError("The store \(options.store.path) cannot be copied: \(error.statement)")
      }
    }
  }
}
#endif
