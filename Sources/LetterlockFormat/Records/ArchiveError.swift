/// Why a message was not sealed or not opened.
public enum ArchiveError: Error, Hashable, Sendable {
  /// The bytes are not a record.
  case malformed
  /// The record is in a format that this library does not know.
  case unknownVersion(UInt8)
  /// The record names an epoch that this device cannot read, or not yet: synchronise first.
  case unreadableEpoch(EpochReference)
  /// The record was altered, or sealed for someone else. There is no telling which, on purpose.
  case authenticationFailed
  /// The newest epoch is not to be trusted: synchronise, which opens a better one.
  case epochRefused(by: DeviceID?)
  /// The device was removed from its account.
  case deviceRemoved
  /// The device's keys are older than what it did before: an old copy of them was put back. Join again.
  case stateRolledBack
  /// Two logs of this account contradict each other: nothing is sealed until a person looks.
  case forked
  /// The relay's copy of everything was erased, which ended the account.
  case accountErased
  /// The entry has more than 2^24 bytes, its type and length included and its padding not. SPEC.md section 10.1.
  case messageTooLong
  /// The record holds an entry of another kind: a conversation's name, a device's name, or something newer.
  case notAMessage
  /// A fault of this library.
  case internalError(String)
}
