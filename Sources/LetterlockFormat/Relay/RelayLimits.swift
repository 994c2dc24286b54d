/// The most that a caller may send or ask for at once. SPEC.md section 12.
public enum RelayLimits {
  /// A log entry, encoded.
  public static let entryByteCount = 1 << 20
  /// The wraps of an entry.
  public static let wrapCount = AccountLog.maximumDeviceCount + 1
  /// Each wrap of an entry.
  public static let wrapByteCount = 4096
  /// A record: the largest archive entry, padded and sealed, and some room.
  public static let recordByteCount = 3 << 23
  /// The records of a signed batch together.
  public static let batchByteCount = 1 << 28
  /// A part of an attachment.
  public static let blobPartByteCount = 1 << 20
  /// The uploads of a device that are not complete.
  public static let unfinishedBlobCount = 1024
  /// The bytes of records or of an attachment that one answer brings, whatever was asked for.
  public static let pageByteCount = 1 << 26
  /// The attachments that one answer lists.
  public static let listedBlobCount = 1000
  /// The streams of one question.
  public static let streamTagCount = 1024
  /// The records of an answer to a question about streams.
  public static let streamRecordCount = 500
  /// A message in a mailbox.
  public static let messageByteCount = 65_536
  /// The messages in one mailbox.
  public static let messageCount = 16
  /// How long a message stays in its mailbox: a week.
  public static let messageLifetime: Duration = .seconds(604_800)

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
