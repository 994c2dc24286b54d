package import LetterlockFormat

/// Checks everything of one account that a relay can verify without keys. One thing that is wrong is named, and the others
/// are still checked.
package struct AccountAudit {
  /// What is wrong, in words.
  package private(set) var problems: [String] = []
  /// What is not as it was, and harms nobody.
  package private(set) var notes: [String] = []
  /// How many records were read.
  package private(set) var recordCount: UInt64 = 0
  /// How many attachments were read.
  package private(set) var attachmentCount = 0

  private let account: AccountID
  private let rows: any RelayRows
  private let checkpointKey: [UInt8]
  private let quota: UInt64
  private let readsAttachments: Bool
  private var counted = RelayUsage(quota: 0)

  /// Checks an account.
  package init<Store: RelayStore>(
    _ account: AccountID, in rows: any RelayRows, of relay: RelayService<Store>, readsAttachments: Bool,
    progress: (UInt64) -> Void = { _ in }
  ) {
    (self.account, self.rows, self.readsAttachments) = (account, rows, readsAttachments)
    (checkpointKey, quota) = (relay.key.publicKey, relay.quota)
    run(progress)
  }

  private mutating func run(_ progress: (UInt64) -> Void) {
    let stored = attempt { (audit) throws(RelayError) in
      _ = try AccountSetting(audit.rows)
      return try AccountRows(account: audit.account, quota: audit.quota).load(audit.rows, after: nil).rules
    }
    guard let log = stored?.log ?? readLog() else { return }
    if log.checkpointKey != checkpointKey {
      problems.append("it pins another checkpoint key than the store's, and its devices refuse the relay")
    }
    if let erasure = stored?.erasure, checkEnd(erasure, log) { return }
    attempt { (audit) throws(RelayError) in
      let wraps = try WrapAudit(log, audit.rows).findings()
      audit.problems += wraps.problems
      audit.notes += wraps.notes
    }
    let history = attempt { (audit) throws(RelayError) in try audit.readHistory(log, progress) } ?? nil
    attempt { (audit) throws(RelayError) in try audit.countLog() }
    attempt { (audit) throws(RelayError) in try audit.readAttachments(log) }
    if let history, let stored { compare(history, stored) }
    attempt { (audit) throws(RelayError) in
      for problem in try RelayAudit.structureProblems(in: audit.rows) where !audit.problems.contains(problem)
      {
        audit.problems.append(problem)
      }
    }
  }

  /// Runs a step; what keeps it from being done is a problem, and the next step is run.
  @discardableResult
  private mutating func attempt<Answer>(
    _ step: (inout AccountAudit) throws(RelayError) -> Answer
  ) -> Answer? {
    do throws(RelayError) { return try step(&self) } catch {
      let text = Self.words(error.reason)
      if !problems.contains(text) { problems.append(text) }
      return nil
    }
  }

  /// A sentence as one of the things that are wrong.
  private static func words(_ sentence: String) -> String {
    let text = sentence.hasSuffix(".") ? String(sentence.dropLast()) : sentence
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}

/// The log.
extension AccountAudit {
  /// Reads the log entry by entry, so that the one that is wrong is named; nil if one is.
  private mutating func readLog() -> AccountLog? {
    attempt { (audit) throws(RelayError) -> AccountLog in
      var log: AccountLog?
      for row in try audit.rows.all(in: .logEntry) {
        let index = try row.count(0)
        let entry = try? LogEntry(decoding: try row.bytes(1))
        guard let entry, entry.content.index == index else {
          throw .corrupted("Log entry \(index) cannot be read.")
        }
        do throws(AccountLogError) {
          guard log != nil else {
            log = try AccountLog(account: audit.account, replaying: [entry])
            continue
          }
          try log?.append(entry)
        } catch { throw .corrupted("Log entry \(index): \(error.reason).") }
      }
      guard let log else { throw .corrupted("The log of an account is not there.") }
      return log
    }
  }

  /// Checks an order to erase the account. Returns whether it has taken effect: then nothing else is there.
  private mutating func checkEnd(_ erasure: StoredErasure, _ log: AccountLog) -> Bool {
    do throws(ErasureRefusal) {
      guard let completed = erasure.completed else {
        try erasure.order.check(against: log)
        return false
      }
      try completed.check(against: log)
    } catch { problems.append("the order to erase it does not hold") }
    guard erasure.completed != nil else { return false }
    let left = attempt { (audit) throws(RelayError) in
      for table in RelayTable.erased {
        guard try audit.rows.rows(in: table, .all, .ascending, limit: 1).isEmpty else { return true }
      }
      return false
    }
    if left == true { notes.append("it was erased, and what is left of it goes with the next call about it") }
    return true
  }

  private mutating func countLog() throws(RelayError) {
    for row in try rows.all(in: .logEntry) { counted.add(UInt64(try row.bytes(1).count), to: \.log) }
    for row in try rows.all(in: .wrap) { counted.add(UInt64(try row.bytes(2).count), to: \.log) }
  }
}

/// Records and signed batches.
extension AccountAudit {
  /// Goes through all batches by the rules of SPEC.md section 5.4; nil if one cannot be read, after which no place is known.
  private mutating func readHistory(
    _ log: AccountLog, _ progress: (UInt64) -> Void
  ) throws(RelayError) -> History? {
    var (history, next) = (History(), UInt64(0))
    while true {
      let range = RowRange(from: .count(next))
      let page = try rows.rows(in: .batch, range, .ascending, limit: 4)
      for row in page {
        let batch: HistoryBatch
        do throws(RelayError) { batch = try HistoryRows(rows).batch(row) } catch {
          guard case .corrupted = error else { throw error }
          problems.append(
            "the signed batch at record \(try row.count(0)) cannot be read, nor checked what follows")
          return nil
        }
        check(batch, &history, log)
        recordCount += UInt64(batch.records.count { $0 != nil })
        let byteCount = RelayUsage.byteCount(of: batch.signedBatch, batch.records.compactMap(\.self))
        counted.add(UInt64(byteCount), to: \.records)
        progress(recordCount)
        next = batch.firstLeaf + 1
      }
      guard page.count == 4 else { return history }
    }
  }

  private mutating func check(_ batch: HistoryBatch, _ history: inout History, _ log: AccountLog) {
    if batch.firstLeaf != history.tree.size {
      problems.append("a signed batch is out of place at record \(batch.firstLeaf)")
    }
    do throws(HistoryError) { try history.accept(batch, of: log) } catch {
      problems.append("the signed batch at record \(batch.firstLeaf): \(error.reason)")
      history.skip(batch)
    }
  }

  /// Compares what the batches lead to with what the account's row says.
  private mutating func compare(_ history: History, _ stored: RelayAccount) {
    for leaf in history.absent.prefix(8) {
      problems.append("record \(leaf) is not there, and no device has erased it")
    }
    if history.absent.count > 8 { problems.append("\(history.absent.count - 8) more records are not there") }
    let known = stored.history
    if history.tree != known.tree {
      problems.append("its records lead to another root than the one that the relay signs")
    } else if history.withoutAbsent.boundaries != known.boundaries || history.epoch != known.epoch
      || Set(history.authors) != Set(known.authors)
    {
      problems.append("what is kept of its newest signed batches is not what they say")
    }
    let usage = stored.usage
    for (name, byteCount, says) in [
      ("the entries of the log", counted.log, usage.log), ("the records", counted.records, usage.records),
      ("the attachments", counted.blobs, usage.blobs),
    ] where byteCount != says {
      problems.append("\(name) are \(byteCount) bytes, and counted as \(says)")
    }
  }
}

/// Attachments.
extension AccountAudit {
  private mutating func readAttachments(_ log: AccountLog) throws(RelayError) {
    var last: [UInt8]?
    while true {
      // The smallest name after the last one is that name and a zero.
      let range = RowRange(from: last.map { .bytes($0 + [0]) })
      let page = try rows.rows(in: .blob, range, .ascending, limit: 64)
      for row in page {
        let name = try row.bytes(0)
        attachmentCount += 1
        attempt { (audit) throws(RelayError) in try audit.check(BlobRows.blob(row), log) }
        last = name
      }
      guard page.count == 64 else { return }
    }
  }

  private mutating func check(_ blob: StoredBlob, _ log: AccountLog) throws(RelayError) {
    counted.add(blob.received, to: \.blobs)
    let (upload, name) = (blob.upload, "attachment \(blob.upload.blob)")
    guard let member = log.members[upload.device],
      upload.isSigned(by: member.bundle.signingKeys, account: account)
    else {
      problems.append("\(name) is not signed by a device of the account")
      return
    }
    guard blob.isComplete, readsAttachments else { return }
    if try BlobRows(rows).digest(upload.blob) != upload.digest {
      problems.append("\(name) is not what its device signed")
    }
  }
}
