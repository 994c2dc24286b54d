internal import LetterlockFormat

/// Which records belong to which stream: a row for each stream and signed batch, and one for each stream under the leaf
/// index of its newest record.
struct StreamRows {
  let rows: any RelayRows

  /// Adds the records of a batch.
  static func add(_ batch: HistoryBatch, to rows: any WritableRelayRows) throws(RelayError) {
    let added = indices(of: batch.records)
    // Most streams of a batch are among the newest: one look instead of two for each.
    let recent = try StreamRows(rows: rows).newest(before: .max, limit: 2 * added.count)
    let known = Dictionary(recent.map { ($0.size.tag, $0) }) { first, _ in first }
    var (streams, parts): ([RelayRow], [RelayRow]) = ([], [])
    for (tag, indices) in added {
      guard let last = indices.last else { continue }
      let count: UInt64
      if let known = known[tag] {
        try rows.remove(RowRange([.count(known.leaf)]), in: .stream)
        count = known.size.recordCount
      } else {
        count = try StreamRows(rows: rows).takeCount(of: tag, in: rows)
      }
      let (newest, name) = (RelayValue.count(batch.firstLeaf + UInt64(last)), RelayValue.bytes(tag.bytes))
      streams.append(RelayRow([newest, name, .count(count + UInt64(indices.count))]))
      parts.append(RelayRow([name, .count(batch.firstLeaf), .bytes(bytes(indices))]))
    }
    try rows.put(streams, in: .stream)
    try rows.put(parts, in: .streamPart)
  }

  /// Takes out a record that is about to be erased.
  static func remove(
    _ leaf: UInt64, _ record: [UInt8], firstLeaf: UInt64, from rows: any WritableRelayRows
  ) throws(RelayError) {
    guard let sealed = try? SealedRecord(decoding: record) else { return }
    let streams = StreamRows(rows: rows)
    let count = try streams.takeCount(of: sealed.streamTag, in: rows)
    let name = RelayValue.bytes(sealed.streamTag.bytes)
    guard count > 0, let part = try rows.row(in: .streamPart, name, .count(firstLeaf)) else { throw damaged }
    let left = indices(try part.bytes(2)).filter { firstLeaf + UInt64($0) != leaf }
    if left.isEmpty {
      try rows.remove(RowRange([name, .count(firstLeaf)]), in: .streamPart)
    } else {
      try rows.put(name, .count(firstLeaf), .bytes(bytes(left)), in: .streamPart)
    }
    guard let newest = try streams.newest(of: sealed.streamTag) else { return }
    try rows.put(.count(newest), name, .count(count - 1), in: .stream)
  }

  /// Removes the row of a stream and returns how many records it has; 0 if it has none.
  private func takeCount(of tag: StreamTag, in rows: any WritableRelayRows) throws(RelayError) -> UInt64 {
    guard let newest = try newest(of: tag) else { return 0 }
    guard let row = try rows.row(in: .stream, .count(newest)) else { throw Self.damaged }
    try rows.remove(RowRange([.count(newest)]), in: .stream)
    return try row.count(2)
  }

  /// The leaf index of a stream's newest record.
  private func newest(of tag: StreamTag) throws(RelayError) -> UInt64? {
    guard let part = try rows.last(in: .streamPart, RowRange([.bytes(tag.bytes)])) else { return nil }
    guard let last = Self.indices(try part.bytes(2)).last else { throw Self.damaged }
    return try part.count(1) + UInt64(last)
  }

  /// The newest leaf indices of a stream, the newest first.
  func leafIndices(in tag: StreamTag, before leaf: UInt64, limit: Int) throws(RelayError) -> [UInt64] {
    var leafIndices: [UInt64] = []
    var end = RelayValue.count(leaf)
    while leafIndices.count < limit {
      let parts = try rows.rows(
        in: .streamPart, RowRange([.bytes(tag.bytes)], below: end), .descending,
        limit: min(limit, Self.pageCount))
      guard let last = parts.last else { break }
      for part in parts {
        let first = try part.count(1)
        leafIndices += Self.indices(try part.bytes(2)).reversed().map { first + UInt64($0) }.filter {
          $0 < leaf
        }
      }
      end = .count(try last.count(1))
    }
    return Array(leafIndices.prefix(limit))
  }

  private static let pageCount = 32

  /// The newest leaf index of each stream and the number of its records, the newest first.
  func newest(before leaf: UInt64, limit: Int) throws(RelayError) -> [(leaf: UInt64, size: StreamSize)] {
    var streams: [(leaf: UInt64, size: StreamSize)] = []
    for row in try rows.rows(in: .stream, RowRange(below: .count(leaf)), .descending, limit: limit) {
      guard let tag = try? StreamTag(bytes: try row.bytes(1)) else { throw Self.damaged }
      streams.append((try row.count(0), StreamSize(tag: tag, recordCount: try row.count(2))))
    }
    return streams
  }

  static let damaged = RelayError.corrupted("The streams of an account are damaged.")

  /// Each stream's records in a batch, by their indices.
  static func indices(of records: [[UInt8]?]) -> [StreamTag: [Int]] {
    var indices: [StreamTag: [Int]] = [:]
    for (index, record) in records.enumerated() {
      guard let record, let sealed = try? SealedRecord(decoding: record) else { continue }
      indices[sealed.streamTag, default: []].append(index)
    }
    return indices
  }

  /// Two bytes each.
  static func bytes(_ indices: [Int]) -> [UInt8] {
    indices.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
  }

  private static func indices(_ bytes: [UInt8]) -> [Int] {
    stride(from: 0, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
  }
}
