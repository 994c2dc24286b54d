#if Server
import ArgumentParser
import LetterlockFormat
import LetterlockRelayKit
import LetterlockSQLite

/// `letterlock-relay quota`
struct QuotaCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quota",
    abstract: "Says what takes an account's space, or how much it may keep from now on.",
    discussion: """
      Without a new quota it shows. With one it changes that and nothing else: what is over a smaller quota stays, and the \
      account takes no more records and attachments. A server that runs heeds it at the next request. Messages in \
      mailboxes belong to no account.

      Exit codes: 0 done; 1 not done, and the message says why; 64 the command line is wrong.
      """)

  @Argument(help: "The account: at least its first eight digits.") var account: AccountArgument
  @Argument(help: "How many bytes, none for no limit, or default for what the store says of every account.")
  var bytes: NewQuota?
  @OptionGroup var options: StoreOptions
  @Flag(help: "Prints one JSON object.") var json = false

  struct Report: Encodable {
    var account: String
    var quota: UInt64?
    var ownQuota: Bool
    var total: UInt64
    var logBytes: UInt64
    var wrapBytes: UInt64
    var recordBytes: UInt64
    var attachmentBytes: UInt64
    var attachments: Int
    var unfinishedBytes: UInt64
    var unfinished: Int
  }

  func run() async throws {
    try await OperatorOutput.run {
      if let bytes { try await set(bytes) }
      let relay = try options.openForReading()
      let found = try account.find(in: relay)
      let report = try self.report(found, relay)
      if json { return try OperatorOutput.print(json: report) }
      for line in lines(of: report) { try OperatorOutput.line(line) }
    }
  }

  private func set(_ new: NewQuota) async throws {
    let relay = try options.openForWriting()
    try await relay.decide(about: try account.find(in: relay)) { $0.quota = new.quota }
  }

  private func report(_ account: AccountID, _ relay: SQLiteRelay) throws -> Report {
    let (summary, space) = (try relay.summary(of: account), try relay.space(of: account))
    for case .damaged(let sentence) in summary.states { throw OperatorError(sentence) }
    let usage = summary.usage
    return Report(
      account: options.name(account), quota: usage.quota == .max ? nil : usage.quota,
      ownQuota: summary.hasOwnQuota, total: usage.total, logBytes: space.log, wrapBytes: space.wraps,
      recordBytes: space.records, attachmentBytes: space.attachments, attachments: space.attachmentCount,
      unfinishedBytes: space.unfinished, unfinished: space.unfinishedCount)
  }

  private func lines(of report: Report) -> [String] {
    let quota = report.quota.map { "at most \($0) bytes" } ?? "as much as it wants"
    return [
      "Account \(report.account) may keep \(quota) (\(report.ownQuota ? "its own quota" : "as every account")).",
      "log                  \(report.logBytes)", "wraps                \(report.wrapBytes)",
      "records              \(report.recordBytes)",
      "attachments          \(report.attachmentBytes) (\(report.attachments))",
      "unfinished uploads   \(report.unfinishedBytes) (\(report.unfinished))",
      "counted together     \(report.total)",
    ]
  }
}

/// `BYTES`, `none` or `default`
struct NewQuota: ExpressibleByArgument {
  /// Nil if the store decides.
  let quota: UInt64?

  init?(argument: String) {
    switch argument {
    case "none": quota = .max
    case "default": quota = nil
    default:
      guard let bytes = UInt64(argument), bytes <= UInt64(Int64.max) else { return nil }
      quota = bytes
    }
  }
}
#endif
