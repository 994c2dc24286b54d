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
  /// They stay, whatever the relay shows later. As soon as it shows this device's history again, `sync()` goes on.
  /// - Throws: `DeviceError.store`.
  public func evidence() throws(DeviceError) -> RelayEvidence? { try parts.reading.status.evidence.kept() }

  /// Another log of the account that the relay showed in place of this device's; nil if it never did.
  ///
  /// This device keeps its own log. Which devices made the other, and what they changed there, is for the person to see.
  public var otherLog: OtherLog? { state.read { $0.otherLog } }

  /// Goes on in spite of what the relay showed: the person has seen the evidence and the other log, and decided.
  ///
  /// The evidence is forgotten. The other log, and what the same devices add to it, does not keep this device from
  /// sealing any more. What the relay signed of records that it never showed is not held against it any longer. The
  /// device's own log and history stay: it takes nothing but what follows from them.
  /// - Throws: `DeviceError.store`, `.noStore`, `.vault`.
  public func goOnDespiteEvidence() async throws(DeviceError) {
    try await parts.services.lock.locked { () async throws(DeviceError) in
      try parts.reading.status.evidence.dismiss()
      try parts.account.log.others.dismiss()
      try parts.services.progress.dropPromise()
    }
  }
}
