internal import SystemCore

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

  /// Everything together; the largest number if it is more than that.
  public var total: UInt64 { log.addingSaturated(records).addingSaturated(blobs) }

  /// Whether `byteCount` more fit.
  package func hasRoom(for byteCount: UInt64) -> Bool { byteCount <= quota && total <= quota - byteCount }

  /// Counts bytes that came.
  package mutating func add(_ byteCount: UInt64, to kind: WritableKeyPath<RelayUsage, UInt64>) {
    self[keyPath: kind] = self[keyPath: kind].addingSaturated(byteCount)
  }

  /// Counts bytes that went.
  package mutating func subtract(_ byteCount: UInt64, from kind: WritableKeyPath<RelayUsage, UInt64>) {
    self[keyPath: kind] -= min(self[keyPath: kind], byteCount)
  }
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
