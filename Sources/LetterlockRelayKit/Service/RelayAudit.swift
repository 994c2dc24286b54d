package import LetterlockFormat

/// Whether the rows of a relay agree with each other: whatever signatures and digests do not tell.
package enum RelayAudit {
  /// What is wrong with an account's history, tree and streams, in words.
  package static func problems(of account: AccountID, in rows: any RelayRows) throws(RelayError) -> [String] {
    let structure = try structureProblems(in: rows)
    return try structure + wrapProblems(of: account, rows)
  }

  /// What is wrong with the rows that only lead to others: an account's tree, its streams, its unfinished uploads.
  static func structureProblems(in rows: any RelayRows) throws(RelayError) -> [String] {
    guard let row = try rows.row(in: .account), let tree = try? HistoryTree(decoding: try row.bytes(1)) else {
      return []
    }
    var problems = try historyProblems(rows)
    do throws(RelayError) { problems += try TreeRows(rows: rows).problems(size: tree.size) } catch {
      problems.append("the nodes of a history's tree are not all there")
    }
    problems += try uploadProblems(rows)
    return try problems + streamProblems(rows)
  }

  /// What is wrong with a mailbox, in words.
  package static func problems(of mailbox: MailboxID, in rows: any RelayRows) throws(RelayError) -> [String] {
    try StoredMessage.all(rows).filter { !$0.isWhole(in: mailbox) }.map { _ in
      "a message in a mailbox is damaged"
    }
  }

  /// The newest recovery device of an account; nil if the account's log cannot be read.
  package static func recoveryDevice(of account: AccountID, in rows: any RelayRows) -> DeviceID? {
    log(of: account, rows)?.recoveryDevice
  }

  /// The log of an account; nil if it cannot be read.
  static func log(of account: AccountID, _ rows: any RelayRows) -> AccountLog? {
    guard let entries = try? LogRows(rows).entries(from: 0) else { return nil }
    return try? AccountLog(account: account, replaying: entries)
  }

  /// Every wrap that an active device may ask for is there, and is the one that the log names.
  private static func wrapProblems(
    of account: AccountID, _ rows: any RelayRows
  ) throws(RelayError) -> [String] {
    guard let log = log(of: account, rows), try StoredErasure(rows)?.completed == nil else { return [] }
    var problems: [String] = []
    for epoch in log.epochs {
      for digest in epoch.header.wraps + epoch.laterWraps where log.activeMember(digest.device) != nil {
        let number = epoch.header.number
        let wrap = try LogRows(rows).wrap(epoch: number, for: digest.device)
        if wrap.map(EpochWrap.hash) != digest.wrapHash {
          problems.append("the wrap of epoch \(number) for \(digest.device) is not there, or another")
        }
      }
    }
    return problems
  }

  /// The uploads that are counted are those that are not complete.
  private static func uploadProblems(_ rows: any RelayRows) throws(RelayError) -> [String] {
    let counted = try UnfinishedBlob.all(rows)
    let begun = try? unfinished(rows)
    // A damaged attachment is named by itself.
    guard let begun else { return [] }
    let isSame =
      Set(counted.map { $0.device + $0.blob }) == Set(begun.map { $0.device.bytes + $0.blob.bytes })
    return isSame && counted.allSatisfy(\.isWhole) ? [] : ["the list of unfinished uploads is damaged"]
  }

  private static func unfinished(_ rows: any RelayRows) throws(RelayError) -> [BlobUpload] {
    var (found, last): ([BlobUpload], BlobID?) = ([], nil)
    while true {
      let page = try BlobRows(rows).list(after: last, limit: 256) { !$0.isComplete }
      found += page.map(\.upload)
      guard page.count == 256 else { return found }
      last = page.last?.upload.blob
    }
  }

  /// The account that a recovery device is claimed for.
  package static func claimant(in rows: any RelayRows) throws(RelayError) -> AccountID? {
    guard let row = try rows.row(in: .recovery) else { return nil }
    return try? AccountID(bytes: try row.bytes(0))
  }

  /// Signed batches out of place, and records beyond the last of them.
  private static func historyProblems(_ rows: any RelayRows) throws(RelayError) -> [String] {
    var problems: [String] = []
    var end: UInt64 = 0
    try forEachBatch(in: rows) { (first, count) throws(RelayError) in
      if first != end { problems.append("a signed batch is out of place at record \(first)") }
      end = first + count
    }
    for range in [RowRange(from: .count(end)), RowRange(below: .integer(0))] {
      guard try rows.rows(in: .record, range, .ascending, limit: 1).isEmpty else {
        return problems + ["records stand beyond the end of the history"]
      }
    }
    return problems
  }

  private struct Stream: Equatable {
    var newest: UInt64 = 0
    var count: UInt64 = 0
  }

  /// Compares the rows of streams with what the records' own tags say, batch by batch.
  private static func streamProblems(_ rows: any RelayRows) throws(RelayError) -> [String] {
    var (streams, partCount): ([[UInt8]: Stream], Int) = ([:], 0)
    var problems: [String] = []
    try forEachBatch(in: rows) { (first, count) throws(RelayError) in
      var records = [[UInt8]?](repeating: nil, count: Int(count))
      let range = RowRange(from: .count(first), below: .count(first + count))
      for row in try rows.all(in: .record, range) {
        records[Int(try row.count(0) - first)] = try row.bytes(1)
      }
      for (tag, indices) in StreamRows.indices(of: records) {
        partCount += 1
        streams[tag.bytes, default: Stream()].newest = first + UInt64(indices.last ?? 0)
        streams[tag.bytes, default: Stream()].count += UInt64(indices.count)
        let part = try rows.row(in: .streamPart, .bytes(tag.bytes), .count(first))
        if try part?.bytes(2) != StreamRows.bytes(indices) {
          problems.append("the streams at record \(first) are damaged")
        }
      }
    }
    if try streamPartCount(rows) != partCount {
      problems.append("streams have records that are not there")
    }
    return try problems + newestProblems(streams, rows)
  }

  /// Goes through the places and counts of all batches, and holds a few of them at a time.
  private static func forEachBatch(
    in rows: any RelayRows, _ body: (UInt64, UInt64) throws(RelayError) -> Void
  ) throws(RelayError) {
    var next: RelayValue?
    while true {
      let page = try rows.rows(in: .batch, RowRange(from: next), .ascending, limit: pageCount)
      for row in page {
        let place = try row.integer(0)
        let count = (try? SignedBatch(decoding: try row.bytes(1)))?.leafCount ?? 0
        try body(try row.count(0), UInt64(count))
        guard place < .max else { return }
        next = .integer(place + 1)
      }
      guard page.count == pageCount else { return }
    }
  }

  /// How many rows say which records of a batch are a stream's.
  private static func streamPartCount(_ rows: any RelayRows) throws(RelayError) -> Int {
    var (count, last): (Int, [UInt8]?) = (0, nil)
    // The smallest name after the last one is that name and a zero.
    while let first = try rows.rows(
      in: .streamPart, RowRange(from: last.map { .bytes($0 + [0]) }), .ascending, limit: 1
    ).first {
      let tag = try first.bytes(0)
      last = tag
      var place: Int64 = .min
      while true {
        let page = try rows.rows(
          in: .streamPart, RowRange([.bytes(tag)], from: .integer(place)), .ascending, limit: 1024)
        count += page.count
        guard page.count == 1024, let end = try page.last?.integer(1), end < .max else { break }
        place = end + 1
      }
    }
    return count
  }

  private static let pageCount = 16

  private static func newestProblems(
    _ streams: [[UInt8]: Stream], _ rows: any RelayRows
  ) throws(RelayError) -> [String] {
    var found: [[UInt8]: Stream] = [:]
    let listed = try rows.all(in: .stream)
    for row in listed { found[try row.bytes(1)] = Stream(newest: try row.count(0), count: try row.count(2)) }
    let isWhole = found == streams && listed.count == found.count
    return isWhole ? [] : ["the list of streams is damaged"]
  }
}
