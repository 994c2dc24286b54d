/// Why a signed batch and its records are refused. SPEC.md section 5.4 numbers the rules.
public enum HistoryError: Error, Hashable, Sendable {
  /// The author was never a device of the account. Rule 1.
  case unknownAuthor(DeviceID)
  /// The signed batch's signature does not hold. Rule 1.
  case badSignature(DeviceID)
  /// The signed batch names a log head that is not in the log. Rule 2.
  case unknownLogHead(DeviceID)
  /// The author was not an active device at that log head. Rule 2.
  case authorNotActive(DeviceID)
  /// The records came after an entry of the log that they do not know. Rule 3.
  case staleLogHead(DeviceID)
  /// The author's counter was used before, with other contents: two devices run on one device's keys. Rule 4.
  case deviceCloned(DeviceID)
  /// The signed batch does not follow the author's signed batch before. Rule 4.
  case brokenChain(DeviceID)
  /// The signed batch names no checkpoint that the account's relay signed, or one of a later log. Rule 9.
  case badKnownCheckpoint(DeviceID)
  /// The signed batch's checkpoint is of a history more than `History.boundaryCount` signed batches ago: synchronise
  /// first. Rule 9.
  case knownCheckpointTooOld(DeviceID)
  /// The relay signed another history for the author than the one in which the signed batch stands. Rule 9.
  case otherHistory(DeviceID, Checkpoint)
  /// There are no records, too many, or not as many as hashes. Rule 5.
  case wrongRecordCount
  /// The record at this leaf index is not the one that its author signed. Rule 6.
  case tampered(leaf: UInt64)
  /// The records of the signed batch that begins at this leaf index are not the ones that its author signed, or not all
  /// of them, or not in this order. Rule 6.
  case otherLeaves(leaf: UInt64)
  /// The record at this leaf index is not sealed under the epoch of its signed batch's log head. Rule 7.
  case wrongEpoch(leaf: UInt64)
  /// The relay does not show that the record at this leaf index stands in the history that it signed. SPEC.md section
  /// 6.9.
  case notInHistory(leaf: UInt64)
  /// The relay gave a record that was not asked for. SPEC.md section 6.9.
  case notAskedFor(leaf: UInt64)
  /// The signed batch erases records that are not there, or names them out of order. Rule 8.
  case badErasure(DeviceID)
  /// The device that began this epoch knew another history than the one in which its records stand. Rule 10.
  case epochOfOtherHistory(epoch: UInt64)
  /// The relay's clock went back by more than an hour. SPEC.md section 6.2.
  case timeWentBack
}
