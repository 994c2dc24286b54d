internal import LetterlockFormat
internal import SystemCore
internal import TLSCodec

/// An account that is taken in from a file: what was read of it and verified.
struct AccountTaking {
  let header: AccountFile.Header
  let moment: RelayMoment
  let log: AccountLog
  let entries: [[UInt8]]
  private(set) var wraps: [RelayRow] = []
  private(set) var history = History()
  private(set) var usage = RelayUsage(quota: .max)
  /// Of the records that were here before, those that the file has not.
  private var erasedHere: Set<UInt64> = []
  /// How many records were here before.
  private var oldCount: UInt64 = 0

  var account: AccountID { header.checkpoint.account }

  /// How many bytes of batches or attachments one transaction writes, if no one of them is larger.
  static let stepByteCount = 1 << 22

  /// Reads the log and the wraps.
  init(
    _ header: AccountFile.Header, at moment: RelayMoment, from file: inout AccountFileReader
  ) throws(AccountMoveError) {
    (self.header, self.moment) = (header, moment)
    var (log, bytes): ([LogEntry], [[UInt8]]) = ([], [])
    while let entry = try file.next(.entry, LogEntry.self) {
      let index = UInt64(log.count)
      guard entry.content.index == index else { throw .refused("log entry \(index) is out of place") }
      try asking { () throws(RelayError) in try RelayLimits.check(entry, []) }
      log.append(entry)
      bytes.append(entry.encoded)
    }
    do throws(AccountLogError) {
      self.log = try AccountLog(account: header.checkpoint.account, replaying: log)
    } catch { throw .refused(error.reason) }
    entries = bytes
    for entry in bytes { usage.add(UInt64(entry.count), to: \.log) }
    guard self.log.checkpointKey == header.checkpointKey.bytes else { throw .otherKey }
    guard self.log.head == header.checkpoint.logHead else {
      throw .refused("its log is not the one that its checkpoint names")
    }
    guard header.control.fits(self.log) else {
      throw .refused("a device that is not active has a rate of entries")
    }
    try readWraps(&file)
  }

  private mutating func readWraps(_ file: inout AccountFileReader) throws(AccountMoveError) {
    while let wrap = try file.next(.wrap, AccountFile.Wrap.self) {
      guard log.activeMember(wrap.device) != nil, let place = Int(exactly: wrap.epoch),
        log.epochs.indices.contains(place),
        log.epochs[place].wrapHash(for: wrap.device) == EpochWrap.hash(wrap.wrap.bytes)
      else { throw .refused("a wrap of epoch \(wrap.epoch) is not one that its log names") }
      wraps.append(
        RelayRow([.bytes(wrap.device.bytes), .count(wrap.epoch), .bytes(wrap.wrap.bytes)]))
      usage.add(UInt64(wrap.wrap.bytes.count), to: \.log)
    }
  }

  private func putLog(in rows: any WritableRelayRows) throws(AccountMoveError) {
    try asking { () throws(RelayError) in
      let log = entries.enumerated().map { RelayRow([.count(UInt64($0)), .bytes($1)]) }
      try rows.put(log, in: .logEntry)
      try rows.remove(.all, in: .wrap)
      try rows.put(wraps, in: .wrap)
    }
  }
}

/// In which order it is written.
extension AccountTaking {
  /// Takes in an account that is not here. Without its own row, which is written last, there is no account.
  mutating func take(
    into store: some AccountImportStore, quota: UInt64, from file: inout AccountFileReader,
    _ progress: (UInt64, UInt64) -> Void
  ) throws(AccountMoveError) {
    let target = ImportTarget(store: store, account: account, mark: moment.now)
    try target.begin()
    do throws(AccountMoveError) {
      try target.write { (rows) throws(AccountMoveError) in try putLog(in: rows) }
      try takeContent(to: target, from: &file, after: nil, progress)
      let finished = self
      try target.writeAll { (rowsOf) throws(AccountMoveError) in
        var setting = AccountSetting()
        setting.quota = header.quota
        try finished.finish(rowsOf, setting, quota: quota, after: nil)
      }
    } catch {
      // What cannot be removed now is removed by the next import.
      try? target.undo()
      throw error
    }
  }

  /// Continues an account that is here, and was marked as moved. Everything that is here must be in the file: nothing is
  /// rolled back.
  mutating func extend(
    _ frozen: FrozenAccount, in store: some AccountImportStore, from file: inout AccountFileReader,
    _ progress: (UInt64, UInt64) -> Void
  ) throws(AccountMoveError) {
    guard header.erasure?.final == nil else { throw .refused("it was erased at the other relay") }
    guard entries.count >= frozen.entries.count, header.checkpoint.treeSize >= frozen.history.tree.size else {
      throw .older
    }
    guard entries.starts(with: frozen.entries) else {
      throw .refused("its log does not continue the one that is here")
    }
    oldCount = frozen.history.tree.size
    try skipHistory(&file, frozen.history)
    var taken = self
    try store.write { (rowsOf) throws(AccountMoveError) in
      let rows = rowsOf(.account(account))
      let row = try asking { () throws(RelayError) in try rows.row(in: .account) }
      let version = try asking { () throws(RelayError) in try row?.count(0) }
      guard version == frozen.stored.version else { throw .importReplaced }
      try taken.putLog(in: rows)
      let target = ImportTarget(store: OneTransaction(rowsOf: rowsOf), account: account, mark: nil)
      try taken.takeContent(to: target, from: &file, after: frozen.stored, progress)
      var setting = try asking { () throws(RelayError) in try AccountSetting(rows) }
      setting.moved = nil
      try taken.finish(rowsOf, setting, quota: frozen.stored.rules.usage.quota, after: frozen.stored)
    }
    self = taken
  }

  private mutating func takeContent(
    to target: ImportTarget, from file: inout AccountFileReader, after before: StoredAccount?,
    _ progress: (UInt64, UInt64) -> Void
  ) throws(AccountMoveError) {
    if header.erasure?.final == nil {
      try takeHistory(&file, to: target) { progress($0, 0) }
      let recordCount = history.tree.size
      var attachments = AttachmentTaking(log: log, target: target)
      if before != nil { try attachments.findOld() }
      try attachments.take(&file) { progress(recordCount, $0) }
      usage.add(attachments.byteCount, to: \.blobs)
    }
    try file.finish()
  }

  /// Writes the account's own row, and whose recovery key it has.
  private func finish(
    _ rowsOf: (DistributionKey) -> any WritableRelayRows, _ setting: AccountSetting, quota: UInt64,
    after before: StoredAccount?
  ) throws(AccountMoveError) {
    try claimRecoveryDevices(rowsOf)
    let rows = rowsOf(.account(account))
    var (control, usage) = (header.control, usage)
    control.endTurn()
    usage.quota = setting.quota ?? quota
    let rules = RelayAccount(
      log: log, history: history.withoutAbsent, usage: usage, control: control, erasure: try erasure())
    let version = StoredAccount.version(after: before?.version ?? 0, at: moment.now)
    try asking { () throws(RelayError) in
      try setting.put(rows)
      try AccountRows.save(StoredAccount(version: version, rules: rules), after: before?.rules, rows)
    }
  }

  /// Claims the recovery device, and the one that is announced, unless another account's log names them.
  private func claimRecoveryDevices(
    _ rowsOf: (DistributionKey) -> any WritableRelayRows
  ) throws(AccountMoveError) {
    for device in log.claimedDevices {
      let claims = rowsOf(.recovery(device))
      let holder = try asking { () throws(RelayError) in try RelayAudit.claimant(in: claims) }
      if let holder, holder != log.account,
        RelayAudit.log(of: holder, rowsOf(.account(holder)))?.claimedDevices.contains(device) == true
      {
        throw .recoveryKeyTaken
      }
      try asking { () throws(RelayError) in try claims.put(.bytes(log.account.bytes), in: .recovery) }
    }
  }

  /// The order to erase the account. One that waits, waits its whole time again: what voided it may have come after the
  /// file was written.
  private func erasure() throws(AccountMoveError) -> StoredErasure? {
    guard let moved = header.erasure else { return nil }
    var erasure = StoredErasure(moved.order, received: moved.final == nil ? moment.now : moved.received)
    do throws(ErasureRefusal) {
      guard let final = moved.final else {
        try moved.order.check(against: log)
        return erasure
      }
      guard final == header.checkpoint else { throw .badFinal }
      try CompletedErasure(order: moved.order, final: final).check(against: log)
      erasure.complete(with: final)
    } catch { throw .refused("its order to erase everything does not hold") }
    return erasure
  }
}

/// Records and signed batches.
extension AccountTaking {
  /// Reads and verifies the records that are here already.
  private mutating func skipHistory(
    _ file: inout AccountFileReader, _ known: History
  ) throws(AccountMoveError) {
    while history.tree.size < known.tree.size, let batch = try nextBatch(&file) {
      for (index, record) in batch.records.enumerated() where record == nil {
        erasedHere.insert(batch.firstLeaf + UInt64(index))
      }
    }
    guard history.tree == known.tree else {
      throw .refused("its records do not continue those that are here")
    }
  }

  private mutating func takeHistory(
    _ file: inout AccountFileReader, to target: ImportTarget, _ progress: (UInt64) -> Void
  ) throws(AccountMoveError) {
    var isOver = false
    while !isOver {
      var (batches, byteCount): ([HistoryBatch], Int) = ([], 0)
      while byteCount < Self.stepByteCount {
        guard let batch = try nextBatch(&file) else {
          isOver = true
          break
        }
        batches.append(batch)
        byteCount += batch.records.reduce(1024) { $0 + ($1?.count ?? 0) }
      }
      try add(batches, to: target)
      progress(history.tree.size)
    }
    if let leaf = history.absent.first {
      throw .refused("record \(leaf) is not there, and no device has erased it")
    }
    guard history.tree.size == header.checkpoint.treeSize, history.tree.root == header.checkpoint.treeRoot
    else { throw .refused("its records are not those that its checkpoint names") }
  }

  private mutating func add(_ batches: [HistoryBatch], to target: ImportTarget) throws(AccountMoveError) {
    guard !batches.isEmpty else { return }
    var erased: UInt64 = 0
    let (oldCount, erasedHere) = (oldCount, erasedHere)
    try target.write { (rows) throws(AccountMoveError) in
      try asking { () throws(RelayError) in
        for batch in batches {
          try HistoryRows.add(batch, to: rows)
          for leaf in batch.erasures {
            let byteCount = try HistoryRows.erase(leaf, in: rows)
            // What the file has not was not counted.
            if leaf >= oldCount || !erasedHere.contains(leaf) { erased += byteCount }
          }
        }
      }
    }
    usage.subtract(erased, from: \.records)
  }

  /// The next batch, verified and counted.
  private mutating func nextBatch(_ file: inout AccountFileReader) throws(AccountMoveError) -> HistoryBatch? {
    guard let moved = try file.next(.batch, AccountFile.Batch.self) else { return nil }
    let first = history.tree.size
    guard let batch = moved.batch(at: first) else {
      throw .damaged("the hashes at record \(first) are not all there")
    }
    let records = batch.records.compactMap(\.self)
    try asking { () throws(RelayError) in try RelayLimits.check(records: records) }
    do throws(HistoryError) { try history.accept(batch, of: log) } catch {
      throw .refused("the signed batch at record \(first): \(error.reason)")
    }
    usage.add(UInt64(RelayUsage.byteCount(of: batch.signedBatch, records)), to: \.records)
    return batch
  }
}
