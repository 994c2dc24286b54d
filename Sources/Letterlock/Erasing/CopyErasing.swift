internal import TLSCodec

/// Erases the relay's copy of everything, and believes that it was erased when a device of the account ordered it.
/// SPEC.md section 6.12.
struct CopyErasing: Sendable {
  let state: AccountState
  let lock: AsyncLock
  let relay: RelayConnection
  let progress: SyncProgress
  let notes: DeviceNotes
  let puller: AccountPuller
  let changes: LogChanges
  let clock: DeviceClock

  /// Prepares erasing, for a device that is brought up to date first.
  func prepare() async throws(DeviceError) -> PreparedErasure {
    try await lock.locked { () async throws(DeviceError) in
      guard state.view.isActive else { throw .removed }
      try await puller.pull()
      return try await prepared()
    }
  }

  /// Prepares erasing, by what this device knows.
  func prepared() async throws(DeviceError) -> PreparedErasure {
    let size = try progress.current().history.tree.size
    let (page, usage) = try await relay.ask { (relay, account) async throws(RelayError) in
      (
        try await relay.history(of: account, from: size, maximumByteCount: 1),
        try await relay.usage(of: account)
      )
    }
    let (checkpoint, log, device) = (page.checkpoint, state.view.log, state.view.device)
    guard checkpoint.account == state.view.account, checkpoint.isSigned(by: log.checkpointKey),
      checkpoint.logHead == log.head
    else {
      throw .relay(.erasureRefused(.badCheckpoint))
    }
    return PreparedErasure(
      usage: usage, otherDevices: log.activeDevices.filter { $0 != device && $0 != log.recoveryDevice },
      isImmediate: device == log.recoveryDevice, code: Self.code(for: checkpoint), checkpoint: checkpoint,
      erasing: self)
  }

  /// Returns eight digits that stand for exactly this state of the account.
  private static func code(for checkpoint: Checkpoint) -> String {
    var writer = TLSWriter()
    writer.write(checkpoint.account)
    writer.write(checkpoint.treeSize)
    writer.write(checkpoint.treeRoot)
    writer.write(checkpoint.logHead)
    let digest = Derivation.hash("erasure code", writer.bytes)
    return Hex.encode(Array(digest[..<4]))
  }

  /// Sends the order. One whose answer was lost is recognised when it is sent again. Returns the order that waits; nil if
  /// the relay's copy is erased.
  func erase(_ prepared: PreparedErasure) async throws(DeviceError) -> PendingErasure? {
    try await lock.locked { () async throws(DeviceError) in
      let erasure = try asDeviceError(
        AccountErasure(of: prepared.checkpoint, at: clock.now, by: state.view.keys))
      do throws(DeviceError) {
        let pending = try await relay.ask { (relay, account) async throws(RelayError) in
          try await relay.eraseAccount(erasure, of: account)
        }
        if let pending { return pending }
      } catch {
        // Another order came first, or an earlier one of this device's: it is done.
        guard case .relay(.accountErased(let done)) = error else { throw error }
        guard try take(done) else { throw .relay(.erasureRefused(.otherState)) }
        return nil
      }
      try keep(erasure)
      return nil
    }
  }

  /// Returns the order that waits at the relay, for a device that is brought up to date first; nil if none does.
  func pending() async throws(DeviceError) -> PendingErasure? {
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
      return try await standing()
    }
  }

  /// Returns the order that waits at the relay, if an active device gave it and nothing came since; nil if none does.
  func standing() async throws(DeviceError) -> PendingErasure? {
    guard relay.isPresent else { return nil }
    let order = try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.pendingErasure(of: account)
    }
    guard let order, order.stands(in: state.view.log) else { return nil }
    return order
  }

  /// Makes an order that waits void: any entry of the log does. Returns it; nil if none waits.
  func cancel() async throws(DeviceError) -> PendingErasure? {
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
      guard let order = try await standing() else { return nil }
      try await changes.change(.epoch)
      return order
    }
  }

  /// Believes that the relay's copy was erased, if a device of the account ordered it. Returns whether it did.
  private func take(_ completed: CompletedErasure) throws(DeviceError) -> Bool {
    let (log, history, erasure) = (state.view.log, try progress.current().history, completed.order)
    do throws(ErasureRefusal) { try completed.check(against: log) } catch { return false }
    // Records that came while the order waited are erased with the others.
    guard history.tree.size <= completed.final.treeSize,
      [erasure.checkpoint, completed.final].allSatisfy({
        $0.treeSize != history.tree.size || $0.treeRoot == history.tree.root
      })
    else { return false }
    try keep(erasure)
    return true
  }

  private func keep(_ erasure: AccountErasure) throws(DeviceError) {
    try state.mutate { $0.erasure = erasure }
    if notes.arePresent { try notes.keep(erasure.encoded, as: .erasure) }
  }

  /// Believes that the account is alive, since the relay has just shown its log and its history. Returns the order that
  /// was believed before.
  func noteAlive() throws(DeviceError) -> AccountErasure? {
    guard let erasure = state.read({ $0.erasure }) else { return nil }
    try forget()
    return erasure
  }

  private func forget() throws(DeviceError) {
    guard state.read({ $0.erasure }) != nil else { return }
    try state.mutate { $0.erasure = nil }
    if notes.arePresent { try notes.keep([], as: .erasure) }
  }

  /// What a relay that says that everything was erased means.
  func verdict(of erasure: CompletedErasure) throws(DeviceError) -> Verdict {
    if try take(erasure) { return .erased(by: erasure.order.device) }
    // An entry that came since voids what was believed before.
    try forget()
    // Nobody ordered it: the relay has lost the history, or hides it.
    return .rolledBack(from: try progress.current().history.tree.size, to: 0)
  }
}
