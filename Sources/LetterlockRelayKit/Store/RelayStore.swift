public import LetterlockFormat

/// Where a relay keeps its rows. `RelayService` holds every rule; a store holds none: it puts rows in and gets them
/// out, in transactions that name one distribution key each.
///
/// A store for an SQL database has one table for each `RelayTable`, whose first column is the distribution key.
/// `RelayStoreConformance` in the product LetterlockTestKit says what a store does wrong.
public protocol RelayStore: Sendable {
  /// Runs `body` on one state of the rows under `key`: no write may show in the middle of it.
  ///
  /// `body` may be run again. What it throws is thrown.
  func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer

  /// Runs `body` in a transaction: all that it changed under `key` is durable when the call returns, or nothing is
  /// changed if it throws.
  ///
  /// Writes under one key take effect as if one came after the other. A store that runs them at once finds out when
  /// it commits, or when a row is put that another transaction has put since, and then runs `body` again from the
  /// start: a relay puts the one row of the table `account`, which has a version, in each transaction that changes an
  /// account. `body` does nothing but read and change rows, so running it again is harmless.
  /// - Throws: what `body` throws, or `RelayError.unavailable`.
  func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer

  /// Removes the rows of every mailbox whose column `expires` is below `time`, in nanoseconds since 1970.
  func removeMessages(expiredBefore time: Int64) async throws(RelayError)

  /// Returns the column `version` of each account's row in the table `account`; nothing for an account without a row. Each
  /// row may be of another moment.
  ///
  /// A relay asks once a second for all accounts that devices listen to, so this should take one query.
  func versions(of accounts: [AccountID]) async throws(RelayError) -> [AccountID: UInt64]

  /// Makes bytes that were removed unreadable where they are still to be found, a write-ahead log for instance. Called
  /// after wraps of removed devices, or everything of an account, were removed.
  func scrub() async throws(RelayError)
}

extension RelayStore {
  /// Reads one row after the other.
  public func versions(of accounts: [AccountID]) async throws(RelayError) -> [AccountID: UInt64] {
    var versions: [AccountID: UInt64] = [:]
    for account in accounts {
      versions[account] = try await read(.account(account)) { (rows) throws(RelayError) in
        try rows.row(in: .account).map { (row) throws(RelayError) in try row.count(0) }
      }
    }
    return versions
  }

  /// Does nothing: a store that keeps no removed bytes within reach has nothing to scrub.
  public func scrub() async throws(RelayError) {}
}

/// What a transaction is about. The 32 bytes are the first column of every row, so that a store may distribute its
/// rows by them.
public enum DistributionKey: Hashable, Sendable {
  /// An account: everything but what follows.
  case account(AccountID)
  /// A device that may be some account's recovery device: the table `recovery`.
  case recovery(DeviceID)
  /// A mailbox: the table `mailbox`.
  case mailbox(MailboxID)

  /// The value of the first column.
  public var bytes: [UInt8] {
    switch self {
    case .account(let account): account.bytes
    case .recovery(let device): device.bytes
    case .mailbox(let mailbox): mailbox.bytes
    }
  }
}

/// Rows under one distribution key, in a transaction.
public protocol RelayRows {
  /// Returns at most `limit` rows of a range, in the order of their keys, or from the last one backwards.
  func rows(
    in table: RelayTable, _ range: RowRange, _ order: RowOrder, limit: Int
  ) throws(RelayError) -> [RelayRow]
}

/// Rows under one distribution key, in a transaction that may change them. It reads what it has changed.
public protocol WritableRelayRows: RelayRows {
  /// Inserts rows; a row with the same key is replaced.
  func put(_ rows: [RelayRow], in table: RelayTable) throws(RelayError)
  /// Removes the rows of a range.
  func remove(_ range: RowRange, in table: RelayTable) throws(RelayError)
  /// Makes the transaction wait until the rows of a range are on disk. A store may lose bytes of the table `blobPart`
  /// with the power for which this was not called; of everything else, it loses nothing.
  func synchronise(_ range: RowRange, in table: RelayTable) throws(RelayError)
}

extension WritableRelayRows {
  /// Does nothing: a store that keeps all rows alike has them on disk when a transaction ends.
  public func synchronise(_ range: RowRange, in table: RelayTable) throws(RelayError) {}
}
