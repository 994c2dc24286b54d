#if SQLite
internal import GRDB
package import Letterlock
package import LetterlockRelayKit
internal import SQLiteCore

/// The accounts of a relay's file, one after the other: an operator may have many.
extension RelayService where Store == SQLiteRelayStore {
  /// Goes through the summaries of all accounts, in one state of the file, and holds one at a time.
  package func forEachAccount(
    _ order: RelayAccountOrder, _ body: (AccountSummary) throws -> Void
  ) throws(RelayError) {
    try store.readNow { database in
      try database.forEachRow("SELECT account FROM account ORDER BY \(order.columns)", []) { row in
        guard let account = try? AccountID(bytes: try row.bytes(0)) else {
          throw StorageFailure.corrupted("The name of an account is damaged.")
        }
        try body(try summary(of: account, in: SQLiteRows(database, .account(account), store.parts)))
      }
    }
  }

  /// The accounts whose identifiers begin with these hexadecimal digits, two at most.
  package func accounts(beginning digits: String) throws(RelayError) -> [AccountID] {
    try store.readNow { database in
      var found: [AccountID] = []
      try database.forEachRow(
        "SELECT account FROM account WHERE lower(hex(account)) LIKE ? ORDER BY account LIMIT 2",
        [digits.lowercased() + "%"]
      ) { row in found.append(try AccountID(bytes: try row.bytes(0))) }
      return found
    }
  }

  /// What an operator may know of one account.
  package func summary(of account: AccountID) throws(RelayError) -> AccountSummary {
    try store.readNow { database in
      try summary(of: account, in: SQLiteRows(database, .account(account), store.parts))
    }
  }

  /// What takes an account's space.
  package func space(of account: AccountID) throws(RelayError) -> AccountSpace {
    try store.readNow { database in
      let key = account.bytes.stored
      func sum(_ column: String, _ table: String) throws -> UInt64 {
        try database.number(
          "SELECT coalesce(sum(length(\(column))), 0) FROM \(table) WHERE account = ?", [key])
      }
      var space = AccountSpace(
        log: try sum("entry", "log_entry"), wraps: try sum("wrap", "wrap"),
        records: try sum("bytes", "record") + (try sum("signed_batch", "batch")))
      try database.forEachRow("SELECT upload, received FROM blob WHERE account = ?", [key]) { row in
        let received = try row.count(1)
        let isComplete = (try? BlobUpload(decoding: try row.bytes(0)))?.byteCount == received
        space.add(received, isComplete: isComplete)
      }
      return space
    }
  }

  /// Checks one account, attachments included.
  package func audit(_ account: AccountID) throws(RelayError) -> AccountAudit {
    try store.readNow { database in
      AccountAudit(
        account, in: SQLiteRows(database, .account(account), store.parts), of: self, readsAttachments: true)
    }
  }

  /// Copies the relay's file, as one state of it, into the empty file at `copy`, and looks whether a relay is there then.
  /// The files of attachments that this state names are copied beside `place`, where the file is to stand. Returns how
  /// many there were.
  package static func copy(
    _ path: String, to copy: String, placedAt place: String
  ) throws(RelayError) -> Int {
    do {
      let file = try StorageFile(readingFrom: path, schema: RelaySchema.schema)
      try file.queue.inDatabase { database in
        // SQLite copies outside of transactions alone.
        try database.execute(sql: "COMMIT")
        try database.execute(sql: "VACUUM INTO ?", arguments: [copy])
      }
      let store = try SQLiteRelayStore(readingFrom: copy)
      return try store.file.queue.read { database in
        try RelayPartFiles(besideStore: path)
          .copyFiles(to: RelayPartFiles(besideStore: place), database)
      }
    } catch { throw RelayError(storage: error) }
  }

  /// Writes an account to a file, as one state of the store has it.
  package func export(
    _ account: AccountID, progress: (UInt64, UInt64) -> Void = { _, _ in },
    to sink: @escaping ([UInt8]) throws(AccountMoveError) -> Void
  ) throws(AccountMoveError) {
    try moving {
      try store.file.queue.read { database in
        try export(
          account, from: SQLiteRows(database, .account(account), store.parts), progress: progress, to: sink)
      }
    }
  }

  /// Takes an account in from a file. Other accounts are served meanwhile. Returns the account.
  package func importAccount(
    progress: (UInt64, UInt64) -> Void = { _, _ in },
    from source: @escaping (Int) throws(AccountMoveError) -> [UInt8]
  ) throws(AccountMoveError) -> AccountID {
    try importAccount(into: ImportedRows(store: store), progress: progress, from: source)
  }

  private func moving<Answer>(_ body: () throws -> Answer) throws(AccountMoveError) -> Answer {
    do { return try body() } catch let error as AccountMoveError { throw error } catch {
      throw .relay(RelayError(storage: error))
    }
  }
}

/// Transactions of an import.
private struct ImportedRows: AccountImportStore {
  let store: SQLiteRelayStore

  func write(
    _ body: (@escaping (DistributionKey) -> any WritableRelayRows) throws(AccountMoveError) -> Void
  ) throws(AccountMoveError) {
    do {
      let drops = try store.file.queue.write { [parts = store.parts] database -> Bool in
        try body { SQLiteRows(database, $0, parts) }
        return try parts.hasDropped(database)
      }
      guard drops else { return }
      try store.file.queue.write { [parts = store.parts] database in try parts.removeDropped(database) }
    } catch let error as AccountMoveError { throw error } catch {
      throw .relay(RelayError(storage: error))
    }
  }
}

/// In which order accounts are listed.
package enum RelayAccountOrder: String, CaseIterable, Sendable {
  /// By their identifiers.
  case account
  /// The one that keeps the most first.
  case size
  /// The one that was changed last first.
  case changed

  /// The columns of the table `account`.
  fileprivate var columns: String {
    switch self {
    case .account: "account"
    case .size: "record_bytes + blob_bytes + log_bytes DESC, account"
    case .changed: "version DESC, account"
    }
  }
}

/// What takes an account's space, in bytes.
package struct AccountSpace: Hashable, Sendable {
  /// Log entries.
  package let log: UInt64
  /// Wraps of epoch secrets.
  package let wraps: UInt64
  /// Records and signed batches.
  package let records: UInt64
  /// Attachments whose uploads are complete.
  package private(set) var attachments: UInt64 = 0
  /// How many these are.
  package private(set) var attachmentCount = 0
  /// Attachments whose uploads are not.
  package private(set) var unfinished: UInt64 = 0
  /// How many these are.
  package private(set) var unfinishedCount = 0

  init(log: UInt64, wraps: UInt64, records: UInt64) {
    (self.log, self.wraps, self.records) = (log, wraps, records)
  }

  mutating func add(_ byteCount: UInt64, isComplete: Bool) {
    if isComplete {
      attachments += byteCount
      attachmentCount += 1
    } else {
      unfinished += byteCount
      unfinishedCount += 1
    }
  }
}
#endif
