internal import CryptoCore
public import TLSCodec

/// What a verifier of an account's history must remember: the tree, and each author's newest signed batch. A relay
/// and every device check the same rules with it. SPEC.md section 5.4.
public struct History: WireCodable, Hashable, Sendable {
  /// The tree over every record so far.
  public private(set) var tree: HistoryTree
  package private(set) var authors: [AuthorState]
  /// The history after each of its newest signed batches, oldest first; the last is `tree`. Never empty.
  package private(set) var boundaries: [Boundary]
  /// Leaf indices of records that were not there and that no signed batch has erased so far.
  private var holes: LeafIndexRanges
  /// The number of the newest record's epoch; 0 if there is no record.
  package private(set) var epoch: UInt64

  /// Leaf indices of records that were not there and that no signed batch has erased so far, ascending.
  package var absent: [UInt64] { holes.leafIndices }

  /// How many signed batches may come between what an author knew and its signed batch.
  package static let boundaryCount = 64

  /// ```
  /// struct {
  ///   uint64 size;
  ///   opaque root[32];
  /// } Boundary;
  /// ```
  package struct Boundary: WireCodable, Hashable, Sendable {
    package let size: UInt64
    package let root: Digest32

    package init(size: UInt64, root: Digest32) {
      self.size = size
      self.root = root
    }

    package static let wire = WireFormat(Self.init, field(\.size), field(\.root))
  }

  /// ```
  /// struct {
  ///   opaque device[32];
  ///   uint64 counter;
  ///   opaque batch_hash[32];
  /// } AuthorState;
  /// ```
  package struct AuthorState: WireCodable, Hashable, Sendable {
    package let device: DeviceID
    package let counter: UInt64
    package let batchHash: Digest32

    package init(device: DeviceID, counter: UInt64, batchHash: Digest32) {
      self.device = device
      self.counter = counter
      self.batchHash = batchHash
    }

    package static let wire = WireFormat(
      Self.init, field(\.device), field(\.counter), field(\.batchHash))
  }

  /// The fields, in wire order.
  public static let wire = WireFormat(
    checking: Self.init(tree:authors:boundaries:holes:epoch:), field(\.tree), field(\.authors),
    field(\.boundaries), field(\.holes), field(\.epoch))

  private init(
    tree: HistoryTree, authors: [AuthorState], boundaries: [Boundary], holes: LeafIndexRanges, epoch: UInt64
  ) throws(TLSError) {
    guard boundaries.last?.size == tree.size, boundaries.count <= Self.boundaryCount else {
      throw .invalidValue
    }
    self.tree = tree
    self.authors = authors
    self.boundaries = boundaries
    self.holes = holes
    self.epoch = epoch
  }

  /// A history without absent records, as a relay stores it; nil if the boundaries are not the tree's.
  /// - Parameter boundaries: The history after each of its newest signed batches, oldest first.
  package init?(tree: HistoryTree, authors: [AuthorState], boundaries: [Boundary], epoch: UInt64) {
    try? self.init(
      tree: tree, authors: authors, boundaries: boundaries, holes: LeafIndexRanges(), epoch: epoch)
  }

  /// The empty history.
  public init() {
    tree = HistoryTree()
    authors = []
    boundaries = [Boundary(size: 0, root: tree.root)]
    holes = LeafIndexRanges()
    epoch = 0
  }

  /// A device's newest signed batch, if it made any.
  package func author(_ device: DeviceID) -> AuthorState? { authors.first { $0.device == device } }

  /// Whether a signed batch is the newest of its author: sent once more after a lost answer.
  package func endsWith(_ signedBatch: SignedBatch) -> Bool {
    author(signedBatch.device)?.batchHash == signedBatch.hash
  }

  /// Takes a batch, which stands at the end of the history, or changes nothing.
  ///
  /// - Throws: `HistoryError`, a case for each rule of SPEC.md section 5.4.
  package mutating func accept(_ batch: HistoryBatch, of log: AccountLog) throws(HistoryError) {
    try batch.signedBatch.checkAuthor(in: log)
    guard batch.records.count == batch.leafHashes.count else { throw .wrongRecordCount }
    // Hashed only after the signature, so that nobody but a device of the account makes others work.
    let hashes = LeafHashes(
      of: batch.records.compactMap(\.self), device: batch.signedBatch.device,
      counter: batch.signedBatch.counter)
    var next = 0
    for (index, record) in batch.records.enumerated() where record != nil {
      guard hashes.isEqual(at: next, to: batch.leafHashes, at: index) else {
        throw .tampered(leaf: tree.size + UInt64(index))
      }
      next += 1
    }
    try take(batch.signedBatch, batch.leafHashes, batch.records, batch.erasures, log)
  }

  /// Takes a signed batch with all its records, or changes nothing. Returns the records' leaf hashes.
  ///
  /// - Throws: as `accept(_:of:)`.
  @discardableResult
  package mutating func accept(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing erasures: [UInt64] = [], of log: AccountLog
  ) throws(HistoryError) -> LeafHashes {
    try signedBatch.checkAuthor(in: log)
    let leaves = LeafHashes(of: records, device: signedBatch.device, counter: signedBatch.counter)
    try take(signedBatch, leaves, records, erasures, log)
    return leaves
  }

  /// Takes a signed batch of this device's own, which was made from these leaf hashes, or changes nothing.
  ///
  /// - Throws: as `accept(_:of:)`.
  package mutating func accept(
    own signedBatch: SignedBatch, _ leaves: LeafHashes, records: [[UInt8]], erasing erasures: [UInt64],
    of log: AccountLog
  ) throws(HistoryError) {
    try signedBatch.checkAuthor(in: log)
    try take(signedBatch, leaves, records, erasures, log)
  }

  private mutating func take(
    _ signedBatch: SignedBatch, _ leaves: LeafHashes, _ records: [[UInt8]?], _ erasures: [UInt64],
    _ log: AccountLog
  ) throws(HistoryError) {
    // Before the chain: two histories of one account break that too, and the relay's signature says more.
    try checkKnownCheckpoint(of: signedBatch, in: log)
    try checkChain(of: signedBatch)
    try check(erasures, of: signedBatch)
    guard !records.isEmpty, records.count <= SignedBatch.maximumLeafCount,
      records.count == Int(signedBatch.leafCount)
    else { throw .wrongRecordCount }
    guard leaves.root == signedBatch.leafRoot else { throw .otherLeaves(leaf: tree.size) }
    let epoch = try checkPosition(of: signedBatch, recordCount: records.count, in: log)
    var gone: [UInt64] = []
    for (index, record) in records.enumerated() {
      let leaf = tree.size + UInt64(index)
      guard let record else {
        gone.append(leaf)
        continue
      }
      guard let sealed = try? SealedRecord(decoding: record), sealed.epoch == epoch.reference else {
        throw .wrongEpoch(leaf: leaf)
      }
    }
    self.epoch = epoch.header.number
    tree.append(leaves)
    for leaf in gone { holes.append(leaf) }
    erase(erasures)
    remember(signedBatch)
  }

  /// Goes on after a batch that breaks a rule, by its leaf hashes, so that what comes next can be checked too.
  package mutating func skip(_ batch: HistoryBatch) {
    tree.append(batch.leafHashes)
    erase(batch.erasures)
    remember(batch.signedBatch)
  }

  /// What was erased is not missed.
  private mutating func erase(_ leafIndices: [UInt64]) {
    guard !holes.isEmpty else { return }
    for leaf in leafIndices { holes.remove(leaf) }
  }

  /// The same without the memory of absent records, as a relay stores it.
  package var withoutAbsent: History {
    var history = self
    history.holes = LeafIndexRanges()
    return history
  }

  /// Takes the records of a batch that were absent and are the ones that their author signed. Returns their leaf indices.
  package mutating func fill(
    _ batch: HistoryBatch, with records: [[UInt8]?], of log: AccountLog
  ) -> [UInt64] {
    guard
      let epoch = try? batch.signedBatch.epoch(from: batch.firstLeaf, count: batch.records.count, in: log)
    else { return [] }
    var filled: [UInt64] = []
    for (index, record) in records.enumerated() {
      let leaf = batch.leaf(of: index)
      guard let record, holes.contains(leaf), let sealed = try? SealedRecord(decoding: record),
        sealed.epoch == epoch.reference,
        SignedBatch.leafHash(of: record, device: batch.signedBatch.device, counter: batch.signedBatch.counter)
          == batch.leafHashes[index]
      else { continue }
      holes.remove(leaf)
      filled.append(leaf)
    }
    return filled
  }

  /// Rule 8.
  private func check(_ erasures: [UInt64], of signedBatch: SignedBatch) throws(HistoryError) {
    guard erasures.count <= SignedBatch.maximumLeafCount,
      SignedBatch.hash(of: erasures) == signedBatch.erasuresHash
    else {
      throw .badErasure(signedBatch.device)
    }
    var next: UInt64 = 0
    for leaf in erasures {
      guard leaf >= next, leaf < tree.size else { throw .badErasure(signedBatch.device) }
      next = leaf + 1
    }
  }

  private mutating func remember(_ signedBatch: SignedBatch) {
    authors.removeAll { $0.device == signedBatch.device }
    authors.append(
      AuthorState(device: signedBatch.device, counter: signedBatch.counter, batchHash: signedBatch.hash))
    boundaries.append(Boundary(size: tree.size, root: tree.root))
    if boundaries.count > Self.boundaryCount { boundaries.removeFirst() }
  }

  /// Rule 9: the author knew this history and no other.
  private func checkKnownCheckpoint(of signedBatch: SignedBatch, in log: AccountLog) throws(HistoryError) {
    let device = signedBatch.device
    let oldest = boundaries.first?.size ?? 0
    guard let checkpoint = signedBatch.knownCheckpoint else {
      guard oldest == 0 else { throw .knownCheckpointTooOld(device) }
      return
    }
    guard checkpoint.account == log.account,
      log.checkpointKey.isEmpty || checkpoint.isSigned(by: log.checkpointKey),
      let entry = log.index(of: checkpoint.logHead), let head = log.index(of: signedBatch.logHead),
      entry <= head
    else { throw .badKnownCheckpoint(device) }
    guard checkpoint.treeSize >= oldest else { throw .knownCheckpointTooOld(device) }
    let own = boundaries.last { $0.size == checkpoint.treeSize }
    guard own?.root == checkpoint.treeRoot else { throw .otherHistory(device, checkpoint) }
  }

  /// Rule 4.
  private func checkChain(of signedBatch: SignedBatch) throws(HistoryError) {
    let last = author(signedBatch.device)
    guard signedBatch.counter > last?.counter ?? 0 else { throw .deviceCloned(signedBatch.device) }
    guard signedBatch.previous == last?.batchHash ?? .zero else { throw .brokenChain(signedBatch.device) }
  }

  /// The first leaf index that belongs to an epoch of which the record that is there did not know: it was taken before
  /// the log showed that epoch. Nil if there is none. Rule 3.
  package func leafOfLaterEpoch(in log: AccountLog) -> UInt64? {
    guard let next = log.epochs.first(where: { $0.header.number > epoch })?.header.treeSize else {
      return nil
    }
    return next < tree.size ? next : nil
  }

  /// Rules 3 and 10.
  private func checkPosition(
    of signedBatch: SignedBatch, recordCount: Int, in log: AccountLog
  ) throws(HistoryError) -> AccountLog.Epoch {
    let epoch = try signedBatch.epoch(from: tree.size, count: recordCount, in: log)
    if let other = epoch.header.number == 0 ? nil : log.epochOfOtherHistory(tree) {
      throw .epochOfOtherHistory(epoch: other)
    }
    return epoch
  }
}

extension AccountLog {
  /// An epoch that began when the history had this many records, by a device that knew another history. Rule 10.
  package func epochOfOtherHistory(_ tree: HistoryTree) -> UInt64? {
    let here = epochs.dropFirst().filter { $0.header.treeSize == tree.size }
    guard !here.isEmpty else { return nil }
    let root = tree.root
    return here.first { $0.header.treeRoot != root }?.header.number
  }

  /// Where in the log a head stands; nil if it is not one of its heads.
  package func index(of head: LogHead) -> UInt64? { heads.lastIndex(of: head).map(UInt64.init) }
}
