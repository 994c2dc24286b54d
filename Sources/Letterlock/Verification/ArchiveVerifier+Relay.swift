internal import CryptoCore
internal import TLSCodec

/// The history that the relay shows, from its first record on: what a new device would be shown. SPEC.md section 6.3.
extension ArchiveVerifier {
  mutating func checkRelayHistory() async throws(DeviceError) {
    guard let relay = relay.relay else { return }
    var expected = try seenHistory()
    var history = History()
    while true {
      try checkCancellation()
      let from = history.tree.size
      let page: HistoryPage
      do throws(RelayError) {
        page = try await relay.history(of: view.account, from: from, maximumByteCount: 4 << 20)
      } catch { return fail(.relay, "history", error.reason) }
      for batch in page.batches {
        checkRelayBatch(batch, &history)
        expected.note(history.tree)
      }
      // A batch of nothing would be given again and again.
      guard page.batches.isEmpty || history.tree.size == from else { continue }
      checkRelayEnd(page.checkpoint, history)
      check(expected, history)
      return
    }
  }

  /// What the device has seen of the history; nothing if that cannot be read, which the device's own findings say.
  private func seenHistory() throws(DeviceError) -> SeenHistory {
    do throws(DeviceError) {
      return SeenHistory(try reading.status.progress.current(), view.log)
    } catch {
      if error == .cancelled { throw error }
      return SeenHistory(DeviceProgress(), view.log)
    }
  }

  private mutating func checkRelayEnd(_ checkpoint: Checkpoint, _ history: History) {
    checkAbsent(history, .relay)
    if checkpoint.treeSize != history.tree.size || checkpoint.treeRoot != history.tree.root {
      fail(.relay, "history", "it is not the one that the relay signs")
    }
    let key = view.log.checkpointKey
    if !key.isEmpty, !checkpoint.isSigned(by: key) || checkpoint.account != view.account {
      fail(.relay, "checkpoint", "the relay did not sign it")
    }
  }

  /// A relay has at least what this device has synchronised, and the same.
  private mutating func check(_ expected: SeenHistory, _ history: History) {
    if history.tree.size < expected.size {
      verification.isRelayBehind = view.isActive
      fail(
        .relay, "history", "it has \(history.tree.size) records, and this device has seen \(expected.size)")
    }
    if expected.isContradicted(by: history.tree) {
      fail(.relay, "history", "it is another one than this device has seen")
    }
  }
}

/// Points of the history that a device knows: where its own ends, where pages were proven, where epochs began.
private struct SeenHistory {
  /// How many records the device knows of.
  let size: UInt64
  private let log: AccountLog
  /// What the device or the relay signed for: each is the end of a signed batch.
  private var points: [UInt64: Set<Digest32>] = [:]
  private var found: Set<UInt64> = [0]
  private var isOther = false

  init(_ progress: DeviceProgress, _ log: AccountLog) {
    self.log = log
    let tree = progress.history.tree
    points[tree.size] = [tree.root]
    for checkpoint in [progress.checkpoint, progress.promised].compactMap({ $0 }) {
      points[checkpoint.treeSize, default: []].insert(checkpoint.treeRoot)
    }
    size = max(points.keys.max() ?? 0, log.newestEpoch.header.treeSize)
  }

  /// Compares with what the history is after a signed batch.
  mutating func note(_ tree: HistoryTree) {
    if log.epochOfOtherHistory(tree) != nil { isOther = true }
    guard let known = points[tree.size] else { return }
    found.insert(tree.size)
    let root = tree.root
    if known.contains(where: { $0 != root }) { isOther = true }
  }

  /// Whether a whole history is not the one that these points are of.
  func isContradicted(by tree: HistoryTree) -> Bool {
    isOther || points.keys.contains { $0 <= tree.size && !found.contains($0) }
  }
}
