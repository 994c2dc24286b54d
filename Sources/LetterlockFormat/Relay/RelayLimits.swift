/// The most that a client may send at once. SPEC.md section 12.
package enum RelayLimits {
  /// A log entry, encoded.
  package static let entryByteCount = 1 << 20
  /// The wraps of an entry, and each one of them.
  package static let wrapCount = AccountLog.maximumDeviceCount + 1
  package static let wrapByteCount = 4096
  /// A record: the largest archive entry, padded and sealed, and some room.
  package static let recordByteCount = 3 << 23
  /// The records of a signed batch together.
  package static let batchByteCount = 1 << 28
  /// A part of an attachment.
  package static let blobPartByteCount = 1 << 20
  /// The records that one page brings, whatever was asked for.
  package static let pageByteCount = 1 << 26
  /// The streams of one question, and the records of its answer.
  package static let streamTagCount = 1024
  package static let streamRecordCount = 500
  /// A message in a mailbox, the messages in one, and the messages in all.
  package static let messageByteCount = 65_536
  package static let messageCount = 16
  package static let totalMessageCount: Int64 = 4096

  package static func check(_ entry: LogEntry, _ wraps: [StoredWrap]) throws(RelayError) {
    guard entry.encoded.count <= entryByteCount, wraps.count <= wrapCount,
      wraps.allSatisfy({ $0.wrap.bytes.count <= wrapByteCount })
    else { throw .tooLarge }
  }

  package static func check(_ query: StreamQuery) throws(RelayError) {
    guard query.tags.count <= streamTagCount else { throw .tooLarge }
  }

  package static func check(records: [[UInt8]]) throws(RelayError) {
    // The count is the signed batch's own rule, and refused as such.
    guard records.count <= SignedBatch.maximumLeafCount else { return }
    guard records.allSatisfy({ $0.count <= recordByteCount }),
      records.reduce(0, { $0 + $1.count }) <= batchByteCount
    else { throw .tooLarge }
  }
}
