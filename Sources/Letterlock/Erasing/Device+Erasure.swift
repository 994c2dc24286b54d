internal import TLSCodec

/// Erasing the relay's copy of everything: shown first, then confirmed. SPEC.md section 6.12.
///
/// What a person must be told before: every record, attachment and wrap on the relay is erased, for all devices of
/// the account, at once and for good. Each device keeps what it has; what a device has not fetched is lost. The
/// recovery key gets nothing back any more. The account ends: nothing is sealed to it again, and a device that
/// wants to go on begins a new one.
public struct PreparedErasure: Sendable {
  /// Whose copy is erased.
  public var account: AccountID { checkpoint.account }
  /// How many records the relay holds, those erased before included.
  public var recordCount: UInt64 { checkpoint.treeSize }
  /// What the relay keeps, in bytes.
  public let usage: RelayUsage
  /// The account's other devices.
  public let otherDevices: [DeviceID]
  /// Eight digits that stand for exactly this state of this account: what a person types, or taps on, to confirm.
  public let code: String
  let checkpoint: Checkpoint
  let device: Device

  /// Erases the relay's copy.
  /// - Throws: `DeviceError.erasureNotConfirmed` if the code is another one, `.relay(.staleHistory)` or
  ///   `.relay(.staleLogHead)` if the account has changed since it was shown: prepare again.
  public func confirm(_ code: String) async throws(DeviceError) {
    guard code == self.code else { throw .erasureNotConfirmed }
    try await device.erase(self)
  }
}

extension Device {
  /// Prepares erasing the relay's copy of everything; nothing is erased yet. This device is brought up to date
  /// first; call `downloadAll()` before, so that its copy is whole.
  /// - Throws: as `sync()`; `DeviceError.removed`.
  public func prepareErasure() async throws(DeviceError) -> PreparedErasure {
    try await lock.locked { () async throws(DeviceError) in
      guard isActive else { throw .removed }
      try await pullEverything()
      return try await preparedErasure()
    }
  }

  /// Prepares erasing the relay's copy with nothing but the recovery key, which leads to it no more afterwards.
  /// - Throws: `DeviceError.noSuchAccount`, `.relay`, `.logRefused`.
  public static func prepareErasure(
    with recoveryKey: consuming RecoveryKey, relay: any Relay
  ) async throws(DeviceError) -> PreparedErasure {
    let recovery = try asDeviceError(DeviceKeys(recoverySecret: recoveryKey.secret))
    let recoveryID = recovery.deviceID
    let account = try await asking { () async throws(RelayError) in
      try await relay.account(recoveredBy: recoveryID)
    }
    guard let account else { throw .noSuchAccount }
    let device = try await reading(account, as: recovery, store: nil, relay: relay)
    return try await device.preparedErasure()
  }

  private func preparedErasure() async throws(DeviceError) -> PreparedErasure {
    let relay = try neededRelay()
    let size = try progress().history.tree.size
    let (page, usage) = try await Self.asking { () async throws(RelayError) in
      (
        try await relay.history(of: account, from: size, maximumByteCount: 1),
        try await relay.usage(of: account)
      )
    }
    let (checkpoint, log) = (page.checkpoint, log)
    guard checkpoint.account == account, checkpoint.isSigned(by: log.checkpointKey),
      checkpoint.logHead == log.head
    else {
      throw .relay(.erasureRefused(.badCheckpoint))
    }
    var writer = TLSWriter()
    writer.write(checkpoint.account)
    writer.write(checkpoint.treeSize)
    writer.write(checkpoint.treeRoot)
    writer.write(checkpoint.logHead)
    let digest = Derivation.hash("erasure code", writer.bytes)
    return PreparedErasure(
      usage: usage, otherDevices: log.activeDevices.filter { $0 != id && $0 != log.recoveryDevice },
      code: Hex.encode(Array(digest[..<4])), checkpoint: checkpoint, device: self)
  }

  /// Sends the order. One whose answer was lost is recognised when it is sent again.
  fileprivate func erase(_ prepared: PreparedErasure) async throws(DeviceError) {
    try await lock.locked { () async throws(DeviceError) in
      let relay = try neededRelay()
      let keys = state.read { $0.keys }
      let erasure = try asDeviceError(AccountErasure(of: prepared.checkpoint, at: clock.now, by: keys))
      do throws(RelayError) { try await relay.eraseAccount(erasure, of: account) } catch {
        // Another order came first, or an earlier one of this device's: it is done.
        guard case .accountErased(let done) = error else { throw .relay(error) }
        guard try take(done) else { throw .relay(.erasureRefused(.otherState)) }
        return
      }
      _ = try take(erasure)
    }
  }

  /// Believes that the relay's copy was erased, if a device of the account ordered it. Gives whether it did.
  func take(_ erasure: AccountErasure) throws(DeviceError) -> Bool {
    let (log, history) = (log, try progress().history)
    do throws(ErasureRefusal) { try erasure.check(against: log) } catch { return false }
    let (size, root) = (erasure.checkpoint.treeSize, erasure.checkpoint.treeRoot)
    guard size > history.tree.size || (size == history.tree.size && root == history.tree.root) else {
      return false
    }
    try state.mutate { $0.erasure = erasure }
    if store != nil { try keepNote(erasure.encoded, as: .erasure) }
    return true
  }

  /// What a relay that says that everything was erased means.
  func verdict(of erasure: AccountErasure) throws(DeviceError) -> Verdict {
    if try take(erasure) { return .erased(by: erasure.device) }
    // Nobody ordered it: the relay has lost the history, or hides it.
    return .rolledBack(from: try progress().history.tree.size, to: 0)
  }

  /// Who erased the relay's copy, if this device knows of it.
  public var erasedBy: DeviceID? { state.read { $0.erasure?.device } }
}
