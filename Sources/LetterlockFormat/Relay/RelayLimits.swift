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
  public static let batchByteCount = 1 << 25
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
  /// The entries of a part that is given back, together at most `pageByteCount` bytes.
  public static let lostEntryCount = 4096
  /// The batches of a part that is given back.
  public static let lostBatchCount = 65_536
  /// The leaves of a part that is given back, whether their records are there or not.
  public static let lostLeafCount = 1 << 20
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

  package static func check(_ part: LostPart) throws(RelayError) {
    guard part.entries.count <= lostEntryCount, part.batches.count <= lostBatchCount,
      part.batches.allSatisfy({ $0.erasures.count <= SignedBatch.maximumLeafCount }),
      isAtMost(lostLeafCount, part.batches, { max($0.records.count, $0.leafHashes.count) })
    else { throw .tooLarge }
    guard part.entries.allSatisfy({ $0.encoded.count <= entryByteCount }),
      isAtMost(pageByteCount, part.entries, { $0.encoded.count }),
      part.batches.allSatisfy({ $0.records.allSatisfy { $0?.count ?? 0 <= recordByteCount } }),
      // A page ends with the batch that fills it.
      isAtMost(pageByteCount + batchByteCount, part.batches, { $0.recordByteCount })
    else { throw .tooLarge }
  }

  private static func isAtMost<Element>(
    _ most: Int, _ elements: [Element], _ count: (Element) -> Int
  ) -> Bool {
    var rest = most
    for element in elements {
      let next = count(element)
      guard next <= rest else { return false }
      rest -= next
    }
    return true
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
