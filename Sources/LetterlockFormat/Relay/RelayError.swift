/// Why a relay refused, or did not answer.
public enum RelayError: Error, Hashable, Sendable {
  /// The relay does not know the account, or the caller may not make this call: the relay does not say which.
  case unknownAccount
  /// The account is there already, or another account has the same recovery device.
  case accountExists
  /// The log has moved on: synchronise and try again.
  case staleLogHead(newest: LogHead)
  /// The history has moved on: synchronise and try again.
  case staleHistory(treeSize: UInt64)
  /// The log entry breaks a rule.
  case entryRefused(AccountLogError)
  /// The signed batch breaks a rule.
  case batchRefused(HistoryError)
  /// The recovery device holds the account: try again after this time. SPEC.md section 7.8.
  case recoveryUnderway(retryAfter: Duration)
  /// Another device is about to remove one: try again after this time. SPEC.md section 7.8.
  case removalUnderway(retryAfter: Duration)
  /// The device has sent as many log entries as it may for now: try again after this time. SPEC.md section 7.8.
  case tooManyEntries(retryAfter: Duration)
  /// What was given back does not lead to a state that this relay has signed. SPEC.md section 6.13.
  case lostPartRefused
  /// The wraps are not the ones that the entry names.
  case wrongWraps
  /// The account's room is used up; the message stays on the device.
  case quotaExceeded(RelayUsage)
  /// An upload or a removal is not signed by an active device, contradicts another upload, or its parts do not add up to
  /// what was signed.
  case blobRefused
  /// A device of the account had everything erased: nothing is there any more.
  case accountErased(CompletedErasure)
  /// The order to erase everything breaks a rule.
  case erasureRefused(ErasureRefusal)
  /// The relay has no such blob, or none that the caller may read or write.
  case unknownBlob
  /// The request is larger than the relay takes, a mailbox is full, or a device has too many uploads that are not
  /// complete.
  case tooLarge
  /// The relay cannot be reached, or its storage failed: try again later. Whether a write took effect is not known.
  case unavailable(String)
  /// What the relay stores is not what it stored.
  case corrupted(String)
  /// A fault of this library.
  case internalError(String)
}
