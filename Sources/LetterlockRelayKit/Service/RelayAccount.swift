internal import LetterlockFormat
internal import CryptoCore
internal import TLSCodec

/// The rules of a relay for one account, apart from where it stores things. SPEC.md section 7.
struct RelayAccount: Sendable {
  private(set) var log: AccountLog
  private(set) var history: History
  var usage: RelayUsage
  /// The order by which everything was erased; nil if it was not.
  private(set) var erasure: AccountErasure?

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
  init(log: AccountLog, history: History, usage: RelayUsage, erasure: AccountErasure? = nil) {
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
    _ entry: LogEntry, wraps: [StoredWrap]
  ) throws(RelayError) -> Acceptance {
    guard log.index(of: entry.head) == nil else { return .repeated }
    guard entry.content.predecessor == log.head else { throw .staleLogHead(newest: log.head) }
    if let header = entry.content.change.epoch {
      guard header.treeSize == history.tree.size, header.treeRoot == history.tree.root else {
        throw .staleHistory(treeSize: history.tree.size)
      }
    }
    var next = self
    do throws(AccountLogError) { try next.log.append(entry) } catch { throw .entryRefused(error) }
    try Self.check(wraps, of: entry)
    // A full account must still be able to remove a device, so the log has no quota.
    next.usage.add(UInt64(RelayUsage.byteCount(of: entry, wraps)), to: \.log)
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
  mutating func takeBack(_ entry: LogEntry) throws(RelayError) {
    guard entry.content.predecessor == log.head else { throw .staleLogHead(newest: log.head) }
    if let header = entry.content.change.epoch {
      guard header.treeSize == history.tree.size, header.treeRoot == history.tree.root else {
        throw .staleHistory(treeSize: history.tree.size)
      }
    }
    do throws(AccountLogError) { try log.append(entry) } catch { throw .entryRefused(error) }
    usage.add(UInt64(RelayUsage.byteCount(of: entry, [])), to: \.log)
  }

  /// Takes back a batch at the newest head and at the end of the history, or changes nothing. SPEC.md section 6.13.
  mutating func takeBack(_ batch: HistoryBatch) throws(RelayError) {
    guard batch.signedBatch.logHead == log.head else { throw .staleLogHead(newest: log.head) }
    guard batch.firstLeaf == history.tree.size else { throw .staleHistory(treeSize: history.tree.size) }
    do throws(HistoryError) { try history.accept(batch, of: log) } catch { throw .batchRefused(error) }
    let byteCount = RelayUsage.byteCount(of: batch.signedBatch, batch.records.compactMap(\.self))
    usage.add(UInt64(byteCount), to: \.records)
  }

  /// Takes an order to erase everything, or changes nothing. SPEC.md section 6.12.
  mutating func erase(by order: AccountErasure) throws(RelayError) {
    do throws(ErasureRefusal) { try order.check(against: log) } catch {
      guard error == .otherState else { throw .erasureRefused(error) }
      throw .staleLogHead(newest: log.head)
    }
    guard order.checkpoint.treeSize == history.tree.size, order.checkpoint.treeRoot == history.tree.root
    else {
      throw .staleHistory(treeSize: history.tree.size)
    }
    erasure = order
    history = History()
    (usage.records, usage.blobs) = (0, 0)
  }

  /// A checkpoint for the account as it is.
  func checkpoint(by key: CheckpointKey) throws(RelayError) -> Checkpoint {
    try Checkpoint(
      account: log.account, treeSize: history.tree.size, treeRoot: history.tree.root,
      logHead: log.head, by: key)
  }

  /// Whose wraps are erased when an entry was taken.
  static func erasesWraps(of entry: LogEntry, before log: AccountLog) -> [DeviceID] {
    switch entry.content.change {
    case .remove(let remove): remove.devices
    case .replaceRecovery: [log.recoveryDevice]
    default: []
    }
  }

  private static func check(_ wraps: [StoredWrap], of entry: LogEntry) throws(RelayError) {
    let named: [WrapDigest] =
      switch entry.content.change {
      case .add(let add): [WrapDigest(device: add.device.deviceID, wrapHash: add.wrapHash)]
      case .update: []
      default: entry.content.change.epoch?.wraps ?? []
      }
    let given = wraps.map {
      WrapDigest(device: $0.device, wrapHash: EpochWrap.hash($0.wrap.bytes))
    }
    guard given == named else { throw .wrongWraps }
  }
}
