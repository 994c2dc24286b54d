internal import LetterlockFormat

/// The attachments of an account that is taken in from a file.
struct AttachmentTaking {
  let log: AccountLog
  let target: ImportTarget
  /// How many bytes of attachments the file has.
  private(set) var byteCount: UInt64 = 0
  /// What was here before, and has not come by in the file.
  private var old: [BlobID: StoredBlob] = [:]

  init(log: AccountLog, target: ImportTarget) { (self.log, self.target) = (log, target) }

  /// Looks what is here of an account that is continued.
  mutating func findOld() throws(AccountMoveError) {
    var found: [StoredBlob] = []
    try target.write { (rows) throws(AccountMoveError) in
      found = try asking { () throws(RelayError) in
        try BlobRows(rows).list(after: nil, limit: .max) { _ in true }
      }
    }
    old = Dictionary(found.map { ($0.upload.blob, $0) }) { first, _ in first }
  }

  /// Takes those of the file, and drops what was here before and is not among them.
  mutating func take(
    _ file: inout AccountFileReader, _ progress: (UInt64) -> Void
  ) throws(AccountMoveError) {
    var last: BlobID?
    while let moved = try file.next(.attachment, AccountFile.Attachment.self) {
      let blob = moved.upload.blob
      if let last, !last.bytes.lexicographicallyPrecedes(blob.bytes) {
        throw .damaged("its attachments are out of order")
      }
      last = blob
      try check(moved)
      let known = old.removeValue(forKey: blob)
      let isWhole = moved.received == moved.upload.byteCount
      let isHere = known.map { $0.upload == moved.upload && $0.isComplete && isWhole } ?? false
      if !isHere { try begin(moved, in: known) }
      try takeParts(of: moved, from: &file, isHere: isHere, progress)
    }
    let left = old.values
    guard !left.isEmpty else { return }
    try target.write { (rows) throws(AccountMoveError) in
      try asking { () throws(RelayError) in for blob in left { try BlobRows.remove(blob.upload, in: rows) } }
    }
  }

  private func check(_ moved: AccountFile.Attachment) throws(AccountMoveError) {
    let upload = moved.upload
    guard let member = log.members[upload.device],
      upload.isSigned(by: member.bundle.signingKeys, account: log.account), upload.byteCount > 0,
      upload.byteCount <= UInt64(Int64.max), moved.received <= upload.byteCount
    else { throw .refused("attachment \(upload.blob) is not signed by a device of the account") }
  }

  /// Begins an upload, in the place of what is here of it.
  private func begin(
    _ moved: AccountFile.Attachment, in known: StoredBlob?
  ) throws(AccountMoveError) {
    let upload = moved.upload
    var isFull = false
    try target.write { (rows) throws(AccountMoveError) in
      try asking { () throws(RelayError) in
        if let known { try BlobRows.remove(known.upload, in: rows) }
        if moved.received < upload.byteCount {
          isFull = try UnfinishedBlob.reach(RelayLimits.unfinishedBlobCount, of: upload.device, in: rows)
        }
        try BlobRows.begin(upload, at: moved.begun, in: rows)
      }
    }
    if isFull { throw .refused("a device has too many uploads that are not complete") }
  }

  private mutating func takeParts(
    of moved: AccountFile.Attachment, from file: inout AccountFileReader, isHere: Bool,
    _ progress: (UInt64) -> Void
  ) throws(AccountMoveError) {
    let blob = moved.upload.blob
    var (received, hasher) = (UInt64(0), SegmentHasher())
    while received < moved.received {
      var (parts, step): ([[UInt8]], Int) = ([], 0)
      while step < AccountTaking.stepByteCount, received + UInt64(step) < moved.received {
        guard let part = try file.nextPart(), !part.isEmpty, part.count <= RelayLimits.blobPartByteCount,
          UInt64(part.count) <= moved.received - received - UInt64(step)
        else { throw .damaged("attachment \(blob) has other bytes than it says") }
        hasher.update(part)
        parts.append(part)
        step += part.count
      }
      if !isHere { try put(parts, of: moved.upload, at: received) }
      received += UInt64(step)
      byteCount += UInt64(step)
      progress(byteCount)
    }
    guard received == moved.upload.byteCount else { return }
    guard hasher.finalize() == moved.upload.digest else {
      throw .refused("attachment \(blob) is not what its device signed")
    }
    guard !isHere else { return }
    try target.write { (rows) throws(AccountMoveError) in
      try asking { () throws(RelayError) in
        try BlobRows.synchronise(blob, in: rows)
        try UnfinishedBlob.remove(moved.upload, in: rows)
      }
    }
  }

  private func put(
    _ parts: [[UInt8]], of upload: BlobUpload, at start: UInt64
  ) throws(AccountMoveError) {
    try target.write { (rows) throws(AccountMoveError) in
      try asking { () throws(RelayError) in
        var offset = start
        for part in parts {
          try BlobRows.add(part, to: upload.blob, at: offset, in: rows)
          offset += UInt64(part.count)
        }
        try BlobRows.put(StoredBlob(upload: upload, received: offset), in: rows)
      }
    }
  }
}
