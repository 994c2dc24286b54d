internal import LetterlockFormat

/// Which records belong to which stream: a row for each stream, one for its newest record, and one for each stream and
/// signed batch.
struct StreamRows {
  let rows: any RelayRows

  /// Adds the records of a batch.
  static func add(_ batch: HistoryBatch, to rows: any WritableRelayRows) throws(RelayError) {
    var (streams, newest, parts): ([RelayRow], [RelayRow], [RelayRow]) = ([], [], [])
    for (tag, indices) in Self.indices(of: batch.records) {
      guard let last = indices.last else { continue }
      let (name, leaf) = (RelayValue.bytes(tag.bytes), RelayValue.count(batch.firstLeaf + UInt64(last)))
      let known = try rows.row(in: .stream, name)
      if let known { try rows.remove(RowRange([.count(try known.count(1))]), in: .newest) }
      let count = try known?.integer(2) ?? 0
      streams.append(RelayRow([name, leaf, .integer(count &+ Int64(indices.count))]))
      newest.append(RelayRow([leaf, name]))
      parts.append(RelayRow([name, .count(batch.firstLeaf), .bytes(bytes(indices))]))
    }
    try rows.put(streams, in: .stream)
    try rows.put(newest, in: .newest)
    try rows.put(parts, in: .streamPart)
  }

  /// Takes out a record that is about to be erased.
  static func remove(
    _ leaf: UInt64, _ record: [UInt8], firstLeaf: UInt64, from rows: any WritableRelayRows
  ) throws(RelayError) {
    guard let sealed = try? SealedRecord(decoding: record) else { return }
    let name = RelayValue.bytes(sealed.streamTag.bytes)
    guard let part = try rows.row(in: .streamPart, name, .count(firstLeaf)),
      let stream = try rows.row(in: .stream, name)
    else { throw damaged }
    let left = indices(try part.bytes(2)).filter { firstLeaf + UInt64($0) != leaf }
    if left.isEmpty {
      try rows.remove(RowRange([name, .count(firstLeaf)]), in: .streamPart)
    } else {
      try rows.put(name, .count(firstLeaf), .bytes(bytes(left)), in: .streamPart)
    }
    try rows.remove(RowRange([.count(try stream.count(1))]), in: .newest)
    let newest = try StreamRows(rows: rows).leafIndices(in: sealed.streamTag, before: .max, limit: 1).first
    guard let newest else { return try rows.remove(RowRange([name]), in: .stream) }
    try rows.put(name, .count(newest), .integer(max(0, try stream.integer(2) - 1)), in: .stream)
    try rows.put(.count(newest), name, in: .newest)
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
    for row in try rows.rows(in: .newest, RowRange(below: .count(leaf)), .descending, limit: limit) {
      let bytes = try row.bytes(1)
      guard let tag = try? StreamTag(bytes: bytes), let stream = try rows.row(in: .stream, .bytes(bytes))
      else {
        throw Self.damaged
      }
      streams.append((try row.count(0), StreamSize(tag: tag, recordCount: try stream.count(2))))
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
