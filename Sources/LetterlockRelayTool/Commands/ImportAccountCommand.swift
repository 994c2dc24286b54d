#if Server
import ArgumentParser
import Foundation
import LetterlockRelayKit
import LetterlockSQLite
import SystemCore

/// `letterlock-relay import-account`
struct ImportAccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-account", abstract: "Takes in an account that export-account wrote.",
    discussion: """
      The store must have the same checkpoint key: devices pin it. Everything is verified as `check` does, and shows only \
      once it is whole; other accounts are served meanwhile. Run the command again if it was stopped. An account that is \
      here and was marked as moved is continued, and takes writes again, if the file has everything of it: so an account \
      comes back. Any other that is here is refused, and nothing of it is changed.

      Exit codes: 0 done; 1 not done, and the message says why; 64 the command line is wrong.
      """)

  @Argument(help: "The file; - for standard input.") var file: String
  @OptionGroup var options: StoreOptions
  @Flag(help: "Prints one JSON object.") var json = false

  func run() async throws {
    try await OperatorOutput.run {
      let source = try AccountFileSource(file)
      let relay = try options.openForWriting()
      let progress = OperatorProgress("Reading")
      defer { progress.finish() }
      let account = try relay.importAccount(
        progress: { progress.show("\($0) records, \($1) bytes of attachments") }, from: source.next)
      progress.finish()
      let report = MovedReport(account: options.name(account), bytes: source.byteCount, frozen: false)
      if json { return try OperatorOutput.print(json: report) }
      try OperatorOutput.line("Account \(report.account) is here now, \(report.bytes) bytes.")
    }
  }
}

/// The bytes of an account's file, one after the other.
private final class AccountFileSource {
  private let file: InputFile?
  private(set) var byteCount: UInt64 = 0

  init(_ path: String) throws {
    guard path != "-" else {
      file = nil
      return
    }
    do throws(DurableFileError) { file = try InputFile(path) } catch {
      let reason =
        switch error {
        case .failed("fstat", _): "it is no file"
        case .failed(_, let code): "\(SystemReason(code))"
        case .danglingLink: "the file that it links to is not there"
        }
      throw OperatorError("\(path) cannot be read: \(reason).")
    }
  }

  func next(_ count: Int) throws(AccountMoveError) -> [UInt8] {
    let bytes: [UInt8]
    do {
      if let file {
        bytes = try file.next(count)
      } else {
        bytes = try FileHandle.standardInput.read(upToCount: count).map(Array.init) ?? []
      }
    } catch { throw .unreadable }
    byteCount += UInt64(bytes.count)
    return bytes
  }
}
#endif
