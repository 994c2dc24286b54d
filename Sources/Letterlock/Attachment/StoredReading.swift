internal import CryptoCore
internal import Synchronization
internal import TLSCodec

/// Reads a whole sealed file that is in the store, segment by segment, on any number of threads.
final class StoredReading: Sendable {
  private let opening: AttachmentOpening
  private let store: any DeviceStore
  private let leaves: Mutex<[Digest32]>
  /// How many segments there are to open.
  let segmentCount: Int

  private var attachment: Attachment { opening.attachment }
  /// Which file.
  var blob: BlobID { attachment.blob }

  /// A segment, sealed and open.
  struct Buffers {
    fileprivate var sealed = [UInt8](
      repeating: 0, count: SealedSegments.headerByteCount + SealedSegments.byteCount)
    fileprivate(set) var plain = [UInt8](repeating: 0, count: SealedSegments.plainByteCount)
  }

  init(_ attachment: Attachment, of account: AccountID, in store: any DeviceStore) throws(DeviceError) {
    let blob = attachment.blob
    let upload = try storing { () throws(StoreError) in try store.blob(blob) }
    guard let upload, upload.byteCount == SealedSegments.sealedByteCount(of: attachment.byteCount) else {
      throw .attachmentUnreadable(blob)
    }
    let header = try storing { () throws(StoreError) in
      try store.readBlob(blob, at: 0, byteCount: SealedSegments.headerByteCount)
    }
    opening = try asDeviceError(AttachmentOpening(attachment, account: account, header: header))
    self.store = store
    segmentCount = SealedSegments.count(in: upload.byteCount)
    leaves = Mutex([Digest32](repeating: .zero, count: segmentCount))
  }

  /// Where a segment's bytes stand in the file.
  func place(of index: Int) -> UInt64 { UInt64(index) * UInt64(SealedSegments.plainByteCount) }

  /// Opens a segment. Returns how many bytes of the file it has.
  func open(_ index: Int, _ buffers: inout Buffers) throws(DeviceError) -> Int {
    let range = SealedSegments.range(of: index, in: opening.sealedByteCount)
    let byteCount = Int(range.upperBound - range.lowerBound)
    let got = try buffers.sealed.withMutableRawSpan { (sealed) throws(DeviceError) in
      var output = sealed._mutatingExtracting(0..<byteCount)
      do throws(StoreError) {
        return try store.readBlob(blob, at: range.lowerBound, into: &output)
      } catch { throw .store(error) }
    }
    guard got == byteCount else { throw .attachmentUnreadable(blob) }
    return try buffers.sealed.withRawSpan { (sealed) throws(DeviceError) in
      let segment = sealed.extracting(0..<byteCount)
      let leaf = SealedSegments.leafHash(segment)
      leaves.withLock { $0[index] = leaf }
      return try buffers.plain.withMutableRawSpan { (plain) throws(DeviceError) in
        try asDeviceError(
          opening.open(
            segment.extracting((index == 0 ? SealedSegments.headerByteCount : 0)..<byteCount),
            from: UInt64(index * SealedSegments.chunkCount), into: &plain))
      }
    }
  }

  /// Checks that what was opened is the file that its message names.
  func finish() throws(DeviceError) {
    guard leaves.withLock({ SealedSegments.digest(of: $0).bytes }) == attachment.digest else {
      throw .attachmentUnreadable(attachment.blob)
    }
  }
}
