#if Server
import ArgumentParser
import LetterlockFormat
import LetterlockRelayKit
import LetterlockSQLite
import SystemCore

/// What moving an account did.
struct MovedReport: Encodable {
  var account: String
  var bytes: UInt64
  var frozen: Bool
}

/// `letterlock-relay export-account`
struct ExportAccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export-account",
    abstract: "Writes an account to a file, to be taken in by another store with the same checkpoint key.",
    discussion: """
      The account stays where it is. Two stores that both take writes for one account fork it: give --freeze, which has \
      this store answer reads and refuse writes from then on, or stop its server. Everything is verified first; nothing \
      that is there is overwritten.

      Exit codes: 0 done; 2 the account is damaged; 1 not done, and the message says why; 64 the command line is wrong.
      """)

  @Argument(help: "The account: at least its first eight digits.") var account: AccountArgument
  @Option(help: "The new file to write, readable by you alone; - for standard output.") var output: String
  @Flag(help: "Marks the account as moved before it is written: this store takes nothing new of it.")
  var freeze = false
  @OptionGroup var options: StoreOptions
  @Flag(help: "Prints one JSON object.") var json = false

  func validate() throws {
    guard output != "-" || !json else {
      throw ValidationError("--json would stand in the file: leave it out.")
    }
  }

  func run() async throws {
    try await OperatorOutput.run {
      let file = try output == "-" ? nil : newFile()
      if file == nil, StandardStream.output.isTerminal {
        throw OperatorError("An account is no text: send standard output to a file or a program.")
      }
      let found = try account.find(in: options.openForReading())
      try verify(found)
      if freeze { try await self.freeze(found) }
      let byteCount = try write(found, to: file)
      let report = MovedReport(account: options.name(found), bytes: byteCount, frozen: freeze)
      if json { return try OperatorOutput.print(json: report) }
      OperatorOutput.note(
        "Wrote account \(report.account), \(byteCount) bytes\(freeze ? ", and froze it here" : "").")
    }
  }

  private func newFile() throws -> OutputFile {
    do throws(OutputFileError) { return try OutputFile(output, existing: .kept) } catch {
      throw OperatorError("\(output) cannot be written: \(error.reason).")
    }
  }

  /// What is damaged would be refused where it is taken in.
  private func verify(_ account: AccountID) throws {
    let audit = try options.openForReading().audit(account)
    guard let problem = audit.problems.first else { return }
    throw OperatorError(
      "The account is damaged, and was not written: \(options.shown(problem)). `letterlock-relay check` names everything.",
      exitCode: 2)
  }

  private func freeze(_ account: AccountID) async throws {
    let relay = try options.openForWriting()
    let now = Timestamp.now
    try await relay.decide(about: account) { $0.moved = $0.moved ?? now }
  }

  private func write(_ account: AccountID, to file: OutputFile?) throws -> UInt64 {
    // Opened after the freeze: everything that the store took is in it.
    let relay = try options.openForReading()
    let progress = OperatorProgress("Writing")
    defer { progress.finish() }
    let counter = ByteCounter()
    try relay.export(
      account, progress: { progress.show("\($0) records, \($1) bytes of attachments") }
    ) { (bytes) throws(AccountMoveError) in
      counter.count += UInt64(bytes.count)
      do throws(OutputFileError) {
        if let file { try file.write(bytes) } else { try StandardStream.output.write(bytes) }
      } catch { throw .output(error) }
    }
    do throws(OutputFileError) { try file?.place() } catch {
      throw OperatorError("\(output) cannot be written: \(error.reason).")
    }
    return counter.count
  }
}

/// Counts what a closure that escapes has written.
private final class ByteCounter {
  var count: UInt64 = 0
}

/// `letterlock-relay unfreeze-account`
struct UnfreezeAccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "unfreeze-account",
    abstract: "Takes back that an account was marked as moved: it takes writes again.",
    discussion: """
      Only if no other store has taken the account in: two stores that both take writes fork it, and its devices say so.

      Exit codes: 0 done; 1 not done, and the message says why; 64 the command line is wrong.
      """)

  @Argument(help: "The account: at least its first eight digits.") var account: AccountArgument
  @OptionGroup var options: StoreOptions

  func run() async throws {
    try await OperatorOutput.run {
      let relay = try options.openForWriting()
      let found = try account.find(in: relay)
      try await relay.decide(about: found) { $0.moved = nil }
      try OperatorOutput.line("Account \(options.name(found)) takes writes here.")
    }
  }
}
#endif
