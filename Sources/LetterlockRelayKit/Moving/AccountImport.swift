package import LetterlockFormat
internal import SystemCore
internal import TLSCodec

/// A store that takes accounts in, in several transactions.
package protocol AccountImportStore {
  /// Runs `body` in a transaction, which has no effect if it throws. It is given the rows under a distribution key.
  func write(
    _ body: (@escaping (DistributionKey) -> any WritableRelayRows) throws(AccountMoveError) -> Void
  ) throws(AccountMoveError)
}

/// Taking an account in from a file. SPEC.md section 7.9.
extension RelayService {
  /// Takes an account in.
  ///
  /// One that is not here is written in transactions of a bounded size, and shows with the last of them; what an import
  /// that was stopped has left is removed first. One that was marked as moved is continued in one transaction, if the file
  /// has everything of it.
  /// - Parameters:
  ///   - store: Where the account is to be.
  ///   - progress: Is told how many records and bytes of attachments were taken.
  ///   - source: Returns the file's next bytes, at most so many; none at its end.
  /// - Returns: The account.
  package func importAccount(
    into store: some AccountImportStore, progress: (UInt64, UInt64) -> Void = { _, _ in },
    from source: @escaping (Int) throws(AccountMoveError) -> [UInt8]
  ) throws(AccountMoveError) -> AccountID {
    var file = try AccountFileReader(source)
    guard let header = try file.next(.header, AccountFile.Header.self) else {
      throw .damaged("it has no header")
    }
    guard header.checkpointKey.bytes == key.publicKey else { throw .otherKey }
    guard header.checkpoint.isSigned(by: key.publicKey) else {
      throw .damaged("its checkpoint is not signed by the relay's key")
    }
    let account = header.checkpoint.account
    var taken = try AccountTaking(header, at: moment, from: &file)
    if let frozen = try FrozenAccount(account, in: store, quota: quota) {
      try taken.extend(frozen, in: store, from: &file, progress)
    } else {
      try taken.take(into: store, quota: quota, from: &file, progress)
    }
    return account
  }
}

/// An account that is here, and was marked as moved.
struct FrozenAccount {
  let stored: StoredAccount
  /// The entries of its log, as they are stored.
  let entries: [[UInt8]]

  var history: History { stored.rules.history }

  /// Looks; nil if nothing of the account is here.
  /// - Throws: `AccountMoveError.accountExists` if it is here, and takes writes or was erased.
  init?(_ account: AccountID, in store: some AccountImportStore, quota: UInt64) throws(AccountMoveError) {
    var found: (StoredAccount, [[UInt8]])?
    try store.write { (rowsOf) throws(AccountMoveError) in
      let rows = rowsOf(.account(account))
      let row = try asking { () throws(RelayError) in try rows.row(in: .account) }
      guard row != nil else { return }
      let stored = try asking { () throws(RelayError) in
        try AccountRows(account: account, quota: quota).load(rows, after: nil)
      }
      guard stored.rules.isMoved, stored.rules.erasure?.completed == nil else { throw .accountExists }
      let entries = try asking { () throws(RelayError) in
        try rows.all(in: .logEntry).map { (row) throws(RelayError) in try row.bytes(1) }
      }
      found = (stored, entries)
    }
    guard let found else { return nil }
    (stored, entries) = found
  }
}

/// Where the rows of an account that is taken in go.
struct ImportTarget {
  let store: any AccountImportStore
  let account: AccountID
  /// What tells this import from another of the same account; nil if all of it is one transaction.
  let mark: Timestamp?

  /// Writes rows of the account, unless another import has begun.
  func write(
    _ body: (any WritableRelayRows) throws(AccountMoveError) -> Void
  ) throws(AccountMoveError) {
    try writeAll { (rowsOf) throws(AccountMoveError) in try body(rowsOf(.account(account))) }
  }

  /// Writes rows of the account and of others, unless another import has begun.
  func writeAll(
    _ body: (@escaping (DistributionKey) -> any WritableRelayRows) throws(AccountMoveError) -> Void
  ) throws(AccountMoveError) {
    try store.write { (rowsOf) throws(AccountMoveError) in
      if let mark {
        let setting = try asking { () throws(RelayError) in try AccountSetting(rowsOf(.account(account))) }
        guard setting.importBegun == mark else { throw .importReplaced }
      }
      try body(rowsOf)
    }
  }

  /// Notes that the account is being taken in, unless something of it is here that no import has left, and removes what an
  /// import has left.
  func begin() throws(AccountMoveError) {
    try store.write { (rowsOf) throws(AccountMoveError) in
      let rows = rowsOf(.account(account))
      try asking { () throws(RelayError) in
        guard try AccountSetting(rows).importBegun == nil else { return }
        for table in [RelayTable.account, .logEntry] {
          guard try rows.rows(in: table, .all, .ascending, limit: 1).isEmpty else {
            throw RelayError.accountExists
          }
        }
      } mapping: {
        $0 == .accountExists ? .accountExists : .relay($0)
      }
      var setting = AccountSetting()
      setting.importBegun = mark
      try asking { () throws(RelayError) in try setting.put(rows) }
    }
    try removeRows()
  }

  /// Removes all that was written, and the note.
  func undo() throws(AccountMoveError) {
    try removeRows()
    try write { (rows) throws(AccountMoveError) in
      try asking { () throws(RelayError) in try rows.remove(.all, in: .accountSetting) }
    }
  }

  private func removeRows() throws(AccountMoveError) {
    var isDone = false
    while !isDone {
      try write { (rows) throws(AccountMoveError) in
        isDone = try asking { () throws(RelayError) in try ErasedRows.removeSome(rows) }
      }
    }
    try write { (rows) throws(AccountMoveError) in
      try asking { () throws(RelayError) in
        for table in [RelayTable.logEntry, .erasure] { try rows.remove(.all, in: table) }
      }
    }
  }
}

/// All of an import in a transaction that is under way.
struct OneTransaction: AccountImportStore {
  let rowsOf: (DistributionKey) -> any WritableRelayRows

  func write(
    _ body: (@escaping (DistributionKey) -> any WritableRelayRows) throws(AccountMoveError) -> Void
  ) throws(AccountMoveError) { try body(rowsOf) }
}
