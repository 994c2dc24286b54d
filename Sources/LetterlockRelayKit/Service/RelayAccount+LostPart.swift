internal import LetterlockFormat

/// What is to be stored of a part that a device gives back.
struct ExaminedPart: Sendable {
  /// The account with it.
  var account: RelayAccount
  var entries: ArraySlice<LogEntry> = []
  var batches: ArraySlice<HistoryBatch> = []
}

/// Taking back what was lost. SPEC.md section 6.13.
extension RelayAccount {
  /// Checks a part, whose checkpoint this relay has signed, to its end: the part leads from what the relay has to exactly
  /// that state, or nothing of it is taken.
  func examine(
    _ part: LostPart, from caller: RelayCaller, at moment: RelayMoment
  ) throws(RelayError) -> ExaminedPart {
    if let completed = erasure?.completed { throw refusal(of: caller, .accountErased(completed)) }
    if isMoved { throw refusal(of: caller, .accountMoved) }
    let entries = part.entries.drop { log.index(of: $0.head) != nil }
    let batches = part.batches.drop { $0.endLeaf <= history.tree.size }
    try checkChain(entries, to: part.checkpoint.logHead, from: caller)
    guard !batches.isEmpty || part.checkpoint.treeSize <= history.tree.size else {
      try checkCaller(caller, after: entries)
      throw .staleHistory(treeSize: history.tree.size)
    }
    guard !entries.isEmpty || !batches.isEmpty else {
      try check(caller, .reader)
      return ExaminedPart(account: self)
    }
    let (whole, taken): (RelayAccount, ExaminedPart)
    do throws(RelayError) {
      (whole, taken) = try follow(entries, batches, upTo: part.end, at: moment)
    } catch { throw refusal(of: caller, error) }
    try whole.check(caller, .reader)
    guard whole.isAt(part.checkpoint) else { throw .lostPartRefused }
    // A record that nobody erased must be there: it would be lost for good.
    if let absent = whole.history.absent.first(where: { $0 < taken.account.history.tree.size }) {
      throw .batchRefused(.tampered(leaf: absent))
    }
    return taken
  }

  /// Checks by hashes alone, before any signature, that entries lead from the newest one to a head.
  private func checkChain(
    _ entries: ArraySlice<LogEntry>, to end: LogHead, from caller: RelayCaller
  ) throws(RelayError) {
    guard let first = entries.first else {
      guard log.index(of: end) != nil else {
        throw refusal(of: caller, .staleLogHead(newest: log.head))
      }
      return
    }
    guard first.content.predecessor == log.head else {
      throw refusal(of: caller, .staleLogHead(newest: log.head))
    }
    var head = log.head
    for entry in entries {
      guard entry.content.predecessor == head else { throw refusal(of: caller, .lostPartRefused) }
      head = entry.head
    }
    guard head == end else { throw refusal(of: caller, .lostPartRefused) }
  }

  /// A caller whom the log that is here does not know learns nothing of it.
  private func refusal(of caller: RelayCaller, _ error: RelayError) -> RelayError {
    guard let device = caller.device, log.activeMember(device) != nil else { return .unknownAccount }
    return error
  }

  /// Checks that a caller may read when entries have been added.
  private func checkCaller(
    _ caller: RelayCaller, after entries: ArraySlice<LogEntry>
  ) throws(RelayError) {
    var end = log
    do throws(AccountLogError) {
      for entry in entries { try end.append(entry) }
    } catch { throw refusal(of: caller, .entryRefused(error)) }
    guard let device = caller.device, end.activeMember(device) != nil else { throw .unknownAccount }
  }

  /// Goes through all of a part. Returns the account after it, and what is to be stored now.
  private func follow(
    _ entries: ArraySlice<LogEntry>, _ batches: ArraySlice<HistoryBatch>, upTo end: UInt64,
    at moment: RelayMoment
  ) throws(RelayError) -> (RelayAccount, ExaminedPart) {
    var (whole, taken) = (self, ExaminedPart(account: self))
    var next = entries.startIndex
    for (index, batch) in zip(batches.indices, batches) {
      while next < entries.endIndex, whole.log.head != batch.signedBatch.logHead {
        try whole.takeBack(entries[next], at: moment)
        next += 1
      }
      try whole.takeBack(batch)
      guard batch.endLeaf <= end else { continue }
      taken = ExaminedPart(
        account: whole, entries: entries[entries.startIndex..<next],
        batches: batches[batches.startIndex...index])
    }
    for entry in entries[next...] { try whole.takeBack(entry, at: moment) }
    // What comes after the last batch goes with the page that brings that.
    if taken.batches.count == batches.count {
      taken = ExaminedPart(account: whole, entries: entries, batches: batches)
    }
    // Checked by the caller: later batches of the part erase them.
    taken.account.history = taken.account.history.withoutAbsent
    return (whole, taken)
  }

  private func isAt(_ checkpoint: Checkpoint) -> Bool {
    log.head == checkpoint.logHead && history.tree.size == checkpoint.treeSize
      && history.tree.root == checkpoint.treeRoot
  }
}
