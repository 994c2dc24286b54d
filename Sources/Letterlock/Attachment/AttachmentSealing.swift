internal import CryptoCore
internal import Synchronization
internal import SystemCore
internal import TLSCodec

/// A file that was sealed: what its message refers to it by, and its bytes if they are few.
package struct SealedAttachment: Sendable {
  /// Stands in the message.
  package let attachment: Attachment
  /// The sealed bytes, to be stored in the same transaction as the message; nil if they were many and are in the store
  /// already.
  package let blob: SealedBlob?
}

/// One attempt to seal one file, under a key, a salt and a blob of its own, on two cores and in memory that does not
/// grow with the file. SPEC.md section 7.1.
///
/// Nothing of an attempt is ever gone on with: what was not finished is dropped, key and all.
package final class AttachmentSealing: Sendable {
  /// More would wait for the disk.
  static let threadCount = 2

  let blob = BlobID()
  private let key = SecretKey(random: 32)
  private let account: AccountID
  private let store: any DeviceStore
  private let header: [UInt8]
  private let intake: Mutex<SegmentIntake>
  private let outcome = Mutex(Outcome())

  private struct Outcome {
    var leaves: [Digest32] = []
    var sealedByteCount: UInt64 = 0
    var failure: DeviceError?

    mutating func note(_ leaf: Digest32, at index: Int, byteCount: Int) {
      while leaves.count <= index { leaves.append(.zero) }
      leaves[index] = leaf
      sealedByteCount += UInt64(byteCount)
    }
  }

  init(
    _ content: AttachmentSource.Content, account: AccountID, store: any DeviceStore
  ) throws(DeviceError) {
    self.account = account
    self.store = store
    let intake = try SegmentIntake(
      SourceReader(content, blob: blob), key: key,
      context: SealedSegments.context(account: account, blob: blob))
    header = intake.header
    self.intake = Mutex(intake)
  }

  /// Seals the file. What is at most a segment stays in memory, to be stored together with its message.
  func seal(_ source: AttachmentSource, keys: DeviceKeys) throws(DeviceError) -> SealedAttachment {
    var buffers = Buffers()
    guard let first = try nextJob(&buffers) else { throw .internalError("attachment") }
    guard !first.isLast else {
      let byteCount = try seal(first, &buffers)
      return try end(source, keys, small: Array(buffers.sealed[..<byteCount]))
    }
    let (blob, store) = (blob, store)
    try storing { () throws(StoreError) in try store.beginBlob(blob) }
    do throws(DeviceError) {
      try keep(first, &buffers)
      try sealRest()
      return try end(source, keys, small: nil)
    } catch {
      try? store.removeBlobs([blob])
      throw error
    }
  }

  private struct Buffers {
    var plain = [UInt8](repeating: 0, count: SealedSegments.plainByteCount)
    var sealed = [UInt8](repeating: 0, count: SealedSegments.headerByteCount + SealedSegments.byteCount)
  }

  private func nextJob(_ buffers: inout Buffers) throws(DeviceError) -> SegmentIntake.Job? {
    try buffers.plain.withMutableRawSpan { (plain) throws(DeviceError) -> SegmentIntake.Job? in
      try intake.withLock { (intake) throws(DeviceError) -> sending SegmentIntake.Job? in
        try intake.next(&plain)
      }
    }
  }

  private func sealRest() throws(DeviceError) {
    onThreads(Self.threadCount) { isCancelled in
      var buffers = Buffers()
      do throws(DeviceError) {
        while let job = try nextJob(&buffers) {
          if isCancelled() { throw .cancelled }
          try keep(job, &buffers)
        }
      } catch {
        outcome.withLock { if $0.failure == nil { $0.failure = error } }
        intake.withLock { $0.stop() }
      }
    }
    if let failure = outcome.withLock({ $0.failure }) { throw failure }
  }

  /// Seals a segment and hands it to the store.
  private func keep(
    _ job: consuming SegmentIntake.Job, _ buffers: inout Buffers
  ) throws(DeviceError) {
    let offset = SealedSegments.start(of: job.index)
    let byteCount = try seal(job, &buffers)
    try buffers.sealed.withRawSpan { (sealed) throws(DeviceError) in
      try storing { () throws(StoreError) in
        try store.writeBlob(blob, at: offset, sealed.extracting(0..<byteCount))
      }
    }
  }

  /// Seals a segment, and notes its hash. Returns its sealed length, with the header if it is the first.
  private func seal(
    _ job: consuming SegmentIntake.Job, _ buffers: inout Buffers
  ) throws(DeviceError) -> Int {
    let (index, plainByteCount) = (job.index, job.byteCount)
    let run = job.run
    let start = index == 0 ? header.count : 0
    let end = start + run.sealedByteCount
    let header = header
    do throws(ChunkedEncryptionError) {
      var waiting: ChunkRun? = consume run
      try buffers.plain.withRawSpan { (plain) throws(ChunkedEncryptionError) in
        try buffers.sealed.withMutableRawSpan { (sealed) throws(ChunkedEncryptionError) in
          if index == 0 { sealed.copy(header, to: 0) }
          var output = sealed._mutatingExtracting(start..<end)
          try waiting.take()?.seal(plain.extracting(0..<plainByteCount), into: &output)
        }
      }
    } catch { throw .internalError("attachment") }
    let leaf = buffers.sealed.withRawSpan { SealedSegments.leafHash($0.extracting(0..<end)) }
    outcome.withLock { $0.note(leaf, at: index, byteCount: end) }
    return end
  }

  private func end(
    _ source: AttachmentSource, _ keys: DeviceKeys, small: [UInt8]?
  ) throws(DeviceError) -> SealedAttachment {
    let (byteCount, isUnchanged) = intake.withLock { ($0.byteCount, $0.isUnchanged) }
    // Half of one state and half of another would be sealed as if it had been a file.
    guard isUnchanged else { throw .attachmentChanged }
    let (digest, sealedByteCount) = outcome.withLock {
      (SealedSegments.digest(of: $0.leaves), $0.sealedByteCount)
    }
    let upload = try asDeviceError(
      BlobUpload(
        blob: blob, byteCount: sealedByteCount, digest: digest, by: keys, account: account))
    let attachment: Attachment
    do {
      attachment = try Attachment(
        blob: blob, key: key, name: source.name, mediaType: source.mediaType, byteCount: byteCount,
        digest: digest.bytes, role: source.role)
    } catch { throw .internalError("attachment") }
    if let small {
      return SealedAttachment(
        attachment: attachment, blob: SealedBlob(upload: upload, bytes: small))
    }
    let store = store
    try storing { () throws(StoreError) in try store.finishBlob(upload, isUploaded: false) }
    return SealedAttachment(attachment: attachment, blob: nil)
  }
}
