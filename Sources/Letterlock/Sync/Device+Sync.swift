internal import CryptoCore
internal import TLSCodec

/// Synchronising: the log, then the history, then what waits here. SPEC.md section 6.3.
extension Device {
  /// Brings this device and the relay up to date, and says what it found.
  ///
  /// Everything that comes from the relay is verified before it is kept; a history that breaks a rule is
  /// not kept, and the verdict names the rule.
  /// - Parameter ignoringConditions: goes on even if a condition of `settings()` does not hold, once.
  /// - Throws: `DeviceError.relay` if the relay does not answer or refuses, `.heldBack` if the person stopped
  ///   synchronising or a condition does not hold, `.noRelay`, `.noStore`, `.store`, `.vault`.
  @discardableResult
  public func sync(
    ignoringConditions: Bool = false, progress report: (@Sendable (SyncStep) -> Void)? = nil
  ) async throws(DeviceError) -> SyncReport {
    try await lock.locked { () async throws(DeviceError) in
      if let erasedBy { return SyncReport(verdict: .erased(by: erasedBy)) }
      if let evidence = try keptEvidence() { return SyncReport(verdict: .forked(evidence: evidence)) }
      try await checkConditions(ignoring: ignoringConditions)
      var result = SyncReport(verdict: .complete(size: 0))
      do throws(DeviceError) {
        try await synchronise(&result, report)
        let history = try progress().history
        result.verdict =
          history.absent.isEmpty ? .complete(size: history.tree.size) : .missing(leaves: history.absent)
      } catch {
        switch error {
        case .historyRefused(let verdict): result.verdict = verdict
        case .relay(.accountErased(let erasure)): result.verdict = try verdict(of: erasure)
        default:
          try note(SyncAttempt(at: clock.now, error: error))
          throw error
        }
      }
      if case .forked(let evidence?) = result.verdict { try keep(evidence) }
      try note(SyncAttempt(at: clock.now, verdict: result.verdict))
      return result
    }
  }

  /// Refuses what the person does not want now.
  private func checkConditions(ignoring isIgnoring: Bool) async throws(DeviceError) {
    let settings = try settings()
    if settings.isStopped { throw .heldBack(.stopped) }
    guard !isIgnoring else { return }
    let unmet = await unmetConditions(settings, try withJournal { $0 })
    guard unmet.isEmpty else { throw .heldBack(.conditions(unmet)) }
  }

  private func note(_ attempt: SyncAttempt) throws(DeviceError) {
    try withJournal { journal in
      journal.lastAttempt = attempt
      if attempt.outcome == .complete { journal.lastSuccess = attempt.at }
    }
    try saveJournal()
  }

  private func synchronise(
    _ result: inout SyncReport, _ report: (@Sendable (SyncStep) -> Void)?
  ) async throws(DeviceError) {
    let before = Set(log.activeDevices)
    let waiting = state.read { $0.pending?.entry }
    let hadPrepared = hasRecoveryKeyNotInForce
    result.received += try await pullEverything(report)
    try await finishPending()
    if let waiting, waiting.content.change.needsPerson(in: log), log.index(of: waiting.head) == nil,
      state.read({ $0.pending }) == nil
    {
      result.abandoned.append(waiting.content.change)
    }
    result.voidedRecoveryKey = hadPrepared && !hasRecoveryKeyNotInForce && !hasRecoveryKeyToShow
    result.repaired += try await repair()
    if isActive {
      try await keepSchedule()
      result.sentAttachments += try await pushBlobs(report)
      result.heldBack = stateHolds
      if result.heldBack.isEmpty {
        try announcePresence()
        result.sent += try await pushRecords(report)
      }
      result.received += try await pullEverything(report)
    }
    try updateDirectory()
    let after = Set(log.activeDevices)
    result.joined = after.subtracting(before).sorted()
    result.left = before.subtracting(after).sorted()
  }

  var isActive: Bool { state.read { $0.isActive } }

  /// The log, this device's wraps, and the history. Gives the number of records that came.
  @discardableResult
  func pullEverything(
    _ report: (@Sendable (SyncStep) -> Void)? = nil
  ) async throws(DeviceError) -> Int {
    guard relay != nil else { return 0 }
    try await pullLog()
    try await pullWraps()
    guard store != nil else { return 0 }
    try await refill()
    return try await pullHistory(report)
  }

  /// Takes the entries that this device has not seen. A relay whose log does not go on from this device's
  /// is named.
  func pullLog() async throws(DeviceError) {
    let relay = try neededRelay()
    let known = log
    // The newest known entry is asked for again, to see that it is the same one.
    let entries = try await Self.asking { () async throws(RelayError) in
      try await relay.logEntries(of: account, from: known.nextIndex - 1)
    }
    guard let first = entries.first else {
      throw .historyRefused(.rolledBack(from: known.nextIndex, to: 0))
    }
    guard first.head == known.head else { throw try await judgeOtherLog() }
    try take(entries.dropFirst())
  }

  /// What it means that the relay shows another entry where this device knows one. Only a whole log of this account is a
  /// fork: anything else could be made by anyone, and would stop this device for good.
  private func judgeOtherLog() async throws(DeviceError) -> DeviceError {
    let (relay, known) = (try neededRelay(), log)
    let entries = try await Self.asking { () async throws(RelayError) in
      try await relay.logEntries(of: account, from: 0)
    }
    let other = try Self.replay(entries, of: account)
    guard !other.heads.starts(with: known.heads) else { return .logRefused(.wrongPredecessor) }
    guard !known.heads.starts(with: other.heads) else {
      return .historyRefused(.rolledBack(from: known.nextIndex, to: other.nextIndex))
    }
    try state.mutate { $0.isForked = true }
    return .historyRefused(.forked(evidence: nil))
  }

  /// Asks for the wraps of epochs that this device does not read yet, and judges them.
  func pullWraps() async throws(DeviceError) {
    let relay = try neededRelay()
    let wanted = try state.read { (state) throws(DeviceError) in
      // A wrap for a sealing key that is gone says nothing of who made it.
      guard !state.isRolledBack else { throw .stateRolledBack }
      return state.epochsToJudge
    }
    guard !wanted.isEmpty else { return }
    var known = state.read { $0.duplicate() }
    var judged: [(epoch: UInt64, wrap: [UInt8]?)] = []
    for epoch in wanted {
      try checkCancellation()
      // A later wrap may have given this epoch secret already.
      guard known.keyring.epochSecrets[epoch] == nil else { continue }
      let wrap = try await Self.asking { () async throws(RelayError) in
        try await relay.wrap(of: account, epoch: epoch, for: id)
      }
      known.judge(epoch, wrap: wrap)
      judged.append((epoch, wrap))
    }
    try state.mutate { for (epoch, wrap) in judged { $0.judge(epoch, wrap: wrap) } }
  }

  /// Sees an entry through that an earlier call made. One that the relay will never take, or that cannot be made now,
  /// waits: everything else goes on.
  private func finishPending() async throws(DeviceError) {
    do throws(DeviceError) { try await settlePending() } catch {
      switch error {
      case .relay(let refusal) where refusal.isFinal: break
      case .archive(.epochRefused): break
      default: throw error
      }
    }
  }

  /// Begins a better epoch if the newest one is not to be trusted. Gives who began that one, if a device is to blame.
  func repair() async throws(DeviceError) -> [DeviceID] {
    let standing = state.read { state -> EpochStanding in
      guard state.isActive, !state.isForked, !state.isUnconfirmed, !state.keyring.epochSecrets.isEmpty else {
        return .trusted
      }
      return state.keyring.standing(in: state.log)
    }
    guard case .faulty(let culprit) = standing else { return [] }
    try await change(.repair)
    return culprit.map { [$0] } ?? []
  }

  func neededRelay() throws(DeviceError) -> any Relay {
    guard let relay else { throw .noRelay }
    return relay
  }

  func neededStore() throws(DeviceError) -> any DeviceStore {
    guard let store else { throw .noStore }
    return store
  }

  /// How far this device has come.
  func progress() throws(DeviceError) -> DeviceProgress {
    guard let store else { return DeviceProgress() }
    let bytes = try Self.storing { () throws(StoreError) in try store.progress() }
    guard let bytes else { return DeviceProgress() }
    do { return try DeviceProgress(decoding: bytes) } catch {
      throw .store(.corrupted("progress"))
    }
  }

  /// Turns a store's error into a device's.
  static func storing<Answer>(
    _ body: () throws(StoreError) -> Answer
  ) throws(DeviceError) -> Answer {
    do throws(StoreError) { return try body() } catch { throw .store(error) }
  }
}

/// How far a synchronisation has come, for a progress bar.
public enum SyncStep: Hashable, Sendable {
  /// Records from the relay: how many are here, of how many.
  case received(UInt64, of: UInt64)
  /// Records to the relay so far.
  case sent(Int)
  /// Sealed bytes of attachments to the relay so far.
  case sentAttachmentBytes(UInt64)
}

extension DeviceState {
  /// Epochs that this device should read and does not, newest first: one epoch secret gives all before it.
  var epochsToJudge: [UInt64] {
    log.epochs.reversed().filter {
      keyring.epochSecrets[$0.header.number] == nil
        && keyring.faults[$0.header.number]?.isRelays ?? true
        && $0.wrapHash(for: keys.deviceID) != nil
    }.map(\.header.number)
  }

  mutating func judge(_ epoch: UInt64, wrap: [UInt8]?) {
    keyring.admit(epoch, of: log, wrap: wrap, keys: keys)
  }
}
