#if Server
import ArgumentParser
import LetterlockFormat
import LetterlockRelayKit
import LetterlockSQLite

/// `letterlock-relay accounts`
struct AccountsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accounts", abstract: "Lists the accounts of a store, one on a line.",
    discussion: """
      There are no names: a relay knows none. Sizes are bytes as they count against the quota.

      Exit codes: 0 done; 1 the store could not be read; 64 the command line is wrong.
      """)

  @OptionGroup var options: StoreOptions
  @Option(help: "account, size (the largest first) or changed (the newest first).")
  var sort: RelayAccountOrder = .account
  @Flag(help: "Prints one JSON object on a line for each account.") var json = false

  func run() async throws {
    try await OperatorOutput.run {
      let relay = try options.openForReading()
      if !json { try OperatorOutput.line(ListedAccount.heading) }
      try relay.forEachAccount(sort) { summary in
        let listed = ListedAccount(summary, options)
        if json { try OperatorOutput.print(json: listed) } else { try OperatorOutput.line(listed.line) }
      }
    }
  }
}

extension RelayAccountOrder: ExpressibleByArgument {}

/// An account as it is listed.
struct ListedAccount: Encodable {
  var account: String
  var devices: Int
  var entries: UInt64
  var records: UInt64
  var logBytes: UInt64
  var recordBytes: UInt64
  var attachmentBytes: UInt64
  var quota: UInt64?
  var ownQuota: Bool
  var changed: String?
  var states: [String]
  var heldUntil: String?
  var erasedAt: String?
  var movedAt: String?
  var damage: String?
  private let localChange: String?

  private enum CodingKeys: String, CodingKey {
    case account, devices, entries, records, logBytes, recordBytes, attachmentBytes, quota, ownQuota, changed,
      states
    case heldUntil, erasedAt, movedAt, damage
  }

  init(_ summary: AccountSummary, _ options: StoreOptions) {
    account = options.name(summary.account)
    (devices, entries, records) = (summary.deviceCount, summary.entryCount, summary.recordCount)
    let usage = summary.usage
    (logBytes, recordBytes, attachmentBytes) = (usage.log, usage.records, usage.blobs)
    (quota, ownQuota) = (usage.quota == .max ? nil : usage.quota, summary.hasOwnQuota)
    (changed, localChange) = (summary.changed?.rfc3339, summary.changed?.localText)
    states = []
    for state in summary.states { add(state) }
  }

  private mutating func add(_ state: AccountSummary.State) {
    switch state {
    case .held(let end): (heldUntil, states) = (end.rfc3339, states + ["held"])
    case .erasing(let time): (erasedAt, states) = (time.rfc3339, states + ["erasing"])
    case .erased: states.append("erased")
    case .restored: states.append("restored")
    case .moved(let time): (movedAt, states) = (time.rfc3339, states + ["moved"])
    case .damaged(let sentence): (damage, states) = (sentence, states + ["damaged"])
    }
  }

  static let heading = columns(
    "ACCOUNT", "DEVICES", "ENTRIES", "RECORDS", "RECORD BYTES", "FILE BYTES", "QUOTA", "LAST CHANGE", "STATE")

  var line: String {
    Self.columns(
      account, "\(devices)", "\(entries)", "\(records)", "\(recordBytes)", "\(attachmentBytes)",
      (quota.map { "\($0)" } ?? "none") + (ownQuota ? "*" : ""), localChange ?? "-",
      states.isEmpty ? "-" : states.joined(separator: ","))
  }

  private static func columns(_ cells: String...) -> String {
    let widths = [8, 7, 7, 9, 12, 12, 12, 19, 0]
    return zip(cells, widths).enumerated().map { index, cell in
      let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
      // Numbers end in one column.
      return (1...6).contains(index) ? padding + cell.0 : index == cells.count - 1 ? cell.0 : cell.0 + padding
    }.joined(separator: "  ")
  }
}
#endif
