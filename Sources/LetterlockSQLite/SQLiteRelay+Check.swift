#if SQLite
internal import GRDB
package import Letterlock
package import LetterlockRelayKit
internal import SQLiteCore

/// Something that a check of a relay's file found.
package struct RelayFinding: Hashable, Sendable {
  /// The account; nil for the file, a mailbox, or rows of no account.
  package let account: AccountID?
  /// What was found, in words.
  package let text: String
  /// Whether something is wrong; otherwise it is not as it was, and harms nobody.
  package let isDamage: Bool
}

/// How much a check of a relay's file read.
package struct RelayCheckCounts: Hashable, Sendable {
  /// Accounts.
  package fileprivate(set) var accounts = 0
  /// Records.
  package fileprivate(set) var records: UInt64 = 0
  /// Attachments.
  package fileprivate(set) var attachments = 0
  /// Mailboxes.
  package fileprivate(set) var mailboxes = 0
}

extension RelayService where Store == SQLiteRelayStore {
  /// Checks the file, and everything in it that can be verified without a device's keys. What is wrong in one place is
  /// told, and the rest is still checked.
  /// - Parameters:
  ///   - readsAttachments: Whether the bytes of attachments are compared with what was signed for.
  ///   - progress: Is told how many accounts are done, of how many.
  ///   - found: Is told what was found, as it is.
  /// - Throws: `RelayError` if the file cannot be read at all.
  package func check(
    readsAttachments: Bool, progress: (Int, Int) -> Void, found: (RelayFinding) -> Void
  ) throws(RelayError) -> RelayCheckCounts {
    if try !isFileWhole() {
      found(RelayFinding(account: nil, text: "SQLite finds the file damaged", isDamage: true))
    }
    return try store.readNow { database in
      var counts = RelayCheckCounts()
      try checkAccounts(database, readsAttachments, &counts, progress, found)
      for finding in try Self.strayRows(database) { found(finding) }
      try database.forEachRow("SELECT DISTINCT mailbox FROM mailbox ORDER BY mailbox", []) { row in
        counts.mailboxes += 1
        guard let mailbox = try? MailboxID(bytes: try row.bytes(0)) else { return }
        for text in try RelayAudit.problems(of: mailbox, in: SQLiteRows(database, .mailbox(mailbox))) {
          found(RelayFinding(account: nil, text: text, isDamage: true))
        }
      }
      return counts
    }
  }

  private func checkAccounts(
    _ database: Database, _ readsAttachments: Bool, _ counts: inout RelayCheckCounts,
    _ progress: (Int, Int) -> Void, _ found: (RelayFinding) -> Void
  ) throws {
    let total = Int(clamping: try database.number("SELECT count(*) FROM account"))
    try database.forEachRow("SELECT account FROM account ORDER BY account", []) { row in
      guard let account = try? AccountID(bytes: try row.bytes(0)) else {
        return found(
          RelayFinding(account: nil, text: "the name of an account is damaged", isDamage: true))
      }
      let rows = SQLiteRows(database, .account(account))
      let audit = AccountAudit(account, in: rows, of: self, readsAttachments: readsAttachments)
      let claims = (try? Self.recoveryProblems(of: account, database)) ?? []
      for text in audit.problems + claims {
        found(RelayFinding(account: account, text: text, isDamage: true))
      }
      for text in audit.notes { found(RelayFinding(account: account, text: text, isDamage: false)) }
      counts.accounts += 1
      counts.records += audit.recordCount
      counts.attachments += audit.attachmentCount
      progress(counts.accounts, total)
    }
  }
}
#endif
