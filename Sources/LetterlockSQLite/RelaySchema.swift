#if SQLite
internal import CryptoCore
internal import GRDB
internal import Letterlock
internal import TLSCodec

/// The relay's tables, keyed by account first. SPEC.md section 9 says of each column what it tells the relay.
enum RelaySchema {
  static let statements = [
    "CREATE TABLE IF NOT EXISTS relay (id INTEGER PRIMARY KEY CHECK (id = 1), receipt_seed BLOB NOT NULL, quota INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS log_entry (account BLOB NOT NULL, idx INTEGER NOT NULL, entry BLOB NOT NULL, PRIMARY KEY (account, idx))",
    "CREATE TABLE IF NOT EXISTS recovery (device BLOB PRIMARY KEY, account BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS wrap (account BLOB NOT NULL, epoch INTEGER NOT NULL, device BLOB NOT NULL, wrap BLOB NOT NULL, PRIMARY KEY (account, epoch, device))",
    "CREATE TABLE IF NOT EXISTS batch (account BLOB NOT NULL, first_leaf INTEGER NOT NULL, append BLOB NOT NULL, PRIMARY KEY (account, first_leaf))",
    "CREATE TABLE IF NOT EXISTS record (account BLOB NOT NULL, leaf INTEGER NOT NULL, bytes BLOB, PRIMARY KEY (account, leaf))",
    "CREATE TABLE IF NOT EXISTS blob (account BLOB NOT NULL, blob BLOB NOT NULL, upload BLOB NOT NULL, PRIMARY KEY (account, blob))",
    "CREATE TABLE IF NOT EXISTS blob_part (account BLOB NOT NULL, blob BLOB NOT NULL, start INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (account, blob, start))",
    "CREATE TABLE IF NOT EXISTS account_usage (account BLOB PRIMARY KEY, log INTEGER NOT NULL, records INTEGER NOT NULL, blobs INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS mailbox (mailbox BLOB NOT NULL, seq INTEGER NOT NULL, message BLOB NOT NULL, PRIMARY KEY (mailbox, seq))",
  ]

  /// The receipt key and the quota, which are made with the file.
  static func settings(_ database: Database, quota: UInt64?) throws -> (ReceiptKey, UInt64) {
    if let row = try Row.fetchOne(database, sql: "SELECT receipt_seed, quota FROM relay") {
      let stored: Int64 = row["quota"]
      return (try ReceiptKey(seed: try row.bytes("receipt_seed")), quota ?? UInt64(clamping: stored))
    }
    let key = try ReceiptKey()
    try database.execute(
      sql: "INSERT INTO relay (id, receipt_seed, quota) VALUES (1, ?, ?)",
      arguments: [key.exportSeed().data, (quota ?? .max).sqlite])
    return (key, quota ?? .max)
  }

  static func exists(_ account: AccountID, _ database: Database) throws -> Bool {
    try place(of: account, database).entries > 0
  }

  /// How many entries and records an account has: what tells whether a cached account is still the newest.
  static func place(
    of account: AccountID, _ database: Database
  ) throws -> (entries: UInt64, records: UInt64) {
    let entries = try Int64.fetchOne(
      database.cachedStatement(sql: "SELECT max(idx) + 1 FROM log_entry WHERE account = ?"),
      arguments: [account.bytes.data])
    let records = try Int64.fetchOne(
      database.cachedStatement(sql: "SELECT max(leaf) + 1 FROM record WHERE account = ?"),
      arguments: [account.bytes.data])
    return (UInt64(clamping: entries ?? 0), UInt64(clamping: records ?? 0))
  }

  /// An account from its log and its Appends; records need not be hashed again, since they were checked
  /// when they came.
  static func load(
    _ account: AccountID, quota: UInt64, _ database: Database
  ) throws -> RelayAccount {
    let entries = try entries(of: account, from: 0, database)
    guard !entries.isEmpty else { throw RelayError.unknownAccount }
    let log: AccountLog
    do { log = try AccountLog(account: account, replaying: entries) } catch {
      throw RelayError.corrupted("account log")
    }
    var history = History()
    let rows = try Row.fetchCursor(
      database, sql: "SELECT append FROM batch WHERE account = ? ORDER BY first_leaf",
      arguments: [account.bytes.data])
    while let row = try rows.next() {
      history.replay(try Append(decoding: try row.bytes("append")))
    }
    return RelayAccount(
      log: log, history: history, usage: try usage(of: account, quota: quota, database))
  }

  static func usage(
    of account: AccountID, quota: UInt64, _ database: Database
  ) throws -> RelayUsage {
    let row = try Row.fetchOne(
      database.cachedStatement(sql: "SELECT log, records, blobs FROM account_usage WHERE account = ?"),
      arguments: [account.bytes.data])
    guard let row else { return RelayUsage(quota: quota) }
    let (log, records, blobs): (Int64, Int64, Int64) = (row["log"], row["records"], row["blobs"])
    return RelayUsage(
      log: UInt64(clamping: log), records: UInt64(clamping: records), blobs: UInt64(clamping: blobs),
      quota: quota)
  }

  private static func add(
    _ byteCount: Int, to column: String, _ account: AccountID, _ database: Database
  ) throws {
    try database.cachedStatement(
      sql:
        "INSERT INTO account_usage (account, log, records, blobs) VALUES (?, 0, 0, 0) ON CONFLICT DO NOTHING"
    ).execute(arguments: [account.bytes.data])
    try database.cachedStatement(
      sql: "UPDATE account_usage SET \(column) = \(column) + ? WHERE account = ?"
    ).execute(arguments: [byteCount, account.bytes.data])
  }

  // MARK: The log

  static func entries(
    of account: AccountID, from index: UInt64, _ database: Database
  ) throws -> [LogEntry] {
    try Row.fetchAll(
      database, sql: "SELECT entry FROM log_entry WHERE account = ? AND idx >= ? ORDER BY idx",
      arguments: [account.bytes.data, index.sqlite]
    ).map { try LogEntry(decoding: try $0.bytes("entry")) }
  }

  static func account(recoveredBy device: DeviceID, _ database: Database) throws -> AccountID? {
    try Row.fetchOne(
      database, sql: "SELECT account FROM recovery WHERE device = ?", arguments: [device.bytes.data]
    ).map { try AccountID(bytes: try $0.bytes("account")) }
  }

  static func insert(
    _ entry: LogEntry, _ wraps: [StoredWrap], epoch: UInt64, after before: AccountLog?,
    _ rules: RelayAccount, _ database: Database
  ) throws {
    let account = rules.log.account
    try database.execute(
      sql: "INSERT INTO log_entry (account, idx, entry) VALUES (?, ?, ?)",
      arguments: [account.bytes.data, entry.content.index.sqlite, entry.encoded.data])
    if let before, let erased = RelayAccount.erasesWraps(of: entry, before: before) {
      try database.execute(
        sql: "DELETE FROM wrap WHERE account = ? AND device = ?",
        arguments: [account.bytes.data, erased.bytes.data])
    }
    if before?.recoveryDevice != rules.log.recoveryDevice {
      try database.execute(sql: "DELETE FROM recovery WHERE account = ?", arguments: [account.bytes.data])
      try database.execute(
        sql: "INSERT INTO recovery (device, account) VALUES (?, ?)",
        arguments: [rules.log.recoveryDevice.bytes.data, account.bytes.data])
    }
    for wrap in wraps {
      try database.execute(
        sql: "INSERT INTO wrap (account, epoch, device, wrap) VALUES (?, ?, ?, ?)",
        arguments: [
          account.bytes.data, epoch.sqlite, wrap.device.bytes.data, wrap.wrap.bytes.data,
        ])
    }
    try add(RelayAccount.byteCount(of: entry, wraps), to: "log", account, database)
  }

  static func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID, _ database: Database
  ) throws -> [UInt8]? {
    try Row.fetchOne(
      database, sql: "SELECT wrap FROM wrap WHERE account = ? AND epoch = ? AND device = ?",
      arguments: [account.bytes.data, epoch.sqlite, device.bytes.data])?.bytes("wrap")
  }

  // MARK: The history

  static func insert(
    _ append: Append, _ records: [[UInt8]], at firstLeaf: UInt64, _ account: AccountID,
    _ database: Database
  ) throws {
    try database.cachedStatement(
      sql: "INSERT INTO batch (account, first_leaf, append) VALUES (?, ?, ?)"
    ).execute(arguments: [account.bytes.data, firstLeaf.sqlite, append.encoded.data])
    let insert = try database.cachedStatement(
      sql: "INSERT INTO record (account, leaf, bytes) VALUES (?, ?, ?)")
    var leaf = firstLeaf.sqlite
    for record in records {
      try insert.execute(arguments: [account.bytes.data, leaf, record.data])
      leaf += 1
    }
    try add(RelayAccount.byteCount(of: append, records), to: "records", account, database)
  }

  static func batches(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, _ database: Database
  ) throws -> [HistoryBatch] {
    let rows = try Row.fetchCursor(
      database,
      sql: "SELECT first_leaf, append FROM batch WHERE account = ? AND first_leaf >= ? ORDER BY first_leaf",
      arguments: [account.bytes.data, leaf.sqlite])
    var batches: [HistoryBatch] = []
    var byteCount = 0
    while byteCount < maximumByteCount || batches.isEmpty, let row = try rows.next() {
      let append = try Append(decoding: try row.bytes("append"))
      let first: Int64 = row["first_leaf"]
      let records = try records(of: account, from: first, append.leafHashes.count, database)
      byteCount += records.reduce(0) { $0 + ($1?.count ?? 0) }
      batches.append(
        HistoryBatch(firstLeaf: UInt64(clamping: first), append: append, records: records))
    }
    return batches
  }

  /// Exactly `count` records; nil for those that are not there.
  private static func records(
    of account: AccountID, from first: Int64, _ count: Int, _ database: Database
  ) throws -> [[UInt8]?] {
    var records = [[UInt8]?](repeating: nil, count: count)
    let rows = try Row.fetchCursor(
      database.cachedStatement(
        sql: "SELECT leaf, bytes FROM record WHERE account = ? AND leaf >= ? AND leaf < ?"),
      arguments: [account.bytes.data, first, first + Int64(count)])
    while let row = try rows.next() {
      let leaf: Int64 = row["leaf"]
      records[Int(leaf - first)] = try row.optionalBytes("bytes")
    }
    return records
  }

  // MARK: Mailboxes

  static func messages(in mailbox: MailboxID, _ database: Database) throws -> [[UInt8]] {
    try Row.fetchAll(
      database, sql: "SELECT message FROM mailbox WHERE mailbox = ? ORDER BY seq",
      arguments: [mailbox.bytes.data]
    ).map { try $0.bytes("message") }
  }

  static func insert(
    _ message: [UInt8], into mailbox: MailboxID, _ database: Database
  ) throws {
    try database.execute(
      sql: """
        INSERT INTO mailbox (mailbox, seq, message) \
        VALUES (?1, (SELECT coalesce(max(seq), 0) + 1 FROM mailbox WHERE mailbox = ?1), ?2)
        """, arguments: [mailbox.bytes.data, message.data])
  }
}

/// Attachments.
extension RelaySchema {
  static func upload(
    of blob: BlobID, _ account: AccountID, _ database: Database
  ) throws -> BlobUpload? {
    try Row.fetchOne(
      database, sql: "SELECT upload FROM blob WHERE account = ? AND blob = ?",
      arguments: [account.bytes.data, blob.bytes.data]
    ).map { try BlobUpload(decoding: try $0.bytes("upload")) }
  }

  static func storedByteCount(
    of blob: BlobID, _ account: AccountID, _ database: Database
  ) throws -> UInt64 {
    let end = try Int64.fetchOne(
      database,
      sql:
        "SELECT start + length(bytes) FROM blob_part WHERE account = ? AND blob = ? ORDER BY start DESC LIMIT 1",
      arguments: [account.bytes.data, blob.bytes.data])
    return UInt64(clamping: end ?? 0)
  }

  static func insert(_ upload: BlobUpload, _ account: AccountID, _ database: Database) throws {
    try database.execute(
      sql: "INSERT INTO blob (account, blob, upload) VALUES (?, ?, ?)",
      arguments: [account.bytes.data, upload.blob.bytes.data, upload.encoded.data])
  }

  static func insert(
    _ bytes: [UInt8], of blob: BlobID, at offset: UInt64, _ account: AccountID, _ database: Database
  ) throws {
    try database.execute(
      sql: "INSERT INTO blob_part (account, blob, start, bytes) VALUES (?, ?, ?, ?)",
      arguments: [account.bytes.data, blob.bytes.data, offset.sqlite, bytes.data])
    try add(bytes.count, to: "blobs", account, database)
  }

  /// The digest of everything that is there.
  static func digest(
    of blob: BlobID, _ account: AccountID, _ database: Database
  ) throws -> Digest32 {
    var hasher = SHA256Hash.Hasher()
    let rows = try Row.fetchCursor(
      database, sql: "SELECT bytes FROM blob_part WHERE account = ? AND blob = ? ORDER BY start",
      arguments: [account.bytes.data, blob.bytes.data])
    while let row = try rows.next() { hasher.update(try row.bytes("bytes")) }
    return try Digest32(bytes: hasher.finalize())
  }

  static func remove(_ blob: BlobID, _ account: AccountID, _ database: Database) throws {
    let stored = try storedByteCount(of: blob, account, database)
    try database.execute(
      sql: "DELETE FROM blob_part WHERE account = ? AND blob = ?",
      arguments: [account.bytes.data, blob.bytes.data])
    try database.execute(
      sql: "DELETE FROM blob WHERE account = ? AND blob = ?",
      arguments: [account.bytes.data, blob.bytes.data])
    try add(-Int(clamping: stored), to: "blobs", account, database)
  }

  static func read(
    _ blob: BlobID, _ account: AccountID, at offset: UInt64, _ byteCount: Int, _ database: Database
  ) throws -> [UInt8] {
    try BlobParts.read(
      table: "blob_part", owner: [], at: offset, byteCount, database,
      filter: "account = ? AND blob = ?", arguments: [account.bytes.data, blob.bytes.data])
  }

  static func blobs(of account: AccountID, _ database: Database) throws -> [BlobID] {
    try Row.fetchAll(
      database, sql: "SELECT blob FROM blob WHERE account = ? ORDER BY blob",
      arguments: [account.bytes.data]
    ).map { try BlobID(bytes: try $0.bytes("blob")) }
  }
}
#endif
