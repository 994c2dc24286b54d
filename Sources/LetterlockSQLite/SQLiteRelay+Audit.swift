#if SQLite
internal import SQLiteCore
internal import GRDB
package import Letterlock
package import LetterlockRelayKit

/// What only the file itself can tell: rows that nothing else would ever read.
extension RelayService where Store == SQLiteRelayStore {
  /// What is wrong, in words.
  package func audit() throws(RelayError) -> [String] {
    try store.readNow { [parts = store.parts] database in
      var problems: [String] = []
      for bytes in try Self.keys(of: .account, database) {
        guard let account = try? AccountID(bytes: bytes) else { continue }
        problems += try RelayAudit.problems(of: account, in: SQLiteRows(database, .account(account), parts))
        problems += try Self.recoveryProblems(of: account, database, parts)
      }
      for finding in try Self.strayRows(database, parts)
      where finding.isDamage && !problems.contains(finding.text) {
        problems.append(finding.text)
      }
      for bytes in try Self.keys(of: .mailbox, database) {
        guard let mailbox = try? MailboxID(bytes: bytes) else { continue }
        problems += try RelayAudit.problems(of: mailbox, in: SQLiteRows(database, .mailbox(mailbox), parts))
      }
      return problems
    }
  }

  /// Whether the newest recovery device leads to the account.
  static func recoveryProblems(
    of account: AccountID, _ database: Database, _ parts: RelayPartFiles
  ) throws -> [String] {
    let device = RelayAudit.recoveryDevice(of: account, in: SQLiteRows(database, .account(account), parts))
    guard let device else { return [] }
    let claims = SQLiteRows(database, .recovery(device), parts)
    return try RelayAudit.claimant(in: claims) == account
      ? [] : ["the recovery key does not lead to the account"]
  }

  /// Rows that belong to nothing.
  static func strayRows(_ database: Database, _ parts: RelayPartFiles) throws -> [RelayFinding] {
    var findings = try parts.findings(database)
    findings += try stray(
      "parts belong to an attachment that is not there",
      """
      SELECT DISTINCT account FROM blob_part p WHERE NOT EXISTS \
      (SELECT 1 FROM blob b WHERE b.account = p.account AND b.blob = p.blob)
      """, database)
    findings += try stray(
      "an attachment has not all the bytes that came",
      """
      SELECT DISTINCT account FROM blob b WHERE received <> coalesce(\
      (SELECT sum(length(bytes)) FROM blob_part p WHERE p.account = b.account AND p.blob = b.blob), 0) + coalesce(\
      (SELECT sum(byte_count) FROM file_part p WHERE p.account = b.account AND p.blob = b.blob), 0)
      """, database)
    for table in RelayTable.allCases where table.distributionColumn == "account" {
      findings += try stray(
        "\(table.name) has rows of an account that is not there",
        """
        SELECT DISTINCT account FROM \(table.name) t WHERE NOT EXISTS \
        (SELECT 1 FROM log_entry e WHERE e.account = t.account AND e.idx = 0) \
        OR NOT EXISTS (SELECT 1 FROM account a WHERE a.account = t.account)
        """, database)
    }
    let imported = try importedAccounts(database)
    guard !imported.isEmpty else { return findings }
    return findings.filter { finding in finding.account.map { !imported.contains($0) } ?? true }
      + imported.map { account in
        RelayFinding(
          account: account,
          text: "an import of it is under way, or was stopped: run import-account again", isDamage: false)
      }
  }

  /// The accounts that are being taken in, and show not yet.
  private static func importedAccounts(_ database: Database) throws -> [AccountID] {
    var accounts: [AccountID] = []
    try database.forEachRow(
      """
      SELECT account FROM account_setting s WHERE moved < 0 \
      AND NOT EXISTS (SELECT 1 FROM account a WHERE a.account = s.account)
      """, []
    ) { row in accounts.append(try AccountID(bytes: try row.bytes(0))) }
    return accounts
  }

  /// A finding for each account that a query names.
  private static func stray(_ text: String, _ sql: String, _ database: Database) throws -> [RelayFinding] {
    var findings: [RelayFinding] = []
    try database.forEachRow(sql, []) { row in
      findings.append(
        RelayFinding(account: try? AccountID(bytes: try row.bytes(0)), text: text, isDamage: true))
    }
    return findings
  }

  private static func keys(of table: RelayTable, _ database: Database) throws -> [[UInt8]] {
    let column = table.distributionColumn
    var keys: [[UInt8]] = []
    try database.forEachRow("SELECT DISTINCT \(column) FROM \(table.name) ORDER BY \(column)", []) {
      keys.append(try $0.bytes(0))
    }
    return keys
  }
}
#endif
