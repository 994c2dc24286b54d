extension RecoverySession {
  /// The snapshots that the recovery key reads, in the history's order: a person may name one before anything is decided.
  /// - Throws: `DeviceError.store`.
  package func snapshots() throws(DeviceError) -> [Device.ListedSnapshot] {
    try recovery.parts.reading.snapshots.snapshots()
  }
}
