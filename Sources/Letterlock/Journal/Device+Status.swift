/// What a device can say about itself.
extension Device {
  /// Says how this device stands, without asking the relay.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func status() async throws(DeviceError) -> DeviceStatus {
    try parts.services.journal.save()
    return try await parts.reading.status.status()
  }

  /// Every device that is, or was, part of the account, in the order in which they joined.
  /// - Throws: `DeviceError.store`.
  public func devices() throws(DeviceError) -> [AccountDevice] { try parts.reading.directory.devices() }

  /// Changes the name of this device; the others learn it when they synchronise.
  /// - Throws: `DeviceError.archive`, `.noStore`, `.store`.
  public func rename(_ name: String) throws(DeviceError) { try parts.writing.profile.enqueue(named: name) }

  /// Epochs whose secret this device does not have.
  public var unreadableEpochs: [UInt64] { state.view.unreadableEpochs }

  /// How many records wait to be sent.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public var waitingCount: Int {
    get throws(DeviceError) { try parts.reading.status.waitingCount }
  }

  /// How many streams the relay can tell apart: one for each conversation and epoch.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public var streamCount: Int {
    get throws(DeviceError) { try parts.reading.status.streamCount }
  }

  /// Whether the keys in a vault belong to a device that waits to be approved, or was approved and has not finished
  /// joining.
  /// - Throws: `DeviceError.vault`.
  public static func isJoining(_ vault: any KeyVault) throws(DeviceError) -> Bool {
    guard let contents = try vault.contentsIfAny() else { return false }
    guard contents.stage == .device else { return contents.stage == .joining }
    do { return try VaultState(decoding: contents.state).slots.contains(SecretSlot(kind: .join)) } catch {
      throw .vault(.corrupted)
    }
  }
}
