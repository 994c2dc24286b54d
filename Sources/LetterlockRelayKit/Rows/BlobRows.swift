internal import LetterlockFormat
internal import TLSCodec

/// A sealed attachment, begun or complete.
struct StoredBlob {
  let upload: BlobUpload
  /// How many of its bytes are there.
  var received: UInt64

  var isComplete: Bool { received == upload.byteCount }
  var listed: RelayBlob { RelayBlob(upload: upload, isComplete: isComplete) }
}

/// Sealed attachments, their bytes in rows of at most 256 KiB.
struct BlobRows {
  private static let partByteCount = 256 << 10

  let rows: any RelayRows

  init(_ rows: any RelayRows) { self.rows = rows }

  /// What is there of an attachment.
  func find(_ blob: BlobID) throws(RelayError) -> StoredBlob? {
    try rows.row(in: .blob, .bytes(blob.bytes)).map { (row) throws(RelayError) in try Self.blob(row) }
  }

  /// What a row of the table `blob` says.
  static func blob(_ row: RelayRow) throws(RelayError) -> StoredBlob {
    guard let upload = try? BlobUpload(decoding: try row.bytes(1)),
      upload.blob.bytes == (try row.bytes(0)), try row.count(2) <= upload.byteCount
    else { throw .corrupted("What was signed about an attachment is damaged.") }
    return StoredBlob(upload: upload, received: try row.count(2))
  }

  /// Attachments after one of them in the order of their names, those that `isListed` chooses, at most `limit`.
  func list(
    after blob: BlobID?, limit: Int, where isListed: (StoredBlob) -> Bool
  ) throws(RelayError) -> [StoredBlob] {
    var found: [StoredBlob] = []
    var last = blob?.bytes
    while found.count < limit {
      // The smallest name after the last one is that name and a zero.
      let range = RowRange(from: last.map { .bytes($0 + [0]) })
      let page = try rows.rows(in: .blob, range, .ascending, limit: limit)
      for row in page {
        let blob = try Self.blob(row)
        if isListed(blob), found.count < limit { found.append(blob) }
      }
      guard page.count == limit, let end = page.last else { break }
      last = try end.bytes(0)
    }
    return found
  }

  /// Begins an upload.
  static func begin(
    _ upload: BlobUpload, at time: Timestamp, in rows: any WritableRelayRows
  ) throws(RelayError) {
    let blob = StoredBlob(upload: upload, received: 0)
    try put(blob, in: rows)
    if !blob.isComplete { try UnfinishedBlob(upload, begun: time).put(rows) }
  }

  /// Keeps what is said of an attachment.
  static func put(_ blob: StoredBlob, in rows: any WritableRelayRows) throws(RelayError) {
    try rows.put(
      .bytes(blob.upload.blob.bytes), .bytes(blob.upload.encoded), .count(blob.received), in: .blob)
  }

  /// Adds bytes at the end, which is at `offset`.
  static func add(
    _ bytes: [UInt8], to blob: BlobID, at offset: UInt64, in rows: any WritableRelayRows
  ) throws(RelayError) {
    let parts = stride(from: 0, to: bytes.count, by: partByteCount).map { start in
      RelayRow([
        .bytes(blob.bytes), .count(offset + UInt64(start)),
        .bytes(Array(bytes[start..<min(bytes.count, start + partByteCount)])),
      ])
    }
    try rows.put(parts, in: .blobPart)
  }

  /// Drops an attachment.
  static func remove(_ upload: BlobUpload, in rows: any WritableRelayRows) throws(RelayError) {
    let blob = upload.blob
    try UnfinishedBlob.remove(upload, in: rows)
    try rows.remove(RowRange([.bytes(blob.bytes)]), in: .blobPart)
    try rows.remove(RowRange([.bytes(blob.bytes)]), in: .blob)
  }

  /// Bytes from an offset on, at most `byteCount` of them.
  func read(_ blob: BlobID, at offset: UInt64, byteCount: Int) throws(RelayError) -> [UInt8] {
    guard byteCount > 0, offset < UInt64(Int64.max) else { return [] }
    let key = [RelayValue.bytes(blob.bytes)]
    var parts: [RelayRow] = []
    if let first = try rows.last(in: .blobPart, RowRange(key, below: .count(offset + 1))) {
      let rest = RowRange(
        key, from: .count(try first.count(1) + 1), below: .count(offset.addingSaturated(byteCount)))
      parts = [first] + (try rows.all(in: .blobPart, rest))
    }
    var bytes: [UInt8] = []
    for part in parts {
      let (start, content) = (try part.count(1), try part.bytes(2))
      let place = offset + UInt64(bytes.count)
      // A part that is missing ends what can be read.
      guard start <= place else { break }
      bytes += content.dropFirst(Int(clamping: place - start)).prefix(byteCount - bytes.count)
    }
    return bytes
  }

  /// The digest of all bytes, taken part by part.
  func digest(_ blob: BlobID) throws(RelayError) -> Digest32 {
    var hasher = SegmentHasher()
    var next = RelayValue.integer(0)
    while true {
      let range = RowRange([.bytes(blob.bytes)], from: next)
      let parts = try rows.rows(in: .blobPart, range, .ascending, limit: 16)
      for part in parts { hasher.update(try part.bytes(2)) }
      guard let last = parts.last else { return hasher.finalize() }
      next = .count(try last.count(1) + 1)
    }
  }
}

extension UInt64 {
  fileprivate func addingSaturated(_ other: Int) -> UInt64 {
    let (sum, overflow) = addingReportingOverflow(UInt64(clamping: other))
    return overflow ? .max : sum
  }
}
