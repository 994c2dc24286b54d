internal import CryptoCore
internal import LetterlockFormat
internal import SystemCore
internal import TLSCodec

/// An account as one version of its row says.
struct StoredAccount: Sendable {
  /// Grows with each change. One that a caller made is at least the milliseconds since 1970, by the relay's clock, when it
  /// was made.
  var version: UInt64
  var rules: RelayAccount

  /// The version that a change makes of another.
  static func version(after last: UInt64 = 0, at now: Timestamp) -> UInt64 {
    max(last.addingSaturated(1), now.millisecondsSince1970)
  }

  /// When the account was last changed, by the relay's clock; nil if its version does not tell.
  static func changed(_ version: UInt64) -> Timestamp? {
    // Versions that were counted before they told a time.
    guard version >= 1_000_000_000_000 else { return nil }
    return Timestamp(nanosecondsSince1970: 0).advanced(by: .milliseconds(Int64(clamping: version)))
  }
}

/// Reads and writes what the rules need to know of an account: rows of fixed size, besides the log.
struct AccountRows {
  let account: AccountID
  let quota: UInt64

  /// The account as the rows say. What is `known` of it already is not read and verified again.
  /// - Throws: `RelayError.unknownAccount` if it is not there.
  func load(_ rows: any RelayRows, after known: StoredAccount?) throws(RelayError) -> StoredAccount {
    guard let row = try rows.row(in: .account) else { throw .unknownAccount }
    let version = try row.count(0)
    if let known, known.version == version { return known }
    let setting = try AccountSetting(rows)
    let usage = RelayUsage(
      log: try row.count(3), records: try row.count(4), blobs: try row.count(5),
      quota: setting.quota ?? quota)
    let erasure = try StoredErasure(rows)
    guard let control = try? WriteControl(decoding: try row.bytes(6)), let history = try history(row, rows),
      try row.bytes(7) == Self.digest(history, usage, control, erasure)
    else {
      throw damaged("history")
    }
    let rules = RelayAccount(
      log: try log(rows, after: known?.rules.log), history: history, usage: usage, control: control,
      erasure: erasure, isMoved: setting.moved != nil)
    return StoredAccount(version: version, rules: rules)
  }

  private func history(_ row: RelayRow, _ rows: any RelayRows) throws(RelayError) -> History? {
    var authors: [History.AuthorState] = []
    for row in try rows.all(in: .author) {
      guard let device = try? DeviceID(bytes: try row.bytes(0)),
        let batchHash = try? Digest32(bytes: try row.bytes(2))
      else { return nil }
      authors.append(
        .init(device: device, counter: UInt64(bitPattern: try row.integer(1)), batchHash: batchHash))
    }
    var boundaries: [History.Boundary] = []
    for row in try rows.all(in: .root) {
      guard let root = try? Digest32(bytes: try row.bytes(1)) else { return nil }
      boundaries.append(.init(size: try row.count(0), root: root))
    }
    // The empty history has no row: it is one of the newest until there are enough others.
    if boundaries.count < History.boundaryCount {
      boundaries.insert(.init(size: 0, root: HistoryTree().root), at: 0)
    }
    guard let tree = try? HistoryTree(decoding: try row.bytes(1)) else { return nil }
    return History(tree: tree, authors: authors, boundaries: boundaries, epoch: try row.count(2))
  }

  private func log(_ rows: any RelayRows, after known: AccountLog?) throws(RelayError) -> AccountLog {
    let entries = try LogRows(rows).entries(from: known?.nextIndex ?? 0)
    do throws(AccountLogError) {
      guard var log = known else { return try AccountLog(account: account, replaying: entries) }
      for entry in entries { try log.append(entry) }
      return log
    } catch { throw damaged("log") }
  }

  private func damaged(_ part: String) -> RelayError { .corrupted("The \(part) of an account is damaged.") }

  /// Writes the account's row, and what changed of the others. `before` is what they say; nil if they are not there.
  static func save(
    _ account: StoredAccount, after before: RelayAccount?, _ rows: any WritableRelayRows
  ) throws(RelayError) {
    let rules = account.rules
    let (history, usage, control) = (rules.history, rules.usage, rules.control)
    if rules.erasure != before?.erasure { try StoredErasure.put(rules.erasure, in: rows) }
    try rows.put(
      .count(account.version), .bytes(history.tree.encoded), .count(history.epoch), .count(usage.log),
      .count(usage.records), .count(usage.blobs), .bytes(control.encoded),
      .bytes(digest(history, usage, control, rules.erasure)), in: .account)
    let known = Set(before?.history.authors ?? [])
    let authors = history.authors.filter { !known.contains($0) }.map { author in
      RelayRow([
        .bytes(author.device.bytes), .integer(Int64(bitPattern: author.counter)),
        .bytes(author.batchHash.bytes),
      ])
    }
    try rows.put(authors, in: .author)
    let end = before?.history.tree.size ?? 0
    let roots = history.boundaries.filter { $0.size > end }
    guard !roots.isEmpty else { return }
    try rows.put(roots.map { RelayRow([.count($0.size), .bytes($0.root.bytes)]) }, in: .root)
    guard let oldest = history.boundaries.first?.size, oldest > 0 else { return }
    try rows.remove(RowRange(below: .count(oldest)), in: .root)
  }

  /// Forgets the history.
  static func removeHistory(_ rows: any WritableRelayRows) throws(RelayError) {
    try rows.remove(.all, in: .author)
    try rows.remove(.all, in: .root)
  }

  /// SHA-256 over everything that the rules need besides the log, so that damage is not signed for.
  private static func digest(
    _ history: History, _ usage: RelayUsage, _ control: WriteControl, _ erasure: StoredErasure?
  ) -> [UInt8] {
    var writer = TLSWriter(reserving: 4096)
    writer.write(history.tree)
    writer.write(history.authors.sorted { $0.device < $1.device })
    writer.write(history.boundaries)
    for number in [history.epoch, usage.log, usage.records, usage.blobs] { writer.write(number) }
    writer.write(control)
    for value in erasure?.row.values ?? [] {
      switch value {
      case .integer(let number): writer.write(number)
      case .bytes(let bytes): writer.write(opaque: bytes)
      }
    }
    return SHA256Hash.hash(writer.bytes)
  }
}

/// The log, and the wraps beside it.
struct LogRows {
  let rows: any RelayRows

  init(_ rows: any RelayRows) { self.rows = rows }

  /// The entries from an index on, up to another.
  func entries(from index: UInt64, below end: UInt64 = .max) throws(RelayError) -> [LogEntry] {
    var entries: [LogEntry] = []
    for row in try rows.all(in: .logEntry, RowRange(from: .count(index), below: .count(end))) {
      guard let entry = try? LogEntry(decoding: try row.bytes(1)), entry.content.index == (try row.count(0))
      else {
        throw .corrupted("The log of an account is damaged.")
      }
      entries.append(entry)
    }
    return entries
  }

  /// Adds an entry that `log` ends with, and the wraps of its newest epoch.
  static func add(
    _ entry: LogEntry, _ wraps: [StoredWrap], _ log: AccountLog, to rows: any WritableRelayRows
  ) throws(RelayError) {
    try rows.put(.count(entry.content.index), .bytes(entry.encoded), in: .logEntry)
    let epoch = RelayValue.count(log.newestEpoch.header.number)
    try rows.put(
      wraps.map { RelayRow([.bytes($0.device.bytes), epoch, .bytes($0.wrap.bytes)]) }, in: .wrap)
  }

  /// A device's wrap of an epoch's secret.
  func wrap(epoch: UInt64, for device: DeviceID) throws(RelayError) -> [UInt8]? {
    try rows.row(in: .wrap, .bytes(device.bytes), .count(epoch))
      .map { (row) throws(RelayError) in try row.bytes(2) }
  }

  /// Erases all wraps of a device. Returns how many bytes they had.
  static func eraseWraps(of device: DeviceID, in rows: any WritableRelayRows) throws(RelayError) -> UInt64 {
    let range = RowRange([.bytes(device.bytes)])
    var byteCount: UInt64 = 0
    for row in try rows.all(in: .wrap, range) { byteCount += UInt64(try row.bytes(2).count) }
    try rows.remove(range, in: .wrap)
    return byteCount
  }
}
