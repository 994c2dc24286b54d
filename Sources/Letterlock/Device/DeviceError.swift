/// Why a device could not do what it was asked.
public enum DeviceError: Error, Hashable, Sendable {
  /// The relay refused, or did not answer.
  case relay(RelayError)
  /// The device's store failed.
  case store(StoreError)
  /// The device's keys could not be read or written.
  case vault(VaultError)
  /// Sealing or opening failed.
  case archive(ArchiveError)
  /// This needs a relay, and the device has none.
  case noRelay
  /// This needs a store, and the device has none.
  case noStore
  /// The vault holds a device already.
  case vaultNotEmpty
  /// The vault holds no device.
  case vaultEmpty
  /// The vault holds a device that waits to be approved: go on with `Device.resumeJoining(vault:store:relay:)`.
  case joinUnfinished
  /// The vault holds a device whose restore was interrupted: go on with
  /// `Device.openRecovery(with:vault:store:relay:report:)` and the same recovery key.
  case restoreUnfinished
  /// The vault holds a device of another account, this one: what waits there is that account's, and stays.
  case otherAccount(AccountID)
  /// A public key that nothing can be wrapped to.
  case unusableKey(DeviceID)
  /// The device was removed from its account.
  case removed
  /// There is no such active device.
  case unknownDevice(DeviceID)
  /// The recovery device cannot be removed, and a device does not remove itself.
  case notRemovable(DeviceID)
  /// The relay knows no account with this recovery key.
  case noSuchAccount
  /// There is no new recovery key to replace the old one by.
  case noRecoveryKeyPrepared
  /// This device was not named when the present recovery key came in: it does not vote on its successor.
  case notAnApprover
  /// The proposal is for another account or another recovery key, or no active recovery approver made it.
  case proposalRefused
  /// The code is not the proposal's: it is another one than the person made, or the person mistyped it.
  case codeNotConfirmed
  /// This device's vote is no recovery approver's, or for another proposal.
  case voteRefused(DeviceID)
  /// So many more recovery approvers must agree.
  case votesMissing(Int)
  /// The log is not the account's, or breaks a rule.
  case logRefused(AccountLogError)
  /// The device's keys are older than what it did before: an old copy of them was put back, or the machine was cloned.
  /// Nobody else is to blame. What waits to be sent stays here; join again.
  case stateRolledBack
  /// The task was cancelled. Everything that was done so far is durable, and the next call goes on with it.
  case cancelled
  /// Two logs of this account contradict each other.
  case forked
  /// No join request for this code is at the relay, or what is there is not the device of the code.
  case joinRequestNotFound
  /// The request to join was not answered yet.
  case notApprovedYet
  /// The answer to a request to join does not come from whoever saw the code.
  case approvalForged
  /// The attachment is incomplete, altered, or not there.
  case attachmentUnreadable(BlobID)
  /// The attachment opens, and cannot be written where it was to go: no room, no rights, or no such folder.
  case attachmentNotWritten(BlobID)
  /// The file was written to while it was being sealed: seal it again.
  case attachmentChanged
  /// The history or the log at the relay breaks its rules; the verdict says how.
  case historyRefused(Verdict)
  /// The person does not want to synchronise now.
  case heldBack(SyncHold)
  /// The code is not the one that stands for what would be erased: nothing was erased.
  case erasureNotConfirmed
  /// Every message there is would be erased: ask the person a second time.
  case wouldEraseEverything(messages: Int)
  /// A message was sent or erased since the index was made in which it was looked up: make a new one.
  case historyChanged
  /// The message is not sent through a carrier.
  case sendRefused(SendRefusal)
  /// A fault of this library.
  case internalError(String)
}

extension DeviceError {
  /// The same in a device's words.
  init(_ error: FormatError) {
    self =
      switch error {
      case .unusableKey(let device): .unusableKey(device)
      case .attachmentUnreadable(let blob): .attachmentUnreadable(blob)
      case .internalError(let place): .internalError(place)
      }
  }
}

/// Turns the format's errors into a device's.
func asDeviceError<Value: ~Copyable>(
  _ body: @autoclosure () throws(FormatError) -> Value
) throws(DeviceError) -> Value {
  do throws(FormatError) { return try body() } catch { throw DeviceError(error) }
}
