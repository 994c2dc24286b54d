internal import LetterlockFormat

/// What could not be read of a beginning of the history, and may come: records that were missing, and epochs whose secrets
/// were not here.
struct HistoryGaps: Sendable {
  private var holes: [UInt64] = []
  private var closed: Set<EpochReference> = []

  /// Notes which records of a page are missing; those that were erased do not come.
  /// - Parameter absent: the records that are missing of the whole history.
  mutating func note(missingIn page: [StoredEntry], _ absent: Set<UInt64>) {
    holes += page.lazy.filter { $0.record == nil }.compactMap(\.position.leaf).filter(absent.contains)
  }

  /// Notes a record that cannot be opened for want of a secret.
  mutating func note(_ read: HistoryEntry) {
    if case .failure(.unreadableEpoch(let epoch)) = read.entry { closed.insert(epoch) }
  }

  /// Whether nothing of it has come.
  func stand(in history: HistoryReader, _ absent: Set<UInt64>) -> Bool {
    absent.isSuperset(of: holes) && !closed.contains { history.archive.accountTag(in: $0) != nil }
  }
}
