/// Why a relay refused, or did not answer.
public enum RelayError: Error, Hashable, Sendable {
  /// The relay does not know the account.
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
  /// The wraps are not the ones that the entry names.
  case wrongWraps
  /// The account's room is used up; the message stays on the device.
  case quotaExceeded(RelayUsage)
  /// The upload is not signed by an active device, or its parts do not add up to what was signed.
  case blobRefused
  /// A device of the account had everything erased: nothing is there any more.
  case accountErased(AccountErasure)
  /// The order to erase everything breaks a rule.
  case erasureRefused(ErasureRefusal)
  /// The relay has no such blob.
  case unknownBlob
  /// The request is larger than the relay takes.
  case tooLarge
  /// The relay cannot be reached, or its storage failed: try again later.
  case unavailable(String)
  /// What the relay stores is not what it stored.
  case corrupted(String)
  /// A fault of this library.
  case internalError(String)
}

/// What an account keeps on a relay, in bytes by kind. SPEC.md section 7.4.
public struct RelayUsage: Hashable, Sendable, Codable {
  /// Log entries and wraps.
  public var log: UInt64
  /// Records and signed batches.
  public var records: UInt64
  /// Sealed attachments.
  public var blobs: UInt64
  /// How much the account may keep.
  public var quota: UInt64

  /// What an account keeps.
  public init(log: UInt64 = 0, records: UInt64 = 0, blobs: UInt64 = 0, quota: UInt64) {
    self.log = log
    self.records = records
    self.blobs = blobs
    self.quota = quota
  }

  /// Everything together.
  public var total: UInt64 { log + records + blobs }

  /// Whether `byteCount` more fit.
  package func hasRoom(for byteCount: Int) -> Bool { total + UInt64(byteCount) <= quota }
}

extension RelayUsage {
  /// What an entry and its wraps take.
  package static func byteCount(of entry: LogEntry, _ wraps: [StoredWrap]) -> Int {
    wraps.reduce(entry.encoded.count) { $0 + $1.wrap.bytes.count }
  }

  /// What a signed batch and its records take.
  package static func byteCount(of signedBatch: SignedBatch, _ records: [[UInt8]]) -> Int {
    records.reduce(signedBatch.encoded.count) { $0 + $1.count }
  }
}
