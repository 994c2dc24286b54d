public import LetterlockFormat
internal import CryptoCore

/// A relay that forgets everything when it goes: for tests and examples.
public actor InMemoryRelay: Relay {
  let key: CheckpointKey
  private let quota: UInt64
  private var accounts: [AccountID: StoredAccount] = [:]
  private var mailboxes: [MailboxID: [[UInt8]]] = [:]

  struct StoredAccount {
    var rules: RelayAccount
    var entries: [LogEntry]
    fileprivate var wraps: [WrapPlace: [UInt8]] = [:]
    var batches: [HistoryBatch] = []
    /// The tree over all leaves.
    var nodes = HistoryNodes()
    /// The leaf indices of each stream's records, ascending.
    var streams: [StreamTag: [UInt64]] = [:]
    fileprivate var blobs: [BlobID: StoredBlob] = [:]

    /// The batch that a leaf index is in.
    func batch(of leaf: UInt64) -> HistoryBatch? { index(of: leaf).map { batches[$0] } }

    private func index(of leaf: UInt64) -> Int? {
      var (low, high) = (0, batches.count)
      while low < high {
        let middle = (low + high) / 2
        if batches[middle].firstLeaf <= leaf { low = middle + 1 } else { high = middle }
      }
      return low == 0 ? nil : low - 1
    }

    mutating func add(_ batch: HistoryBatch) {
      batches.append(batch)
      nodes.append(batch.leafHashes)
      for (index, record) in batch.records.enumerated() {
        guard let record, let sealed = try? SealedRecord(decoding: record) else { continue }
        streams[sealed.streamTag, default: []].append(batch.firstLeaf + UInt64(index))
      }
    }

    mutating func erase(_ leaf: UInt64) {
      guard let index = index(of: leaf) else { return }
      let batch = batches[index]
      guard let record = batch.records[Int(leaf - batch.firstLeaf)] else { return }
      rules.usage.records -= min(rules.usage.records, UInt64(record.count))
      batches[index] = batch.putting(nil, at: leaf)
      if let sealed = try? SealedRecord(decoding: record) {
        streams[sealed.streamTag]?.removeAll { $0 == leaf }
      }
    }
  }

  fileprivate struct WrapPlace: Hashable {
    let epoch: UInt64
    let device: DeviceID
  }

  fileprivate struct StoredBlob {
    var upload: BlobUpload
    var bytes: [UInt8] = []

    var listed: RelayBlob {
      RelayBlob(upload: upload, isComplete: UInt64(bytes.count) == upload.byteCount)
    }
  }

  /// A relay in which each account may keep `quota` bytes.
  public init(quota: UInt64 = .max) throws(RelayError) {
    key = try CheckpointKey()
    self.quota = quota
  }

  /// A relay with the same key and the same accounts, which goes its own way from here on: for tests of what
  /// a lying relay can do.
  package func fork() -> InMemoryRelay { InMemoryRelay(key, quota, accounts, mailboxes) }

  private init(
    _ key: CheckpointKey, _ quota: UInt64, _ accounts: [AccountID: StoredAccount],
    _ mailboxes: [MailboxID: [[UInt8]]]
  ) {
    self.key = key
    self.quota = quota
    self.accounts = accounts
    self.mailboxes = mailboxes
  }

  /// What the relay signs checkpoints with: an Ed25519 public key, 32 bytes.
  public func checkpointKey() async throws(RelayError) -> [UInt8] { key.publicKey }

  /// Begins an account with its first entry and the wraps that the entry names.
  public func createAccount(_ entry: LogEntry, wraps: [StoredWrap]) async throws(RelayError) {
    try RelayLimits.check(entry, wraps)
    let rules = try RelayAccount(create: entry, wraps: wraps, quota: quota)
    guard accounts[rules.log.account] == nil, accountID(recoveredBy: rules.log.recoveryDevice) == nil else {
      throw .accountExists
    }
    var stored = StoredAccount(rules: rules, entries: [entry])
    for wrap in wraps {
      stored.wraps[WrapPlace(epoch: 0, device: wrap.device)] = wrap.wrap.bytes
    }
    accounts[rules.log.account] = stored
  }

  /// The account whose newest recovery device this is, if there is one.
  public func account(recoveredBy device: DeviceID) async throws(RelayError) -> AccountID? {
    accountID(recoveredBy: device)
  }

  private func accountID(recoveredBy device: DeviceID) -> AccountID? {
    accounts.first { $0.value.rules.log.recoveryDevice == device }?.key
  }

  /// The entries of a log from an index on.
  public func logEntries(
    of account: AccountID, from index: UInt64
  ) async throws(RelayError) -> [LogEntry] {
    Array(try storedEvenErased(account).entries.dropFirst(Int(clamping: index)))
  }

  /// Adds an entry if it follows the newest one; the same entry once more changes nothing.
  public func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID
  ) async throws(RelayError) {
    try RelayLimits.check(entry, wraps)
    var stored = try stored(account)
    let erased = RelayAccount.erasesWraps(of: entry, before: stored.rules.log)
    guard case .new = try stored.rules.accept(entry, wraps: wraps) else { return }
    guard [nil, account].contains(accountID(recoveredBy: stored.rules.log.recoveryDevice)) else {
      throw .accountExists
    }
    stored.entries.append(entry)
    if !erased.isEmpty {
      for (place, wrap) in stored.wraps where erased.contains(place.device) {
        stored.wraps[place] = nil
        stored.rules.usage.log -= UInt64(wrap.count)
      }
    }
    let epoch = stored.rules.log.newestEpoch.header.number
    for wrap in wraps {
      stored.wraps[WrapPlace(epoch: epoch, device: wrap.device)] = wrap.wrap.bytes
    }
    accounts[account] = stored
  }

  /// A device's wrap of an epoch's secret; nil if there is none, or the device was removed.
  public func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID
  ) async throws(RelayError) -> [UInt8]? {
    try stored(account).wraps[WrapPlace(epoch: epoch, device: device)]
  }

  /// Adds records to the history, and erases others; the same signed batch once more changes nothing.
  public func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID
  ) async throws(RelayError) -> BatchOutcome {
    try RelayLimits.check(records: records)
    var stored = try stored(account)
    let batch = try stored.rules.accept(signedBatch, records: records, erasing: leafIndices)
    guard let batch else {
      return BatchOutcome(firstLeaf: nil, checkpoint: try stored.rules.checkpoint(by: key))
    }
    stored.add(batch)
    for leaf in leafIndices { stored.erase(leaf) }
    accounts[account] = stored
    return BatchOutcome(firstLeaf: batch.firstLeaf, checkpoint: try stored.rules.checkpoint(by: key))
  }

  /// Whole batches of records from a leaf index on, at least one if there is any, and about
  /// `maximumByteCount` bytes of them.
  public func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int
  ) async throws(RelayError) -> HistoryPage {
    let stored = try stored(account)
    var page: [HistoryBatch] = []
    var byteCount = 0
    for batch in stored.batches where batch.firstLeaf >= leaf {
      guard page.isEmpty || byteCount < maximumByteCount else { break }
      page.append(batch)
      byteCount += batch.records.reduce(0) { $0 + ($1?.count ?? 0) }
    }
    guard let tree = stored.nodes.prover(size: stored.nodes.size) else { throw .internalError("nodes") }
    return HistoryPage(page, checkpoint: try stored.rules.checkpoint(by: key), tree: tree)
  }

  /// Begins an attachment's upload, or goes on with it: the number of bytes that are there already.
  public func beginBlob(
    _ upload: BlobUpload, of account: AccountID
  ) async throws(RelayError) -> UInt64 {
    var stored = try stored(account)
    let present = stored.blobs[upload.blob]
    if let present {
      guard present.upload == upload else { throw .blobRefused }
      return UInt64(present.bytes.count)
    }
    try stored.rules.check(upload, alreadyStored: 0)
    guard upload.byteCount > 0 || upload.digest == SegmentHasher().finalize() else {
      throw .blobRefused
    }
    stored.blobs[upload.blob] = StoredBlob(upload: upload)
    accounts[account] = stored
    return 0
  }

  /// Adds bytes to an attachment at `offset`, at most 1 MiB at once.
  public func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8]
  ) async throws(RelayError) {
    guard bytes.count <= RelayLimits.blobPartByteCount else { throw .tooLarge }
    var stored = try stored(account)
    guard var present = stored.blobs[blob] else { throw .unknownBlob }
    guard offset == present.bytes.count,
      UInt64(bytes.count) <= present.upload.byteCount - offset
    else { throw .blobRefused }
    guard stored.rules.usage.hasRoom(for: bytes.count) else {
      throw .quotaExceeded(stored.rules.usage)
    }
    present.bytes += bytes
    if UInt64(present.bytes.count) == present.upload.byteCount {
      guard SegmentHasher.digest(of: present.bytes) == present.upload.digest else {
        stored.blobs[blob] = nil
        stored.rules.usage.blobs -= offset
        accounts[account] = stored
        throw .blobRefused
      }
    }
    stored.rules.usage.blobs += UInt64(bytes.count)
    stored.blobs[blob] = present
    accounts[account] = stored
  }

  /// What was signed about an attachment whose upload is complete; nil if there is none.
  public func blob(
    _ blob: BlobID, of account: AccountID
  ) async throws(RelayError) -> BlobUpload? {
    guard let present = try stored(account).blobs[blob],
      UInt64(present.bytes.count) == present.upload.byteCount
    else { return nil }
    return present.upload
  }

  /// Bytes of an attachment, at most `byteCount` of them.
  public func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int
  ) async throws(RelayError) -> [UInt8] {
    guard let present = try stored(account).blobs[blob] else { throw .unknownBlob }
    return Array(present.bytes.dropFirst(Int(clamping: offset)).prefix(max(0, byteCount)))
  }

  /// Attachments of an account, begun or complete, in the order of their names, from after one of them on; at most
  /// 1000.
  public func blobs(
    of account: AccountID, after blob: BlobID?
  ) async throws(RelayError) -> [RelayBlob] {
    let later = try stored(account).blobs.filter { name, _ in blob.map { $0 < name } ?? true }
    return later.sorted { $0.key < $1.key }.prefix(1000).map(\.value.listed)
  }

  /// Drops attachments that a device synchronised to the newest record says nothing refers to.
  public func removeBlobs(_ removal: BlobRemoval, of account: AccountID) async throws(RelayError) {
    var stored = try stored(account)
    try stored.rules.check(removal) { stored.blobs[$0]?.listed }
    for blob in removal.blobs {
      let gone = stored.blobs.removeValue(forKey: blob)
      stored.rules.usage.blobs -= UInt64(gone?.bytes.count ?? 0)
    }
    accounts[account] = stored
  }

  /// Leaves a message for whoever knows the mailbox's name; at most 64 KiB.
  public func post(_ message: [UInt8], to mailbox: MailboxID) async throws(RelayError) {
    guard message.count <= RelayLimits.messageByteCount,
      mailboxes[mailbox, default: []].count < RelayLimits.messageCount
    else {
      throw .tooLarge
    }
    mailboxes[mailbox, default: []].append(message)
  }

  /// Everything left in a mailbox.
  public func messages(in mailbox: MailboxID) async throws(RelayError) -> [[UInt8]] {
    mailboxes[mailbox] ?? []
  }

  /// Erases everything of an account but its log and the order.
  public func eraseAccount(_ erasure: AccountErasure, of account: AccountID) async throws(RelayError) {
    var stored = try storedEvenErased(account)
    if let done = stored.rules.erasure {
      guard done == erasure else { throw .accountErased(done) }
      return
    }
    try stored.rules.erase(by: erasure)
    (stored.wraps, stored.batches, stored.blobs) = ([:], [], [:])
    stored.nodes = HistoryNodes()
    accounts[account] = stored
  }

  /// What the account keeps.
  public func usage(of account: AccountID) async throws(RelayError) -> RelayUsage {
    try stored(account).rules.usage
  }

  func stored(_ account: AccountID) throws(RelayError) -> StoredAccount {
    let stored = try storedEvenErased(account)
    if let erasure = stored.rules.erasure { throw .accountErased(erasure) }
    return stored
  }

  private func storedEvenErased(_ account: AccountID) throws(RelayError) -> StoredAccount {
    guard let stored = accounts[account] else { throw .unknownAccount }
    return stored
  }
}
