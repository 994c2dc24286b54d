internal import Synchronization

/// What a person set on a device. Each change of it is made on what the change before it left, by this object or another
/// one on the same store.
final class DeviceSettings: Sendable {
  private let notes: DeviceNotes
  /// Held for as long as a change takes, its way to the disk included.
  private let turn = Mutex(())
  /// How often a change is made again because another object or process came first.
  private static let attempts = 64

  init(_ notes: DeviceNotes) { self.notes = notes }

  /// Returns the settings.
  /// - Throws: `DeviceError.store`.
  func read() throws(DeviceError) -> SyncSettings { try settings(in: try notes.kept(.settings)) }

  private func settings(in kept: DeviceNotes.Kept) throws(DeviceError) -> SyncSettings {
    guard let bytes = kept.bytes else { return SyncSettings() }
    do { return try SyncSettings(decoding: bytes) } catch { throw .store(.corrupted("settings")) }
  }

  /// Keeps other settings; whether synchronising is stopped stays as it is.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func update(_ settings: SyncSettings) throws(DeviceError) {
    try change { present in
      let isStopped = present.isStopped
      present = settings
      present.isStopped = isStopped
    }
  }

  /// Stops synchronising, or starts it again.
  /// - Throws: `DeviceError.noStore`, `.store`.
  func stop(_ isStopped: Bool) throws(DeviceError) { try change { $0.isStopped = isStopped } }

  private func change(_ body: (inout SyncSettings) -> Void) throws(DeviceError) {
    try turn.withLock { (_) throws(DeviceError) in
      for _ in 0..<Self.attempts {
        let kept = try notes.kept(.settings)
        var settings = try settings(in: kept)
        body(&settings)
        if try notes.keep(settings.encoded, as: .settings, replacing: kept) { return }
      }
      throw .store(.conflict)
    }
  }
}
