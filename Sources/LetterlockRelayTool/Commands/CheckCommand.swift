#if Server
import ArgumentParser
import LetterlockFormat
import LetterlockRelayKit
import LetterlockSQLite

/// `letterlock-relay check`
struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Verifies everything that a store holds, as far as it can be without keys.",
    discussion: """
      Reads the file without writing to it: SQLite's own check, each account's log, every signed batch and record against \
      the root that the relay signs, wraps, attachments, counts. Names what is wrong and goes on with the rest. --mend \
      removes files beside the store that belong to no attachment, as a process that was killed leaves them, if nobody \
      has written to them for a day; a server may be running. It mends nothing else.

      Exit codes: 0 everything is sound; 2 something is damaged; 1 the store could not be checked; 64 the command line is \
      wrong.
      """)

  @OptionGroup var options: StoreOptions
  @Flag(help: "Leaves out the bytes of attachments.") var fast = false
  @Flag(help: "Then removes files of no attachment that are older than a day.") var mend = false
  @Flag(help: "Prints one JSON object.") var json = false

  struct Report: Encodable {
    struct Finding: Encodable {
      var account: String?
      var text: String
    }
    var accounts: Int
    var records: UInt64
    var attachments: Int
    var attachmentsRead: Bool
    var mailboxes: Int
    var problems: [Finding]
    var notes: [Finding]
    /// Only with --mend.
    var removedFiles: Int?
  }

  func run() async throws {
    try await OperatorOutput.run {
      let relay = try options.openForReading()
      var (problems, notes): ([Report.Finding], [Report.Finding]) = ([], [])
      let counts = try check(relay) { finding in
        let shown = Report.Finding(
          account: finding.account.map(options.name), text: options.shown(finding.text))
        if finding.isDamage { problems.append(shown) } else { notes.append(shown) }
      }
      let removed = try mend ? options.openForWriting().removeStrayFiles() : nil
      if json {
        try OperatorOutput.print(
          json: Report(
            accounts: counts.accounts, records: counts.records, attachments: counts.attachments,
            attachmentsRead: !fast, mailboxes: counts.mailboxes, problems: problems, notes: notes,
            removedFiles: removed))
      } else {
        for finding in problems {
          try OperatorOutput.line("DAMAGED \(finding.account ?? "store"): \(finding.text)")
        }
        for finding in notes {
          try OperatorOutput.line("note \(finding.account ?? "store"): \(finding.text)")
        }
        try OperatorOutput.line(
          "Checked \(counts.accounts) accounts, \(counts.records) records, \(counts.attachments) attachments"
            + "\(fast ? " (not their bytes)" : ""): \(problems.count) damaged.")
      }
      if let removed, !json { try OperatorOutput.line("Removed \(removed) files of no attachment.") }
      guard problems.isEmpty else {
        throw OperatorError(
          "Something in the store is not what it should be. Keep the file, and put a backup in its place (docs/relay.md).",
          exitCode: 2)
      }
    }
  }

  private func check(_ relay: SQLiteRelay, _ found: (RelayFinding) -> Void) throws -> RelayCheckCounts {
    let progress = OperatorProgress("Checking")
    defer { progress.finish() }
    return try relay.check(
      readsAttachments: !fast, progress: { progress.show("account \($0) of \($1)") }, found: found)
  }
}
#endif
