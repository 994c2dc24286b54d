/// Changing the account.
extension Device {
  /// The account's log as this device knows it.
  public var log: AccountLog { state.view.log }

  /// Removes a device: it opens nothing that is sealed afterwards.
  ///
  /// When the call returns, the relay has the entry and a new epoch has begun. A process that ends in
  /// between goes on with it at the next synchronisation.
  /// - Throws: `DeviceError.unknownDevice`, `.notRemovable`, `.relay`.
  public func remove(_ device: DeviceID) async throws(DeviceError) { try await remove([device]) }

  /// Removes several devices at once, by one entry.
  /// - Throws: as `remove(_:)`, and then none is removed.
  public func remove(_ devices: Set<DeviceID>) async throws(DeviceError) {
    try await parts.account.membership.remove(devices)
  }

  /// Begins a new epoch.
  public func beginEpoch() async throws(DeviceError) { try await parts.account.membership.beginEpoch() }

  /// Replaces this device's sealing key, and begins an epoch whose secret is wrapped to the new one.
  public func rotateKeys() async throws(DeviceError) { try await parts.account.membership.rotateKeys() }
}
