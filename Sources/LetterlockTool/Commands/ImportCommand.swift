#if Tool
import ArgumentParser
import Foundation
import Letterlock
import LetterlockImport

/// `letterlock import`
struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Seals a message history: chat.db of macOS, an Android XML backup, or another archive.",
    discussion: """
      The sources are only read. Importing the same source again adds nothing twice: it brings files that were not there \
      before, and what was edited, unsent or sent in another way since. What is damaged or too long stops nothing \
      else: it is named, and the exit code is 2. A damaged file comes with a later import.
      """)

  @Argument(help: "chat.db files, SMS Backup & Restore XML files, and folders of archives.") var sources:
    [String]
  @Option(help: "The archive's folder.") var archive: String
  @Option(help: "How many messages are sealed, kept and sent at a time: fewer take less memory.")
  var atOnce = ImportReader.pageCount
  @OptionGroup var keys: KeyOptions
  @Option(help: "A file whose first line is the passphrase of the archives that are imported.")
  var sourcePassphraseFile: String?
  @Flag(help: "Prints the summary as one JSON object.") var json = false

  func run() async throws {
    try await Terminal.run {
      guard !sources.isEmpty else { throw ToolError("Name at least one file to import.") }
      guard atOnce > 0 else { throw ToolError("--at-once must be at least 1.") }
      let opened = try ArchiveFolder(path: archive).open(try keys.passphrase())
      let run = try ImportRun(opened, atOnce: atOnce)
      do { try await add(to: run) } catch {
        // What was sealed before stays, and is said.
        if json { try Terminal.print(json: run.total) } else { Terminal.lines(run.total.lines) }
        throw error
      }
      let total = run.total
      if let notSent = run.notSent { run.total.note(failure: notSent.description) }
      if json { try Terminal.print(json: run.total) }
      try Self.check(total, sourceCount: sources.count, run.notSent)
    }
  }

  private func add(to run: ImportRun) async throws {
    for source in sources {
      let folder = ArchiveFolder(path: source)
      let report =
        (try? folder.isInUse()) == true
        ? try await run.add(archive: folder, try sourcePassphrase()) : try await run.add(source)
      if !json { Terminal.lines(report.lines) }
      for damage in report.damagedAttachments { Terminal.note("\(damage.sentence)") }
      for record in report.damagedRecords { Terminal.note("\(record)") }
      if sources.count > 1, let failure = report.failure { Terminal.note("\(failure)") }
    }
  }

  private func sourcePassphrase() throws -> String? {
    try sourcePassphraseFile.map { try KeyOptions.passphrase(in: $0) }
  }

  /// Whether everything came, now that everything that can come has.
  private static func check(_ total: ImportReport, sourceCount: Int, _ notSent: ToolError?) throws {
    if let notSent {
      let others = [sourceCount > 1 ? nil : total.failure, total.incompleteness].compactMap(\.self)
      for other in others { Terminal.note("\(other)") }
      throw total.incompleteness == nil ? notSent : ToolError.wrong(notSent.text)
    }
    if let failure = total.failure {
      let sentence = sourceCount > 1 ? "Not every source could be read to its end." : failure
      throw ToolError("\(sentence)", exitCode: total.incompleteness == nil ? 1 : 2)
    }
    guard let sentence = total.incompleteness else { return }
    throw ToolError.wrong("\(sentence)")
  }
}
#endif
