#if SQLite
internal import CryptoCore
internal import GRDB
public import Letterlock
internal import Synchronization
internal import TLSCodec

/// A relay in one SQLite file: an ordered store that can read nothing of what it stores. Everything in it is
/// what a server would see. SPEC.md section 9.
public final class SQLiteRelay: Relay {
  private let queue: DatabaseQueue
  private let key: ReceiptKey
  private let quota: UInt64
  private let accounts = Mutex<[AccountID: Cached]>([:])

  /// An account as it was when it was read last; another process may have changed it since.
  private struct Cached: Sendable {
    var rules: RelayAccount
  }

  /// Opens the relay in the file at `path`, or makes it with mode 0600. Each account may keep `quota` bytes.
  /// - Throws: `RelayError.unavailable` or `.corrupted`.
  public convenience init(path: String, quota: UInt64 = .max) throws(RelayError) {
    try self.init(path: path, quota: quota, mayCreate: true)
  }

  /// Opens a relay that is there.
  /// - Throws: `RelayError.unavailable` if it is not.
  public convenience init(existing path: String) throws(RelayError) {
    try self.init(path: path, quota: nil, mayCreate: false)
  }

  private init(path: String, quota: UInt64?, mayCreate: Bool) throws(RelayError) {
    do {
      queue = try SQLiteFile.open(path, mayCreate: mayCreate, schema: RelaySchema.statements)
      (key, self.quota) = try queue.write { try RelaySchema.settings($0, quota: quota) }
    } catch { throw Self.error(error) }
  }

  static func error(_ error: any Error) -> RelayError {
    if let error = error as? RelayError { return error }
    let reason = SQLiteFile.reason(error)
    return reason.isCorruption ? .corrupted(reason.text) : .unavailable(reason.text)
  }

  /// One transaction; GRDB begins it as IMMEDIATE, so nobody else writes between reading and writing.
  private func write<Value>(_ body: (Database) throws -> Value) throws(RelayError) -> Value {
    do {
      return try queue.writeWithoutTransaction { database in
        var value: Value?
        try database.inTransaction(.immediate) {
          value = try body(database)
          return .commit
        }
        guard let value else { throw RelayError.internalError("transaction") }
        return value
      }
    } catch { throw Self.error(error) }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(RelayError) -> Value {
    do { return try queue.read(body) } catch { throw Self.error(error) }
  }

  /// The account as the file has it now.
  private func rules(of account: AccountID, _ database: Database) throws -> RelayAccount {
    let place = try RelaySchema.place(of: account, database)
    if let cached = accounts.withLock({ $0[account] }), cached.rules.log.nextIndex == place.entries,
      cached.rules.history.tree.size == place.records
    {
      var rules = cached.rules
      rules.usage = try RelaySchema.usage(of: account, quota: quota, database)
      return rules
    }
    let rules = try RelaySchema.load(account, quota: quota, database)
    accounts.withLock { $0[account] = Cached(rules: rules) }
    return rules
  }

  private func remember(_ rules: RelayAccount) {
    accounts.withLock { $0[rules.log.account] = Cached(rules: rules) }
  }

  public func receiptKey() async throws(RelayError) -> [UInt8] { key.publicKey }

  public func createAccount(_ entry: LogEntry, wraps: [StoredWrap]) async throws(RelayError) {
    let rules = try RelayAccount(create: entry, wraps: wraps, quota: quota)
    try write { database in
      guard try !RelaySchema.exists(rules.log.account, database) else {
        throw RelayError.accountExists
      }
      try RelaySchema.insert(entry, wraps, epoch: 0, after: nil, rules, database)
    }
    remember(rules)
  }

  public func account(recoveredBy device: DeviceID) async throws(RelayError) -> AccountID? {
    try read { try RelaySchema.account(recoveredBy: device, $0) }
  }

  public func logEntries(
    of account: AccountID, from index: UInt64
  ) async throws(RelayError) -> [LogEntry] {
    try read { try RelaySchema.entries(of: account, from: index, $0) }
  }

  public func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID
  ) async throws(RelayError) {
    let rules = try write { database in
      var rules = try self.rules(of: account, database)
      let before = rules.log
      guard case .new = try rules.accept(entry, wraps: wraps) else { return rules }
      try RelaySchema.insert(
        entry, wraps, epoch: rules.log.newestEpoch.header.number, after: before, rules, database)
      return rules
    }
    remember(rules)
  }

  public func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID
  ) async throws(RelayError) -> [UInt8]? {
    try read { try RelaySchema.wrap(of: account, epoch: epoch, for: device, $0) }
  }

  public func append(
    _ append: Append, records: [[UInt8]], to account: AccountID
  ) async throws(RelayError) -> AppendOutcome {
    let (rules, firstLeaf) = try write { database in
      var rules = try self.rules(of: account, database)
      let firstLeaf = rules.history.tree.size
      guard case .new = try rules.accept(append, records: records) else {
        return (rules, UInt64?.none)
      }
      try RelaySchema.insert(append, records, at: firstLeaf, account, database)
      return (rules, firstLeaf)
    }
    remember(rules)
    return AppendOutcome(firstLeaf: firstLeaf, receipt: try rules.receipt(by: key))
  }

  public func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int
  ) async throws(RelayError) -> HistoryPage {
    let (batches, rules) = try read { database in
      (
        try RelaySchema.batches(
          of: account, from: leaf, maximumByteCount: maximumByteCount, database),
        try self.rules(of: account, database)
      )
    }
    return HistoryPage(batches: batches, receipt: try rules.receipt(by: key))
  }

  public func beginBlob(
    _ upload: BlobUpload, of account: AccountID
  ) async throws(RelayError) -> UInt64 {
    try write { database in
      let rules = try self.rules(of: account, database)
      let stored = try RelaySchema.storedByteCount(of: upload.blob, account, database)
      if let present = try RelaySchema.upload(of: upload.blob, account, database) {
        guard present == upload else { throw RelayError.blobRefused }
        return stored
      }
      try rules.check(upload, alreadyStored: 0)
      try RelaySchema.insert(upload, account, database)
      return 0
    }
  }

  public func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8]
  ) async throws(RelayError) {
    guard bytes.count <= 1 << 20 else { throw .tooLarge }
    let isWhole = try write { database in
      guard let upload = try RelaySchema.upload(of: blob, account, database) else {
        throw RelayError.unknownBlob
      }
      let stored = try RelaySchema.storedByteCount(of: blob, account, database)
      guard offset == stored, !bytes.isEmpty, stored + UInt64(bytes.count) <= upload.byteCount else {
        throw RelayError.blobRefused
      }
      let usage = try self.rules(of: account, database).usage
      guard usage.hasRoom(for: bytes.count) else { throw RelayError.quotaExceeded(usage) }
      try RelaySchema.insert(bytes, of: blob, at: offset, account, database)
      guard stored + UInt64(bytes.count) == upload.byteCount else { return true }
      guard try RelaySchema.digest(of: blob, account, database) == upload.digest else {
        // Nothing of it is kept, so that the device can begin again.
        try RelaySchema.remove(blob, account, database)
        return false
      }
      return true
    }
    guard isWhole else { throw .blobRefused }
  }

  public func blob(
    _ blob: BlobID, of account: AccountID
  ) async throws(RelayError) -> BlobUpload? {
    try read { database in
      guard let upload = try RelaySchema.upload(of: blob, account, database),
        try RelaySchema.storedByteCount(of: blob, account, database) == upload.byteCount
      else { return nil }
      return upload
    }
  }

  public func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int
  ) async throws(RelayError) -> [UInt8] {
    try read { try RelaySchema.read(blob, account, at: offset, min(byteCount, 1 << 20), $0) }
  }

  public func post(_ message: [UInt8], to mailbox: MailboxID) async throws(RelayError) {
    guard message.count <= 65_536 else { throw .tooLarge }
    try write { database in
      guard try RelaySchema.messages(in: mailbox, database).count < 16 else {
        throw RelayError.tooLarge
      }
      try RelaySchema.insert(message, into: mailbox, database)
    }
  }

  public func messages(in mailbox: MailboxID) async throws(RelayError) -> [[UInt8]] {
    try read { try RelaySchema.messages(in: mailbox, $0) }
  }

  public func usage(of account: AccountID) async throws(RelayError) -> RelayUsage {
    try read { try self.rules(of: account, $0).usage }
  }

  /// Whether SQLite itself finds the file whole.
  package func isFileWhole() throws(RelayError) -> Bool {
    try read { try String.fetchOne($0, sql: "PRAGMA integrity_check") == "ok" }
  }

  /// Every complete attachment of an account.
  package func allBlobs(of account: AccountID) throws(RelayError) -> [BlobID] {
    try read { try RelaySchema.blobs(of: account, $0) }
  }
}
#endif
