internal import TLSCodec

/// Erasing the relay's copy of everything: shown first, then confirmed. SPEC.md section 6.12.
///
/// What a person must be told before: every record, attachment and wrap on the relay is erased, for all devices of
/// the account, for good: at once if the recovery key orders it, else after 72 hours in which any device of the account
/// can keep that from happening. Each device keeps what it has; what a device has not fetched is lost. The
/// recovery key gets nothing back any more. The account ends: nothing is sealed to it again, and a device that
/// wants to go on begins a new one.
public struct PreparedErasure: Sendable {
  /// Whose copy is erased.
  public var account: AccountID { checkpoint.account }
  /// How many records the relay holds, those erased before included.
  public var recordCount: UInt64 { checkpoint.treeSize }
  /// What the relay keeps, in bytes.
  public let usage: RelayUsage
  /// The account's other devices.
  public let otherDevices: [DeviceID]
  /// Whether the order takes effect at once, as the recovery key's does; else it waits for 72 hours.
  public let isImmediate: Bool
  /// Eight digits that stand for exactly this state of this account: what a person types, or taps on, to confirm.
  public let code: String
  let checkpoint: Checkpoint
  let erasing: CopyErasing

  /// Orders to erase the relay's copy.
  /// - Returns: The order that waits; nil if the copy is erased.
  /// - Throws: `DeviceError.erasureNotConfirmed` if the code is another one, `.relay(.staleHistory)` or
  ///   `.relay(.staleLogHead)` if the account has changed since it was shown: prepare again.
  @discardableResult
  public func confirm(_ code: String) async throws(DeviceError) -> PendingErasure? {
    guard code == self.code else { throw .erasureNotConfirmed }
    return try await erasing.erase(self)
  }
}
