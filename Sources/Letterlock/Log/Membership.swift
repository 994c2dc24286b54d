/// Who belongs to the account, as a person changes it.
struct Membership: Sendable {
  let state: AccountState
  let lock: AsyncLock
  let puller: AccountPuller
  let changes: LogChanges

  /// Removes devices, by one entry.
  func remove(_ devices: Set<DeviceID>) async throws(DeviceError) {
    guard !devices.isEmpty else { return }
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
      let log = state.view.log
      for device in devices {
        guard log.activeMember(device) != nil else { throw .unknownDevice(device) }
        guard device != state.view.device, device != log.recoveryDevice else { throw .notRemovable(device) }
      }
      try await changes.change(.remove(devices))
    }
  }

  /// Begins a new epoch.
  func beginEpoch() async throws(DeviceError) {
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
      try await changes.change(.epoch)
    }
  }

  /// Replaces the device's sealing key.
  func rotateKeys() async throws(DeviceError) {
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
      try await changes.rotateKeys()
    }
  }
}
