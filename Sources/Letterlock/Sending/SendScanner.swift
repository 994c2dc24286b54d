internal import LetterlockFormat
internal import Synchronization

/// Keeps which requests to send a history holds: each look reads what has come since the one before, and the records that
/// wait. The first one in a process reads everything, and so does one after the history has changed before its end.
final class SendScanner: Sendable {
  private let history: HistoryReader
  private let kept = Mutex(SendScan())

  /// How often the history may grow while the records that wait are read.
  private static let attempts = 8

  init(_ history: HistoryReader) { self.history = history }

  /// Returns the requests of the history and of what waits to be sent, and how far each has come.
  func ledger() throws(DeviceError) -> SendLedger {
    // Taken out, so that going on copies nothing: whoever looks meanwhile reads everything.
    var scan = kept.withLock { kept in
      let scan = kept
      kept = SendScan()
      return scan
    }
    defer {
      kept.withLock { [scan] kept in if scan.end >= kept.end { kept = scan } }
    }
    for _ in 0..<Self.attempts {
      try catchUp(&scan)
      var gathering = SendGathering(after: scan.gathering)
      try addWaiting(to: &gathering)
      // What was sent meanwhile stands in the history by now.
      let verified = try history.verified
      guard scan.end == verified.tree.size, try isAsRead(scan, verified) else { continue }
      var ledger = gathering.ledger
      ledger.settle(history.activeDevices)
      return ledger
    }
    throw .historyChanged
  }

  private func addWaiting(to gathering: inout SendGathering) throws(DeviceError) {
    var sequence: Int64 = 0
    while true {
      let waiting = try history.waiting(after: sequence)
      guard let last = waiting.last?.position.sequence else { return }
      sequence = last
      for read in history.opened(waiting) {
        guard case .success(let entry) = read.entry else { continue }
        _ = gathering.take(entry, by: read.author, at: read.position)
      }
    }
  }

  /// Reads what has come since, or everything if what was read is not as it was.
  private func catchUp(_ scan: inout SendScan) throws(DeviceError) {
    let verified = try history.verified
    if try !isAsRead(scan, verified) { scan = SendScan() }
    scan.begin(at: verified.tree.size)
    let absent = Set(verified.absent)
    while scan.end < verified.tree.size {
      let page = try history.batches(from: scan.end, limit: 4).filter { $0.endLeaf <= verified.tree.size }
      guard page.first?.firstLeaf == scan.end else { return }
      scan.note(erasuresIn: page)
      let there = page.flatMap(\.storedEntries)
      scan.gaps.note(missingIn: there, absent)
      for read in history.opened(there.filter { $0.record != nil }) { scan.take(read) }
      scan.finish(page)
      if scan.isOutdated {
        scan = SendScan()
        scan.begin(at: verified.tree.size)
      }
    }
    scan.root = verified.tree.root
  }

  /// Whether what was read of the history is still its beginning, and nothing that was missing or could not be opened is
  /// there now.
  private func isAsRead(_ scan: SendScan, _ verified: History) throws(DeviceError) -> Bool {
    guard scan.end <= verified.tree.size, scan.gaps.stand(in: history, Set(verified.absent)) else {
      return false
    }
    if scan.end == verified.tree.size, let root = scan.root { return root == verified.tree.root }
    guard let last = scan.last else { return true }
    return try history.batches(before: scan.end, limit: 1).last?.signedBatch == last
  }
}

/// What was gathered of a beginning of the history, and what shows that it still holds.
private struct SendScan: Sendable {
  private(set) var gathering = SendGathering()
  /// How many records were read.
  private(set) var end: UInt64 = 0
  /// The last batch of them.
  private(set) var last: SignedBatch?
  /// The tree's root over all of them; nil if the reading was interrupted.
  var root: Digest32?
  /// What of them could not be read.
  var gaps = HistoryGaps()
  /// How many records there were when the reading began: what was erased by those was not read.
  private var beginning: UInt64?
  /// Records that count.
  private var counted: Set<UInt64> = []
  private var hasRefused = false
  private var hasErased = false
  private var hasErasedCounted = false

  mutating func begin(at size: UInt64) {
    if beginning == nil { beginning = size }
  }

  mutating func take(_ read: HistoryEntry) {
    gaps.note(read)
    guard case .success(let entry) = read.entry else { return }
    switch gathering.take(entry, by: read.author, at: read.position) {
    case .passed: break
    case .counted: if let leaf = read.leaf { counted.insert(leaf) }
    case .refused: hasRefused = true
    }
  }

  /// Notes what batches erase that came since the reading began.
  mutating func note(erasuresIn page: [HistoryBatch]) {
    for batch in page where batch.firstLeaf >= beginning ?? 0 && !batch.erasures.isEmpty {
      hasErased = true
      if batch.erasures.contains(where: counted.contains) { hasErasedCounted = true }
    }
  }

  /// Whether a record was erased that counted when it was read, and so counts for nothing. Another message matters only if
  /// a request has its identifier.
  var isOutdated: Bool { hasErasedCounted || (hasErased && hasRefused) }

  mutating func finish(_ page: [HistoryBatch]) {
    guard let newest = page.last else { return }
    (end, last, root) = (newest.endLeaf, newest.signedBatch, nil)
  }
}
