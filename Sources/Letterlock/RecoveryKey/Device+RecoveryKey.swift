internal import CryptoCore

/// The recovery key: shown before it counts, and replaced in two steps. SPEC.md section 8.1.
extension Device {
  /// The account's recovery key, as long as the app has not said that the person has it.
  ///
  /// A process that ended between making the account and showing the key finds it here.
  public func recoveryKeyToShow() -> RecoveryKey? {
    guard let secret = state.read({ $0.recoverySecret }) else { return nil }
    return RecoveryKey(secret)
  }

  /// Says that the person has the recovery key: it leaves this device for good.
  ///
  /// Until then whoever takes this device takes the recovery key with it.
  public func confirmRecoveryKey() throws(DeviceError) {
    try state.mutate { $0.recoverySecret = nil }
  }

  /// Whether the account's recovery key is here, because the app has not said that the person has it: after a
  /// replacement that was interrupted it may have come to count with nobody watching.
  public var hasRecoveryKeyToShow: Bool { state.read { $0.recoverySecret != nil } }

  /// Whether a recovery key was prepared that does not count yet: the old one still does. Tell the person, who may have
  /// written the new one down.
  public var hasRecoveryKeyNotInForce: Bool { state.read { $0.nextRecoverySecret != nil } }

  /// Makes the recovery key that is to replace the present one, and keeps it in the vault. It does not count before
  /// `replaceRecoveryKey`; until then each call gives the same key.
  ///
  /// Show it, and have the person confirm it, first: so no key ever counts that nobody has seen.
  public func prepareRecoveryKey() throws(DeviceError) -> RecoveryKey {
    let secret = try state.mutate { state -> SecretKey in
      let secret = state.nextRecoverySecret ?? SecretKey(random: WrittenCode.byteCount)
      state.nextRecoverySecret = secret
      return secret
    }
    guard let key = RecoveryKey(secret) else { throw .internalError("recovery key") }
    return key
  }

  /// Whether this is the account's recovery key, as far as this device has seen the log.
  /// - Throws: `DeviceError.noSuchAccount` if it is not.
  public func check(_ key: borrowing RecoveryKey) throws(DeviceError) {
    guard log.recoveryDevice == (try asDeviceError(DeviceKeys(recoverySecret: key.secret))).deviceID else {
      throw .noSuchAccount
    }
  }

  /// Puts the prepared recovery key, which the person has now, in place of the old one. The old one opens what it could
  /// open before, and nothing newer.
  ///
  /// It counts when this returns; call `confirmRecoveryKey()` then. If the relay does not answer, the next
  /// synchronisation goes on with it, unless the history has grown meanwhile: the old key, which only the person has,
  /// must then sign again. `hasRecoveryKeyNotInForce` says so.
  /// - Parameter approvers: The devices that may vote on the next key if this one is lost; without it those of now that
  ///   are still active, and this device. Name only devices that the person has in hand.
  /// - Throws: `DeviceError.noRecoveryKeyPrepared` without `prepareRecoveryKey()`, `.noSuchAccount` if `old` is not this
  ///   account's recovery key, `.unknownDevice` for a recovery approver that is not active.
  public func replaceRecoveryKey(
    _ old: consuming RecoveryKey, approvers: Set<DeviceID>? = nil
  ) async throws(DeviceError) {
    guard let secret = state.read({ $0.nextRecoverySecret }) else { throw .noRecoveryKeyPrepared }
    let oldKeys = try asDeviceError(DeviceKeys(recoverySecret: old.secret))
    let newKeys = try asDeviceError(DeviceKeys(recoverySecret: secret))
    let bundle = try asDeviceError(
      DeviceKeyBundle(of: newKeys, createdAt: Timestamp.now.millisecondsSince1970))
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      guard log.recoveryDevice == oldKeys.deviceID else { throw .noSuchAccount }
      let approvers = try state.read { (state) throws(DeviceError) in try state.nextApprovers(approvers) }
      try await change(
        .replaceRecovery(bundle, approvers: approvers, signers: [oldKeys, newKeys], votes: []))
    }
  }
}

extension DeviceState {
  /// Whether nothing speaks against sending an entry that was made before: a recovery key that is gone must not come in.
  func maySend(_ pending: PendingEntry) throws(DeviceError) -> Bool {
    guard case .replaceRecovery(let replace) = pending.entry.content.change else { return true }
    return try holdsNextKey(of: replace.recovery)
  }

  /// Forgets recovery keys that a new recovery device makes void, or that have come to count.
  mutating func noteRecovery(_ entry: LogEntry) throws(DeviceError) {
    guard case .replaceRecovery(let replace) = entry.content.change else { return }
    // The new one stays until the person is said to have it. One that was prepared for the old recovery approvers is
    // void.
    recoverySecret = try holdsNextKey(of: replace.recovery) ? nextRecoverySecret : nil
    nextRecoverySecret = nil
  }

  /// Who is to vote on the recovery key after the next, in order.
  func nextApprovers(_ wanted: Set<DeviceID>?) throws(DeviceError) -> [DeviceID] {
    let approvers = wanted ?? log.approvers.filter { log.activeMember($0) != nil }.union([keys.deviceID])
    for device in approvers.sorted() where log.activeMember(device) == nil || device == log.recoveryDevice {
      throw .unknownDevice(device)
    }
    return approvers.sorted()
  }

  private func holdsNextKey(of bundle: DeviceKeyBundle) throws(DeviceError) -> Bool {
    guard let nextRecoverySecret else { return false }
    return try asDeviceError(DeviceKeys(recoverySecret: nextRecoverySecret).deviceID == bundle.deviceID)
  }
}
