package import LetterlockFormat
internal import SystemCore
internal import TLSCodec

/// Taking an account in from a file. SPEC.md section 7.9.
extension RelayService {
  /// Takes an account in, in a transaction of the caller's: nothing of it may show before the transaction ends, and
  /// nothing may stay if this throws.
  /// - Parameters:
  ///   - rowsOf: The rows under a distribution key, in the transaction.
  ///   - progress: Is told how many records and bytes of attachments were taken.
  ///   - source: Returns the file's next bytes, at most so many; none at its end.
  /// - Returns: The account.
  package func importAccount(
    into rowsOf: (DistributionKey) -> any WritableRelayRows,
    progress: (UInt64, UInt64) -> Void = { _, _ in },
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
    let rows = rowsOf(.account(account))
    for table in [RelayTable.account, .logEntry] {
      let found = try asking { () throws(RelayError) in try rows.rows(in: table, .all, .ascending, limit: 1) }
      guard found.isEmpty else { throw .accountExists }
    }
    var taken = try AccountTaking(header, at: moment, to: rows, from: &file)
    try taken.claimRecoveryDevices(rowsOf)
    if header.erasure?.final == nil {
      try taken.takeHistory(&file) { progress($0, 0) }
      let recordCount = taken.recordCount
      try taken.takeAttachments(&file) { progress(recordCount, $0) }
    }
    try file.finish()
    try taken.finish(quota: quota)
    return account
  }
}

/// An account that is taken in from a file.
private struct AccountTaking {
  private let header: AccountFile.Header
  private let moment: RelayMoment
  private let rows: any WritableRelayRows
  private let log: AccountLog
  private var history = History()
  private var usage = RelayUsage(quota: .max)

  var recordCount: UInt64 { history.tree.size }

  /// Takes the log and the wraps.
  init(
    _ header: AccountFile.Header, at moment: RelayMoment, to rows: any WritableRelayRows,
    from file: inout AccountFileReader
  ) throws(AccountMoveError) {
    (self.header, self.moment, self.rows) = (header, moment, rows)
    var entries: [LogEntry] = []
    while let entry = try file.next(.entry, LogEntry.self) {
      let (index, bytes) = (UInt64(entries.count), entry.encoded)
      guard entry.content.index == index else { throw .refused("log entry \(index) is out of place") }
      try asking { () throws(RelayError) in
        try RelayLimits.check(entry, [])
        try rows.put(.count(index), .bytes(bytes), in: .logEntry)
      }
      usage.add(UInt64(bytes.count), to: \.log)
      entries.append(entry)
    }
    do throws(AccountLogError) {
      log = try AccountLog(account: header.checkpoint.account, replaying: entries)
    } catch { throw .refused(error.reason) }
    guard log.checkpointKey == header.checkpointKey.bytes else { throw .otherKey }
    guard log.head == header.checkpoint.logHead else {
      throw .refused("its log is not the one that its checkpoint names")
    }
    guard header.control.fits(log) else {
      throw .refused("a device that is not active has a rate of entries")
    }
    try takeWraps(&file)
  }

  private mutating func takeWraps(_ file: inout AccountFileReader) throws(AccountMoveError) {
    while let wrap = try file.next(.wrap, AccountFile.Wrap.self) {
      guard log.activeMember(wrap.device) != nil, let place = Int(exactly: wrap.epoch),
        log.epochs.indices.contains(place),
        log.epochs[place].wrapHash(for: wrap.device) == EpochWrap.hash(wrap.wrap.bytes)
      else { throw .refused("a wrap of epoch \(wrap.epoch) is not one that its log names") }
      try asking { () throws(RelayError) in
        try rows.put(.bytes(wrap.device.bytes), .count(wrap.epoch), .bytes(wrap.wrap.bytes), in: .wrap)
      }
      usage.add(UInt64(wrap.wrap.bytes.count), to: \.log)
    }
  }

  /// Claims the recovery device, and the one that is announced, unless another account's log names them.
  func claimRecoveryDevices(
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
}

/// Records and signed batches.
extension AccountTaking {
  mutating func takeHistory(
    _ file: inout AccountFileReader, _ progress: (UInt64) -> Void
  ) throws(AccountMoveError) {
    while let moved = try file.next(.batch, AccountFile.Batch.self) {
      let first = history.tree.size
      guard let batch = moved.batch(at: first) else {
        throw .damaged("the hashes at record \(first) are not all there")
      }
      let records = batch.records.compactMap(\.self)
      do throws(HistoryError) { try history.accept(batch, of: log) } catch {
        throw .refused("the signed batch at record \(first): \(error.reason)")
      }
      usage.add(UInt64(RelayUsage.byteCount(of: batch.signedBatch, records)), to: \.records)
      let erased = try asking { () throws(RelayError) -> UInt64 in
        try RelayLimits.check(records: records)
        try HistoryRows.add(batch, to: rows)
        var erased: UInt64 = 0
        for leaf in batch.erasures { erased += try HistoryRows.erase(leaf, in: rows) }
        return erased
      }
      usage.subtract(erased, from: \.records)
      progress(history.tree.size)
    }
    if let leaf = history.absent.first {
      throw .refused("record \(leaf) is not there, and no device has erased it")
    }
    guard history.tree.size == header.checkpoint.treeSize, history.tree.root == header.checkpoint.treeRoot
    else { throw .refused("its records are not those that its checkpoint names") }
  }
}

/// Attachments.
extension AccountTaking {
  mutating func takeAttachments(
    _ file: inout AccountFileReader, _ progress: (UInt64) -> Void
  ) throws(AccountMoveError) {
    var last: BlobID?
    while let moved = try file.next(.attachment, AccountFile.Attachment.self) {
      let blob = moved.upload.blob
      if let last, !last.bytes.lexicographicallyPrecedes(blob.bytes) {
        throw .damaged("its attachments are out of order")
      }
      last = blob
      try check(moved)
      try asking { () throws(RelayError) in
        try BlobRows.begin(moved.upload, at: moved.begun, in: rows)
      }
      try takeParts(of: moved, from: &file, progress)
    }
  }

  private func check(_ moved: AccountFile.Attachment) throws(AccountMoveError) {
    let upload = moved.upload
    guard let member = log.members[upload.device],
      upload.isSigned(by: member.bundle.signingKeys, account: log.account), upload.byteCount > 0,
      upload.byteCount <= UInt64(Int64.max), moved.received <= upload.byteCount
    else { throw .refused("attachment \(upload.blob) is not signed by a device of the account") }
    guard moved.received < upload.byteCount else { return }
    let isFull = try asking { () throws(RelayError) in
      try UnfinishedBlob.reach(RelayLimits.unfinishedBlobCount, of: upload.device, in: rows)
    }
    if isFull { throw .refused("a device has too many uploads that are not complete") }
  }

  private mutating func takeParts(
    of moved: AccountFile.Attachment, from file: inout AccountFileReader, _ progress: (UInt64) -> Void
  ) throws(AccountMoveError) {
    var blob = StoredBlob(upload: moved.upload, received: 0)
    while let part = try file.nextPart() {
      guard !part.isEmpty, part.count <= RelayLimits.blobPartByteCount,
        UInt64(part.count) <= moved.received - blob.received
      else { throw .damaged("attachment \(blob.upload.blob) has other bytes than it says") }
      try asking { () throws(RelayError) in
        try BlobRows.add(part, to: blob.upload.blob, at: blob.received, in: rows)
      }
      blob.received += UInt64(part.count)
      usage.add(UInt64(part.count), to: \.blobs)
      progress(usage.blobs)
    }
    guard blob.received == moved.received else {
      throw .damaged("attachment \(blob.upload.blob) has other bytes than it says")
    }
    let isWhole = try asking { () throws(RelayError) -> Bool in
      try BlobRows.put(blob, in: rows)
      guard blob.isComplete else { return true }
      try UnfinishedBlob.remove(blob.upload, in: rows)
      return try BlobRows(rows).digest(blob.upload.blob) == blob.upload.digest
    }
    guard isWhole else { throw .refused("attachment \(blob.upload.blob) is not what its device signed") }
  }
}

/// The account's own row.
extension AccountTaking {
  /// Writes the account's own row, last: without it there is no account.
  func finish(quota: UInt64) throws(AccountMoveError) {
    var setting = AccountSetting()
    setting.quota = header.quota
    var control = header.control
    control.endTurn()
    var usage = usage
    usage.quota = setting.quota ?? quota
    let rules = RelayAccount(
      log: log, history: history.withoutAbsent, usage: usage, control: control, erasure: try erasure())
    let stored = StoredAccount(version: StoredAccount.version(at: moment.now), rules: rules)
    try asking { () throws(RelayError) in
      try setting.put(rows)
      try AccountRows.save(stored, after: nil, rows)
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
