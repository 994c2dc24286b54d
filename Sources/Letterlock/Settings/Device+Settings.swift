/// What a person sets on a device.
extension Device {
  /// What the person set on this device.
  /// - Throws: `DeviceError.store`.
  public func settings() throws(DeviceError) -> SyncSettings { try parts.services.settings.read() }

  /// Keeps what the person set on this device; whether synchronising is stopped stays as it is.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func update(_ settings: SyncSettings) throws(DeviceError) {
    try parts.services.settings.update(settings)
  }

  /// Stops synchronising on this device: `sync()` sends and fetches nothing until `startSyncing()`. Messages are
  /// still sealed and wait here; nothing is deleted, here or elsewhere, and the device stays part of the account,
  /// so that the others go on wrapping keys for it. What the person asks for by name (removing a device, erasing)
  /// still reaches the relay.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func stopSyncing() throws(DeviceError) { try parts.services.settings.stop(true) }

  /// Synchronises again from the next `sync()` on.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func startSyncing() throws(DeviceError) { try parts.services.settings.stop(false) }

  /// Lets an app say what holds around the device: network, power, and so on. Without it nothing is known, and no
  /// condition but the interval holds.
  public func observe(_ surroundings: any SyncSurroundings) {
    parts.services.surroundings.observe(surroundings)
  }
}
