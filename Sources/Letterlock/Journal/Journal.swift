internal import Synchronization

/// What a device remembers of its own doings. Each change of it is made on what the change before it left, by this object
/// or another one on the same store.
final class Journal: Sendable {
  private struct Known: Sendable {
    var journal: DeviceJournal
    /// The journal as the store had it when it was read or written last.
    var base: DeviceJournal
    /// Its bytes; nil if the store had none.
    var saved: [UInt8]?
    /// What was exchanged and is not in `base`.
    var unsavedUsage = DataUsage()
  }

  private let notes: DeviceNotes
  private let relay: MeteredRelay?
  /// Nil until it was read. Locked for as long as a change takes, its way to the disk included.
  private let known = Mutex<Known?>(nil)
  /// How often a change is saved again because another object or process came first.
  private static let attempts = 64

  /// - Parameter relay: The relay whose traffic is counted.
  init(_ notes: DeviceNotes, relay: MeteredRelay?) {
    self.notes = notes
    self.relay = relay
  }

  /// Returns the journal, with what another object or process has changed in it.
  /// - Throws: `DeviceError.store`.
  func read() throws(DeviceError) -> DeviceJournal {
    try known.withLock { (known) throws(DeviceError) in
      let next = try refreshed(known, from: try notes.kept(.journal))
      known = next
      return next.journal
    }
  }

  /// Changes the journal in memory: the change reaches the disk with the next `update` or `save`. Only for what a device
  /// finds again if its process ends before.
  /// - Throws: `DeviceError.store`.
  func note<Answer: Sendable>(
    _ change: (inout DeviceJournal) -> Answer
  ) throws(DeviceError) -> Answer {
    try known.withLock { (known) throws(DeviceError) in
      var next = if let known { known } else { try refreshed(nil, from: try notes.kept(.journal)) }
      let answer = change(&next.journal)
      known = next
      return answer
    }
  }

  /// Changes the journal: the change is durable when the call returns.
  /// - Throws: `DeviceError.store`.
  func update(_ change: (inout DeviceJournal) -> Void) throws(DeviceError) {
    try known.withLock { (known) throws(DeviceError) in
      var kept = try notes.kept(.journal)
      var next = try refreshed(known, from: kept)
      change(&next.journal)
      let usage = relay?.takeUsage() ?? DataUsage()
      next.journal.usage = next.journal.usage + usage
      next.unsavedUsage = next.unsavedUsage + usage
      for _ in 0..<Self.attempts {
        // What was counted is counted whether the disk takes it or not.
        known = next
        let bytes = next.journal.encoded
        guard notes.arePresent, next.saved != bytes else { return }
        if try notes.keep(bytes, as: .journal, replacing: kept) {
          known = Known(journal: next.journal, base: next.journal, saved: bytes)
          return
        }
        kept = try notes.kept(.journal)
        next = try refreshed(next, from: kept)
      }
      throw .store(.conflict)
    }
  }

  /// Makes every change durable, and what was exchanged with the relay since.
  /// - Throws: `DeviceError.store`.
  func save() throws(DeviceError) { try update { _ in } }

  /// What was known, on what the store holds by now.
  private func refreshed(_ known: Known?, from kept: DeviceNotes.Kept) throws(DeviceError) -> Known {
    guard let bytes = kept.bytes else {
      return known ?? Known(journal: DeviceJournal(), base: DeviceJournal(), saved: nil)
    }
    if let known, known.saved == bytes { return known }
    let stored: DeviceJournal
    do { stored = try DeviceJournal(decoding: bytes) } catch { throw .store(.corrupted("journal")) }
    guard let known else { return Known(journal: stored, base: stored, saved: bytes) }
    let journal = known.journal.rebased(from: known.base, onto: stored, adding: known.unsavedUsage)
    return Known(journal: journal, base: stored, saved: bytes, unsavedUsage: known.unsavedUsage)
  }
}
