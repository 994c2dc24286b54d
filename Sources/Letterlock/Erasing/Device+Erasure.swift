internal import TLSCodec

/// Erasing the relay's copy of everything.
extension Device {
  /// Prepares erasing the relay's copy of everything; nothing is erased yet. This device is brought up to date
  /// first; call `downloadAll()` before, so that its copy is whole.
  /// - Throws: as `sync()`; `DeviceError.removed`.
  public func prepareErasure() async throws(DeviceError) -> PreparedErasure {
    try await parts.history.erasing.prepare()
  }

  /// Prepares erasing the relay's copy with nothing but the recovery key, which leads to it no more afterwards.
  /// - Throws: `DeviceError.noSuchAccount`, `.relay`, `.logRefused`.
  public static func prepareErasure(
    with recoveryKey: consuming RecoveryKey, relay: any Relay
  ) async throws(DeviceError) -> PreparedErasure {
    let recovery = try asDeviceError(DeviceKeys(recoverySecret: recoveryKey.secret))
    let (recoveryID, caller) = (recovery.deviceID, RelayCaller.device(recovery))
    let account = try await asking { () async throws(RelayError) in
      try await relay.account(recoveredBy: recoveryID, as: caller)
    }
    guard let account else { throw .noSuchAccount }
    let device = try await reading(account, as: recovery, store: nil, relay: relay)
    return try await device.parts.history.erasing.prepared()
  }

  /// Asks the relay for an order to erase its copy that has not taken effect yet, after this device was brought up to date: show
  /// the person who gave it, and when it takes effect. `sync()` asks too.
  /// - Returns: The order; nil if none waits.
  /// - Throws: As `sync()`; `DeviceError.removed`.
  public func pendingErasure() async throws(DeviceError) -> PendingErasure? {
    try await parts.history.erasing.pending()
  }

  /// Makes an order to erase the relay's copy void that has not taken effect yet, by beginning an epoch. The device that gave
  /// it can give another: remove it.
  /// - Returns: The order; nil if none waits, and nothing was changed.
  /// - Throws: As `sync()`; `DeviceError.removed`.
  @discardableResult
  public func cancelErasure() async throws(DeviceError) -> PendingErasure? {
    try await parts.history.erasing.cancel()
  }

  /// Who erased the relay's copy, if this device knows of it.
  public var erasedBy: DeviceID? { state.view.erasedBy }
}
