/// Synchronising with the relay.
extension Device {
  /// Brings this device and the relay up to date, and says what it found.
  ///
  /// Everything that comes from the relay is verified before it is kept; a history that breaks a rule is
  /// not kept, and the verdict names the rule.
  /// - Parameter ignoringConditions: goes on even if a condition of `settings()` does not hold, once.
  /// - Throws: `DeviceError.relay` if the relay does not answer or refuses, `.heldBack` if the person stopped
  ///   synchronising or a condition does not hold, `.noRelay`, `.noStore`, `.store`, `.vault`.
  @discardableResult
  public func sync(
    ignoringConditions: Bool = false, progress report: (@Sendable (SyncStep) -> Void)? = nil
  ) async throws(DeviceError) -> SyncReport {
    try await parts.history.sync.sync(ignoringConditions: ignoringConditions, report)
  }

  /// The two checkpoints of the relay that contradict each other; nil if there are none, or the person has decided.
  ///
  /// As long as there are some, `sync()` sends and fetches nothing, so that neither of the two histories grows by this
  /// device's word. Messages are still sealed, and wait here.
  /// - Throws: `DeviceError.store`.
  public func evidence() throws(DeviceError) -> RelayEvidence? { try parts.reading.status.evidence.kept() }

  /// Goes on with the relay although it signed two histories: the person has seen the evidence, and decided. This
  /// device takes no history but the one that it has, and what follows from it.
  /// - Throws: `DeviceError.store`, `.noStore`.
  public func goOnDespiteEvidence() throws(DeviceError) { try parts.reading.status.evidence.dismiss() }
}
