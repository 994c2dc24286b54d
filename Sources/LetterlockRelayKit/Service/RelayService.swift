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
  let policy: RelayPolicy
  let clock: @Sendable () -> Timestamp
  let accounts: AccountCache
  let uploads = UploadHashes()
  /// Who is told when accounts go on.
  let watch: AccountWatch
  /// When messages that have expired were last removed.
  let swept = Mutex<Timestamp?>(nil)

  /// A relay over `store`.
  /// - Parameters:
  ///   - key: What the relay signs checkpoints with. Accounts pin it for ever: it must be kept as the rows are.
  ///   - quota: How many bytes each account may keep.
  ///   - policy: How long other writers are held off, and how many log entries a device may send.
  ///   - clock: The time, by which messages in mailboxes expire, holds end, and orders to erase an account take effect.
  public convenience init(
    store: Store, key: CheckpointKey, quota: UInt64 = .max, policy: RelayPolicy = .standard,
    clock: @escaping @Sendable () -> Timestamp = { .now }
  ) {
    self.init(store: store, key: key, quota: quota, policy: policy, clock: clock, accounts: AccountCache())
  }

  init(
    store: Store, key: CheckpointKey, quota: UInt64, policy: RelayPolicy,
    clock: @escaping @Sendable () -> Timestamp, accounts: AccountCache
  ) {
    self.policy = policy
    self.store = store
    self.key = key
    self.quota = quota
    self.clock = clock
    self.accounts = accounts
    watch = AccountWatch { (accounts) throws(RelayError) in try await store.versions(of: accounts) }
  }
}

/// Transactions on accounts.
extension RelayService {
  /// Now, and the numbers that hold.
  var moment: RelayMoment { RelayMoment(now: clock(), policy: policy) }

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
    let moment = moment
    let outcome = try await loading(account) {
      (rows, rules) throws(RelayError) -> AccountOutcome<Answer> in
      try rules.check(caller, access)
      if let completed = rules.erasure?.completed {
        return .erased(completed, isSwept: try Self.isSwept(rows))
      }
      return rules.isErasureDue(at: moment) ? .erasureDue : .answer(try body(rows, rules))
    }
    guard case .erasureDue = outcome else { return try await answer(outcome, of: account) }
    // A change that does nothing but let the order take effect.
    try await changing(account, as: caller, access) { (_, _) throws(RelayError) in }
    return try await reading(account, as: caller, access, body)
  }

  /// Changes an account that may have been erased, for whoever `body` lets change it, in one transaction. It gets a new
  /// version if a row changes.
  func changingEvenErased<Answer: Sendable>(
    _ account: AccountID,
    _ body: @escaping @Sendable (any WritableRelayRows, inout RelayAccount) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    let (known, stored, now) = (accounts[account], AccountRows(account: account, quota: quota), clock())
    let (answer, next) = try await store.write(.account(account)) {
      (rows) throws(RelayError) -> (Answer, StoredAccount) in
      let loaded = try stored.load(rows, after: known)
      let noted = NotedRows(rows)
      var next = loaded
      let answer = try body(noted, &next.rules)
      if noted.isChanged || next.rules.control != loaded.rules.control
        || next.rules.erasure != loaded.rules.erasure
      {
        next.version = StoredAccount.version(after: loaded.version, at: now)
        try AccountRows.save(next, after: loaded.rules, rows)
      }
      return (answer, next)
    }
    // Committed: what a transaction that failed would have left is never kept.
    accounts.keep(next)
    watch.wentOn(account, to: next.version)
    return answer
  }

  /// Changes an account for a caller, unless another has it for itself.
  func changing<Answer: Sendable>(
    _ account: AccountID, as caller: RelayCaller, _ access: CallAccess,
    _ body: @escaping @Sendable (any WritableRelayRows, inout RelayAccount) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    let (moment, key) = (moment, key)
    let outcome = try await changingEvenErased(account) {
      (rows, rules) throws(RelayError) -> AccountOutcome<Answer> in
      try rules.check(caller, access)
      if rules.isErasureDue(at: moment) { try Self.end(&rules, rows, at: moment, by: key) }
      if let completed = rules.erasure?.completed {
        return .erased(completed, isSwept: try Self.isSwept(rows))
      }
      try rules.checkTurn(of: caller, at: moment)
      return .answer(try body(rows, &rules))
    }
    return try await answer(outcome, of: account)
  }

  /// Answers; for an account that was erased with the order, after going on with what is left of the account.
  private func answer<Answer: Sendable>(
    _ outcome: AccountOutcome<Answer>, of account: AccountID
  ) async throws(RelayError) -> Answer {
    switch outcome {
    case .answer(let answer): return answer
    case .erased(let completed, let isSwept):
      // The order has taken effect, even if this must wait.
      if !isSwept { try? await finishErasing(account) }
      throw .accountErased(completed)
    case .erasureDue: throw .internalError("erasure")
    }
  }
}

/// What a transaction on an account found.
enum AccountOutcome<Answer: Sendable>: Sendable {
  case answer(Answer)
  /// Everything was erased; whether all rows are gone.
  case erased(CompletedErasure, isSwept: Bool)
  /// An order has waited long enough, and must take effect first.
  case erasureDue
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

  func synchronise(_ range: RowRange, in table: RelayTable) throws(RelayError) {
    try rows.synchronise(range, in: table)
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
