#if Tool
import ArgumentParser
import Foundation
import Letterlock
import LetterlockImport

/// `letterlock import`
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Seals a message history: chat.db of macOS, or an Android XML backup.",
    discussion: "The sources are only read. Importing the same source twice adds nothing twice.")

  @Argument(help: "chat.db files and SMS Backup & Restore XML files.") var sources: [String]
  @Option(help: "The archive's folder.") var archive: String
  @Option(help: "How many messages are sealed, kept and sent at a time: fewer take less memory.")
  var atOnce = ImportReader.pageCount
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints the summary as one JSON object.") var json = false

  func run() async throws {
    try await Terminal.run {
      guard !sources.isEmpty else { throw ToolError("Name at least one file to import.") }
      guard atOnce > 0 else { throw ToolError("--at-once must be at least 1.") }
      let opened = try ArchiveFolder(path: archive).open(try keys.passphrase())
      let run = try ImportRun(opened, atOnce: atOnce)
      for source in sources {
        let summary = try await run.add(source)
        guard !json else { continue }
        Terminal.lines(summary.lines)
      }
      if json { try Terminal.print(json: run.total) }
    }
  }
}
#endif
