internal import CryptoCore
public import TLSCodec

/// What a verifier of an account's history must remember: the tree, and each author's newest Append. A relay
/// and every device check the same rules with it. SPEC.md section 5.4.
public struct History: WireCodable, Hashable, Sendable {
  /// The tree over every record so far.
  public private(set) var tree: HistoryTree
  private(set) var authors: [AuthorState]
  /// The history after each of its newest Appends, oldest first; the last is `tree`. Never empty.
  private var boundaries: [Boundary]
  /// Places of records that were not there and that no Append has erased so far.
  private var holes: PlaceRanges
  /// The number of the newest record's epoch; 0 if there is no record.
  private var epoch: UInt64

  /// Places of records that were not there and that no Append has erased so far, ascending.
  package var absent: [UInt64] { holes.places }

  /// How many Appends may come between what an author knew and its Append.
  package static let boundaryCount = 64

  /// ```
  /// struct {
  ///   uint64 size;
  ///   opaque root[32];
  /// } Boundary;
  /// ```
  private struct Boundary: WireCodable, Hashable, Sendable {
    var size: UInt64
    var root: Digest32

    static let wire = WireFormat(Self.init, field(\.size), field(\.root))
  }

  /// ```
  /// struct {
  ///   opaque device[32];
  ///   uint64 counter;
  ///   opaque append_hash[32];
  /// } AuthorState;
  /// ```
  package struct AuthorState: WireCodable, Hashable, Sendable {
    var device: DeviceID
    var counter: UInt64
    package var appendHash: Digest32

    package static let wire = WireFormat(
      Self.init, field(\.device), field(\.counter), field(\.appendHash))
  }

  /// The fields, in wire order.
  public static let wire = WireFormat(
    checking: Self.init(tree:authors:boundaries:holes:epoch:), field(\.tree), field(\.authors),
    field(\.boundaries), field(\.holes), field(\.epoch))

  private init(
    tree: HistoryTree, authors: [AuthorState], boundaries: [Boundary], holes: PlaceRanges, epoch: UInt64
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

  /// The empty history.
  public init() {
    tree = HistoryTree()
    authors = []
    boundaries = [Boundary(size: 0, root: tree.root)]
    holes = PlaceRanges()
    epoch = 0
  }

  /// A device's newest Append, if it made any.
  package func author(_ device: DeviceID) -> AuthorState? { authors.first { $0.device == device } }

  /// Whether an Append is the newest of its author: sent once more after a lost answer.
  package func endsWith(_ append: Append) -> Bool {
    author(append.device)?.appendHash == append.hash
  }

  /// Takes a batch, which stands at the end of the history, or changes nothing.
  ///
  /// - Throws: `HistoryError`, a case for each rule of SPEC.md section 5.4.
  package mutating func accept(_ batch: HistoryBatch, of log: AccountLog) throws(HistoryError) {
    try batch.append.checkAuthor(in: log)
    guard batch.records.count == batch.leafHashes.count else { throw .wrongRecordCount }
    // Hashed only after the signature, so that nobody but a device of the account makes others work.
    let hashes = LeafHashes(
      of: batch.records.compactMap(\.self), device: batch.append.device, counter: batch.append.counter)
    var next = 0
    for (index, record) in batch.records.enumerated() where record != nil {
      guard hashes.isEqual(at: next, to: batch.leafHashes, at: index) else {
        throw .tampered(leaf: tree.size + UInt64(index))
      }
      next += 1
    }
    try take(batch.append, batch.leafHashes, batch.records, batch.erasures, log)
  }

  /// Takes an Append with all its records, or changes nothing. Gives the records' leaf hashes.
  ///
  /// - Throws: as `accept(_:of:)`.
  @discardableResult
  package mutating func accept(
    _ append: Append, records: [[UInt8]], erasing erasures: [UInt64] = [], of log: AccountLog
  ) throws(HistoryError) -> LeafHashes {
    try append.checkAuthor(in: log)
    let leaves = LeafHashes(of: records, device: append.device, counter: append.counter)
    try take(append, leaves, records, erasures, log)
    return leaves
  }

  /// Takes an Append of this device's own, which was made from these leaf hashes, or changes nothing.
  ///
  /// - Throws: as `accept(_:of:)`.
  package mutating func accept(
    own append: Append, _ leaves: LeafHashes, records: [[UInt8]], erasing erasures: [UInt64],
    of log: AccountLog
  ) throws(HistoryError) {
    try append.checkAuthor(in: log)
    try take(append, leaves, records, erasures, log)
  }

  private mutating func take(
    _ append: Append, _ leaves: LeafHashes, _ records: [[UInt8]?], _ erasures: [UInt64], _ log: AccountLog
  ) throws(HistoryError) {
    // Before the chain: two histories of one account break that too, and the relay's signature says more.
    try checkBasis(of: append, in: log)
    try checkChain(of: append)
    try check(erasures, of: append)
    guard !records.isEmpty, records.count <= Append.maximumLeafCount,
      records.count == Int(append.leafCount)
    else { throw .wrongRecordCount }
    guard leaves.root == append.leafRoot else { throw .otherLeaves(leaf: tree.size) }
    let epoch = try checkPlace(of: append, recordCount: records.count, in: log)
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
    remember(append)
  }

  /// Goes on after a batch that breaks a rule, by its leaf hashes, so that what comes next can be checked too.
  package mutating func skip(_ batch: HistoryBatch) {
    tree.append(batch.leafHashes)
    erase(batch.erasures)
    remember(batch.append)
  }

  /// What was erased is not missed.
  private mutating func erase(_ places: [UInt64]) {
    guard !holes.isEmpty else { return }
    for place in places { holes.remove(place) }
  }

  /// Takes the records of a batch that were absent and are the ones that their author signed. Gives their places.
  package mutating func fill(
    _ batch: HistoryBatch, with records: [[UInt8]?], of log: AccountLog
  ) -> [UInt64] {
    guard
      let epoch = try? batch.append.epoch(from: batch.firstLeaf, count: batch.records.count, in: log)
    else { return [] }
    var filled: [UInt64] = []
    for (index, record) in records.enumerated() {
      let leaf = batch.firstLeaf + UInt64(index)
      guard let record, holes.contains(leaf), let sealed = try? SealedRecord(decoding: record),
        sealed.epoch == epoch.reference,
        Append.leafHash(of: record, device: batch.append.device, counter: batch.append.counter)
          == batch.leafHashes[index]
      else { continue }
      holes.remove(leaf)
      filled.append(leaf)
    }
    return filled
  }

  /// Rule 8.
  private func check(_ erasures: [UInt64], of append: Append) throws(HistoryError) {
    guard erasures.count <= Append.maximumLeafCount, Append.hash(of: erasures) == append.erasuresHash else {
      throw .badErasure(append.device)
    }
    var next: UInt64 = 0
    for place in erasures {
      guard place >= next, place < tree.size else { throw .badErasure(append.device) }
      next = place + 1
    }
  }

  private mutating func remember(_ append: Append) {
    authors.removeAll { $0.device == append.device }
    authors.append(
      AuthorState(device: append.device, counter: append.counter, appendHash: append.hash))
    boundaries.append(Boundary(size: tree.size, root: tree.root))
    if boundaries.count > Self.boundaryCount { boundaries.removeFirst() }
  }

  /// Rule 9: the author knew this history and no other.
  private func checkBasis(of append: Append, in log: AccountLog) throws(HistoryError) {
    let device = append.device
    let oldest = boundaries.first?.size ?? 0
    guard let receipt = append.basis else {
      guard oldest == 0 else { throw .basisTooOld(device) }
      return
    }
    guard receipt.account == log.account, log.receiptKey.isEmpty || receipt.isSigned(by: log.receiptKey),
      let entry = log.index(of: receipt.logHead), let head = log.index(of: append.logHead), entry <= head
    else { throw .badBasis(device) }
    guard receipt.treeSize >= oldest else { throw .basisTooOld(device) }
    let own = boundaries.last { $0.size == receipt.treeSize }
    guard own?.root == receipt.treeRoot else { throw .otherHistory(device, receipt) }
  }

  /// Rule 4.
  private func checkChain(of append: Append) throws(HistoryError) {
    let last = author(append.device)
    guard append.counter > last?.counter ?? 0 else { throw .deviceCloned(append.device) }
    guard append.previous == last?.appendHash ?? .zero else { throw .brokenChain(append.device) }
  }

  /// The first place that belongs to an epoch of which the record that is there did not know: it was taken before the
  /// log showed that epoch. Nil if there is none. Rule 3.
  package func placeOfLaterEpoch(in log: AccountLog) -> UInt64? {
    guard let next = log.epochs.first(where: { $0.header.number > epoch })?.header.treeSize else {
      return nil
    }
    return next < tree.size ? next : nil
  }

  /// Rules 3 and 10.
  private func checkPlace(
    of append: Append, recordCount: Int, in log: AccountLog
  ) throws(HistoryError) -> AccountLog.Epoch {
    let epoch = try append.epoch(from: tree.size, count: recordCount, in: log)
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
