internal import LetterlockFormat
internal import CryptoCore
internal import TLSCodec

/// The rules of a relay for one account, apart from where it stores things. SPEC.md section 7.
struct RelayAccount: Sendable {
  private(set) var log: AccountLog
  var history: History
  var usage: RelayUsage
  /// Who has to wait before it writes.
  var control = WriteControl()
  /// The order to erase everything that waits, or has taken effect; nil if there is none.
  var erasure: StoredErasure?
  /// Whether the operator has moved the account to another relay: it is read here, and changes no more.
  var isMoved = false

  /// An account that begins.
  init(
    create entry: LogEntry, wraps: [StoredWrap], quota: UInt64
  ) throws(RelayError) {
    do throws(AccountLogError) { log = try AccountLog(create: entry) } catch {
      throw .entryRefused(error)
    }
    history = History()
    usage = RelayUsage(quota: quota)
    try Self.check(wraps, of: entry)
    guard log.newestEpoch.header.treeSize == 0 else { throw .staleHistory(treeSize: 0) }
    usage.add(UInt64(RelayUsage.byteCount(of: entry, wraps)), to: \.log)
  }

  /// An account as it was stored.
  init(
    log: AccountLog, history: History, usage: RelayUsage, control: WriteControl, erasure: StoredErasure?,
    isMoved: Bool = false
  ) {
    self.isMoved = isMoved
    self.control = control
    self.erasure = erasure
    self.log = log
    self.history = history
    self.usage = usage
  }

  /// What became of something that was sent.
  enum Acceptance: Sendable {
    /// It is new, and must be stored before the relay answers.
    case new
    /// It was taken before.
    case repeated
  }

  /// Takes a log entry, or changes nothing.
  mutating func accept(
    _ entry: LogEntry, wraps: [StoredWrap], at moment: RelayMoment
  ) throws(RelayError) -> Acceptance {
    guard log.index(of: entry.head) == nil else { return .repeated }
    var next = self
    let signer = entry.content.signer
    if signer != log.recoveryDevice, log.activeMember(signer) != nil {
      try next.control.spend(signer, at: moment)
    }
    guard entry.content.predecessor == log.head else { throw .staleLogHead(newest: log.head) }
    if let header = entry.content.change.epoch {
      guard header.treeSize == history.tree.size, header.treeRoot == history.tree.root else {
        throw .staleHistory(treeSize: history.tree.size)
      }
    }
    do throws(AccountLogError) { try next.log.append(entry) } catch { throw .entryRefused(error) }
    try Self.check(wraps, of: entry)
    // A full account must still be able to remove a device, so the log has no quota.
    next.usage.add(UInt64(RelayUsage.byteCount(of: entry, wraps)), to: \.log)
    // Whoever is active keeps an order that waits from taking effect.
    next.erasure = nil
    next.control.follow(entry.content, to: next.log, at: moment)
    self = next
    return .new
  }

  /// Takes a signed batch, or changes nothing. Returns what is to be stored; nil if it was taken before.
  mutating func accept(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing erasures: [UInt64]
  ) throws(RelayError) -> HistoryBatch? {
    guard !history.endsWith(signedBatch) else { return nil }
    guard signedBatch.logHead == log.head else { throw .staleLogHead(newest: log.head) }
    var next = self
    let leaves: LeafHashes
    do throws(HistoryError) {
      leaves = try next.history.accept(signedBatch, records: records, erasing: erasures, of: log)
    } catch { throw .batchRefused(error) }
    // What was deleted may have been taken back in records that the author has not seen.
    guard erasures.isEmpty || signedBatch.knownCheckpoint?.treeSize == history.tree.size else {
      throw .staleHistory(treeSize: history.tree.size)
    }
    let byteCount = UInt64(RelayUsage.byteCount(of: signedBatch, records))
    guard usage.hasRoom(for: byteCount) else { throw .quotaExceeded(usage) }
    next.usage.add(byteCount, to: \.records)
    let firstLeaf = history.tree.size
    self = next
    return HistoryBatch(
      firstLeaf: firstLeaf, signedBatch: signedBatch, erasures: erasures, leafHashes: leaves, records: records
    )
  }

  /// Takes back an entry that follows the newest one, without wraps, or changes nothing. SPEC.md section 6.13.
  mutating func takeBack(_ entry: LogEntry, at moment: RelayMoment) throws(RelayError) {
    guard entry.content.predecessor == log.head else { throw .staleLogHead(newest: log.head) }
    if let header = entry.content.change.epoch {
      guard header.treeSize == history.tree.size, header.treeRoot == history.tree.root else {
        throw .staleHistory(treeSize: history.tree.size)
      }
    }
    do throws(AccountLogError) { try log.append(entry) } catch { throw .entryRefused(error) }
    usage.add(UInt64(RelayUsage.byteCount(of: entry, [])), to: \.log)
    erasure = nil
    control.follow(entry.content, to: log, at: moment)
  }

  /// Takes back a batch at the newest head and at the end of the history, or changes nothing. SPEC.md section 6.13.
  mutating func takeBack(_ batch: HistoryBatch) throws(RelayError) {
    guard batch.signedBatch.logHead == log.head else { throw .staleLogHead(newest: log.head) }
    guard batch.firstLeaf == history.tree.size else { throw .staleHistory(treeSize: history.tree.size) }
    do throws(HistoryError) { try history.accept(batch, of: log) } catch { throw .batchRefused(error) }
    let byteCount = RelayUsage.byteCount(of: batch.signedBatch, batch.records.compactMap(\.self))
    usage.add(UInt64(byteCount), to: \.records)
  }

  /// A checkpoint for the account as it is.
  func checkpoint(at time: Timestamp, by key: CheckpointKey) throws(RelayError) -> Checkpoint {
    try Checkpoint(
      account: log.account, treeSize: history.tree.size, treeRoot: history.tree.root,
      logHead: log.head, at: time.millisecondsSince1970, by: key)
  }

  /// The devices that were active in `log` and are so no more: their wraps are erased.
  func devicesThatLeft(since log: AccountLog) -> [DeviceID] {
    log.activeDevices.filter { self.log.activeMember($0) == nil }
  }

  private static func check(_ wraps: [StoredWrap], of entry: LogEntry) throws(RelayError) {
    let named: [WrapDigest] =
      switch entry.content.change {
      case .add(let add): [WrapDigest(device: add.device.deviceID, wrapHash: add.wrapHash)]
      default: entry.content.change.epoch?.wraps ?? []
      }
    let given = wraps.map {
      WrapDigest(device: $0.device, wrapHash: EpochWrap.hash($0.wrap.bytes))
    }
    guard given == named else { throw .wrongWraps }
  }
}
