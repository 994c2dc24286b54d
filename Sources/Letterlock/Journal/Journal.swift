internal import Synchronization

/// What a device remembers of its own doings. Each change of it is made on what the change before it left.
final class Journal: Sendable {
  private struct Known: Sendable {
    var journal: DeviceJournal
    /// The journal as the store has it; nil if the store has none.
    var saved: [UInt8]?
  }

  private let notes: DeviceNotes
  private let relay: MeteredRelay?
  /// Nil until it was read. Locked for as long as a change takes, its way to the disk included.
  private let known = Mutex<Known?>(nil)

  /// - Parameter relay: The relay whose traffic is counted.
  init(_ notes: DeviceNotes, relay: MeteredRelay?) {
    self.notes = notes
    self.relay = relay
  }

  /// Returns the journal.
  /// - Throws: `DeviceError.store`.
  func read() throws(DeviceError) -> DeviceJournal { try note { $0 } }

  /// Changes the journal in memory: the change reaches the disk with the next `update` or `save`. Only for what a device
  /// finds again if its process ends before.
  /// - Throws: `DeviceError.store`.
  func note<Answer: Sendable>(
    _ change: (inout DeviceJournal) -> Answer
  ) throws(DeviceError) -> Answer {
    try known.withLock { (known) throws(DeviceError) in
      var next = if let known { known } else { try load() }
      let answer = change(&next.journal)
      known = next
      return answer
    }
  }

  /// Changes the journal: the change is durable when the call returns.
  /// - Throws: `DeviceError.store`.
  func update(_ change: (inout DeviceJournal) -> Void) throws(DeviceError) {
    try known.withLock { (known) throws(DeviceError) in
      var next = if let known { known } else { try load() }
      change(&next.journal)
      next.journal.usage = next.journal.usage + (relay?.takeUsage() ?? DataUsage())
      // What was counted is counted whether the disk takes it or not.
      known = next
      let bytes = next.journal.encoded
      guard notes.arePresent, next.saved != bytes else { return }
      try notes.keep(bytes, as: .journal)
      next.saved = bytes
      known = next
    }
  }

  /// Makes every change durable, and what was exchanged with the relay since.
  /// - Throws: `DeviceError.store`.
  func save() throws(DeviceError) { try update { _ in } }

  private func load() throws(DeviceError) -> Known {
    guard let bytes = try notes.open(.journal) else { return Known(journal: DeviceJournal(), saved: nil) }
    do { return Known(journal: try DeviceJournal(decoding: bytes), saved: bytes) } catch {
      throw .store(.corrupted("journal"))
    }
  }
}
