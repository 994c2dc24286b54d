public import LetterlockFormat
internal import Synchronization

/// A relay over any store: it holds every rule of SPEC.md section 7, and the store holds rows.
///
/// Accounts that were verified stay in memory, so that a call verifies only what is new; a version in each account's row
/// tells when another process has changed it.
public final class RelayService<Store: RelayStore>: Relay {
  /// Where the rows are.
  public let store: Store
  package let key: CheckpointKey
  let quota: UInt64
  let clock: @Sendable () -> Timestamp
  let accounts: AccountCache
  /// When messages that have expired were last removed.
  let swept = Mutex<Timestamp?>(nil)

  /// A relay over `store`.
  /// - Parameters:
  ///   - key: What the relay signs checkpoints with. Accounts pin it for ever: it must be kept as the rows are.
  ///   - quota: How many bytes each account may keep.
  ///   - clock: The time, by which messages in mailboxes expire.
  public convenience init(
    store: Store, key: CheckpointKey, quota: UInt64 = .max,
    clock: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    self.init(store: store, key: key, quota: quota, clock: clock, accounts: AccountCache())
  }

  init(
    store: Store, key: CheckpointKey, quota: UInt64, clock: @escaping @Sendable () -> Timestamp,
    accounts: AccountCache
  ) {
    self.store = store
    self.key = key
    self.quota = quota
    self.clock = clock
    self.accounts = accounts
  }
}

/// Transactions on accounts.
extension RelayService {
  /// Reads an account that may have been erased, for whoever `body` lets read it.
  func loading<Answer: Sendable>(
    _ account: AccountID,
    _ body: @escaping @Sendable (any RelayRows, RelayAccount) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    let (known, stored) = (accounts[account], AccountRows(account: account, quota: quota))
    let (answer, loaded) = try await store.read(.account(account)) {
      (rows) throws(RelayError) -> (Answer, StoredAccount) in
      let loaded = try stored.load(rows, after: known)
      return (try body(rows, loaded.rules), loaded)
    }
    accounts.keep(loaded)
    return answer
  }

  /// Reads an account for a caller.
  func reading<Answer: Sendable>(
    _ account: AccountID, as caller: RelayCaller, _ access: CallAccess = .reader,
    _ body: @escaping @Sendable (any RelayRows, RelayAccount) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    try await loading(account) { (rows, rules) throws(RelayError) in
      try rules.check(caller, access)
      if let erasure = rules.erasure { throw .accountErased(erasure) }
      return try body(rows, rules)
    }
  }

  /// Changes an account that may have been erased, for whoever `body` lets change it, in one transaction. It gets a new
  /// version if a row changes.
  func changingEvenErased<Answer: Sendable>(
    _ account: AccountID,
    _ body: @escaping @Sendable (any WritableRelayRows, inout RelayAccount) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    let (known, stored) = (accounts[account], AccountRows(account: account, quota: quota))
    let (answer, next) = try await store.write(.account(account)) {
      (rows) throws(RelayError) -> (Answer, StoredAccount) in
      let loaded = try stored.load(rows, after: known)
      let noted = NotedRows(rows)
      var next = loaded
      let answer = try body(noted, &next.rules)
      if noted.isChanged {
        next.version += 1
        try AccountRows.save(next, after: loaded.rules, rows)
      }
      return (answer, next)
    }
    // Committed: what a transaction that failed would have left is never kept.
    accounts.keep(next)
    return answer
  }

  /// Changes an account for a caller.
  func changing<Answer: Sendable>(
    _ account: AccountID, as caller: RelayCaller, _ access: CallAccess,
    _ body: @escaping @Sendable (any WritableRelayRows, inout RelayAccount) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    try await changingEvenErased(account) { (rows, rules) throws(RelayError) in
      try rules.check(caller, access)
      if let erasure = rules.erasure { throw .accountErased(erasure) }
      return try body(rows, &rules)
    }
  }
}

/// Rows of which is known whether anything changed.
private final class NotedRows: WritableRelayRows {
  private let rows: any WritableRelayRows
  private(set) var isChanged = false

  init(_ rows: any WritableRelayRows) { self.rows = rows }

  func rows(
    in table: RelayTable, _ range: RowRange, _ order: RowOrder, limit: Int
  ) throws(RelayError) -> [RelayRow] { try rows.rows(in: table, range, order, limit: limit) }

  func put(_ new: [RelayRow], in table: RelayTable) throws(RelayError) {
    guard !new.isEmpty else { return }
    isChanged = true
    try rows.put(new, in: table)
  }

  func remove(_ range: RowRange, in table: RelayTable) throws(RelayError) {
    isChanged = true
    try rows.remove(range, in: table)
  }
}

/// Accounts that were verified, as the newest version that was seen says.
final class AccountCache: Sendable {
  private static let maximumCount = 1024
  private let accounts: Mutex<[AccountID: StoredAccount]>

  init(_ accounts: [AccountID: StoredAccount] = [:]) { self.accounts = Mutex(accounts) }

  /// A cache that knows the same and goes its own way from here on.
  func fork() -> AccountCache { AccountCache(accounts.withLock { $0 }) }

  subscript(account: AccountID) -> StoredAccount? { accounts.withLock { $0[account] } }

  func keep(_ new: StoredAccount) {
    let account = new.rules.log.account
    accounts.withLock { accounts in
      // Two calls may end in another order than their transactions.
      if let known = accounts[account], known.version >= new.version { return }
      if accounts.count >= Self.maximumCount, let other = accounts.keys.first { accounts[other] = nil }
      accounts[account] = new
    }
  }
}
