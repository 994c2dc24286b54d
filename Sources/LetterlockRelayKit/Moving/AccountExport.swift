package import LetterlockFormat
internal import SystemCore
internal import TLSCodec

/// Writing an account to a file, as one state of the store has it. SPEC.md section 7.9.
extension RelayService {
  /// Writes an account.
  /// - Parameters:
  ///   - rows: One state of the account, in a transaction of the caller's.
  ///   - progress: Is told how many records and bytes of attachments are written.
  ///   - sink: Takes the file's bytes, one after the other.
  package func export(
    _ account: AccountID, from rows: any RelayRows, progress: (UInt64, UInt64) -> Void = { _, _ in },
    to sink: @escaping ([UInt8]) throws(AccountMoveError) -> Void
  ) throws(AccountMoveError) {
    let header = try asking { () throws(RelayError) in try self.header(of: account, rows) }
    guard header.checkpointKey.bytes == key.publicKey else { throw .otherKey }
    let source = AccountSource(rows: rows)
    var file = try AccountFileWriter(to: sink)
    try file.write(.header, header.encoded)
    try source.writeLog(to: &file)
    if header.erasure?.final == nil {
      let recordCount = try source.writeHistory(to: &file) { progress($0, 0) }
      try source.writeAttachments(to: &file) { progress(recordCount, $0) }
    }
    try file.finish()
  }

  private func header(
    of account: AccountID, _ rows: any RelayRows
  ) throws(RelayError) -> AccountFile.Header {
    let rules = try AccountRows(account: account, quota: quota).load(rows, after: nil).rules
    let final = rules.erasure?.completed?.final
    let checkpoint: Checkpoint
    if let final { checkpoint = final } else { checkpoint = try rules.checkpoint(at: clock(), by: key) }
    return AccountFile.Header(
      checkpointKey: Opaque(rules.log.checkpointKey), checkpoint: checkpoint,
      quota: try AccountSetting(rows).quota, control: rules.control,
      erasure: rules.erasure.map {
        AccountFile.Erasure(order: $0.order, received: $0.received, final: $0.final)
      })
  }
}

/// What a file holds after its header, as rows have it.
private struct AccountSource {
  let rows: any RelayRows

  /// Writes the log, then the wraps.
  func writeLog(to file: inout AccountFileWriter) throws(AccountMoveError) {
    for row in try asking({ () throws(RelayError) in try rows.all(in: .logEntry) }) {
      try file.write(.entry, try asking { () throws(RelayError) in try row.bytes(1) })
    }
    for row in try asking({ () throws(RelayError) in try rows.all(in: .wrap) }) {
      let wrap = try asking { () throws(RelayError) in
        AccountFile.Wrap(
          device: DeviceID(unchecked: try row.bytes(0)), epoch: try row.count(1),
          wrap: Opaque(try row.bytes(2)))
      }
      try file.write(.wrap, wrap.encoded)
    }
  }

  /// Writes the batches. Returns how many records they have.
  func writeHistory(
    to file: inout AccountFileWriter, _ progress: (UInt64) -> Void
  ) throws(AccountMoveError) -> UInt64 {
    var next: UInt64 = 0
    while true {
      let page = try asking { () throws(RelayError) in
        try HistoryRows(rows).batches(from: next, maximumByteCount: 1 << 20)
      }
      for batch in page {
        try file.write(.batch, AccountFile.Batch(batch).encoded)
        next = batch.endLeaf
      }
      guard !page.isEmpty else { return next }
      progress(next)
    }
  }

  /// Writes the attachments, those that are not complete too.
  func writeAttachments(
    to file: inout AccountFileWriter, _ progress: (UInt64) -> Void
  ) throws(AccountMoveError) {
    var last: BlobID?
    var byteCount: UInt64 = 0
    while true {
      let page = try asking { () throws(RelayError) in
        try BlobRows(rows).list(after: last, limit: 64) { _ in true }
      }
      for blob in page {
        let begun = try asking { () throws(RelayError) in
          try UnfinishedBlob.find(blob.upload, in: rows)?.begun ?? Timestamp(nanosecondsSince1970: 0)
        }
        let moved = AccountFile.Attachment(upload: blob.upload, received: blob.received, begun: begun)
        try file.write(.attachment, moved.encoded)
        try writeParts(of: blob, to: &file) { progress(byteCount + $0) }
        byteCount = byteCount.addingSaturated(blob.received)
        last = blob.upload.blob
      }
      guard page.count == 64 else { return }
    }
  }

  private func writeParts(
    of blob: StoredBlob, to file: inout AccountFileWriter, _ progress: (UInt64) -> Void
  ) throws(AccountMoveError) {
    var offset: UInt64 = 0
    while offset < blob.received {
      let count = Int(clamping: min(blob.received - offset, 1 << 18))
      let bytes = try asking { () throws(RelayError) in
        try BlobRows(rows).read(blob.upload.blob, at: offset, byteCount: count)
      }
      guard bytes.count == count else {
        throw .relay(.corrupted("Bytes of an attachment are not there."))
      }
      try file.write(.part, bytes)
      offset += UInt64(count)
      progress(offset)
    }
  }
}
