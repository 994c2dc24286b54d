internal import CryptoCore
internal import TLSCodec

/// A sealed file of which any part is read without the rest: from this device, or from the relay what is not here.
///
/// Every byte that it gives is authentic and in its place, and the file is as long as its message says: the last
/// chunk was opened first. Whether the whole file is the one that the message's author sealed, and not one that
/// another device of the account put in its place, only reading all of it tells. SPEC.md section 7.1.
public struct AttachmentFile: Sendable {
  /// Which file.
  public let attachment: Attachment
  private let bytes: AttachmentBytes
  private let opening: AttachmentOpening

  /// The file's length in bytes.
  public var byteCount: UInt64 { attachment.byteCount }

  init(_ attachment: Attachment, in bytes: AttachmentBytes) async throws(DeviceError) {
    self.attachment = attachment
    self.bytes = bytes
    let account = bytes.account
    let header = 0..<UInt64(SealedSegments.headerByteCount)
    opening = try await bytes.read(header, of: attachment) { (bytes) throws(DeviceError) in
      try asDeviceError(AttachmentOpening(attachment, account: account, header: bytes))
    }
    let (last, opening) = (opening.lastChunk, opening)
    _ = try await bytes.read(last.sealed, of: attachment) { (bytes) throws(DeviceError) in
      try asDeviceError(opening.open(bytes, from: last.number))
    }
  }

  /// The file's bytes from `range`; fewer if the file ends before.
  /// - Throws: `DeviceError.attachmentUnreadable` if they are absent or altered, `.relay`, `.store`.
  public func read(_ range: Range<UInt64>) async throws(DeviceError) -> [UInt8] {
    let wanted = range.clamped(to: 0..<byteCount)
    guard !wanted.isEmpty else { return [] }
    var content: [UInt8] = []
    content.reserveCapacity(Int(wanted.upperBound - wanted.lowerBound))
    var place = wanted.lowerBound
    while place < wanted.upperBound {
      try checkCancellation()
      let step = UInt64(SealedSegments.plainByteCount)
      let part = place..<min(wanted.upperBound, (place / step + 1) * step)
      let (numbers, sealed) = opening.chunks(holding: part)
      let opening = opening
      let opened = try await bytes.read(sealed, of: attachment) { (bytes) throws(DeviceError) in
        try asDeviceError(opening.open(bytes, from: numbers.lowerBound))
      }
      let start = Int(part.lowerBound - numbers.lowerBound * UInt64(ChunkedEncryption.chunkByteCount))
      content += opened[start..<start + Int(part.upperBound - part.lowerBound)]
      place = part.upperBound
    }
    return content
  }
}

/// Reads parts of sealed files: from the store, and from the relay what is not there or does not open.
struct AttachmentBytes: Sendable {
  let store: StoreConnection
  let relay: RelayConnection

  /// Whose files they are.
  var account: AccountID { relay.account }

  /// Reads sealed bytes and opens them.
  func read<Answer: Sendable>(
    _ range: Range<UInt64>, of attachment: Attachment,
    _ open: ([UInt8]) throws(DeviceError) -> Answer
  ) async throws(DeviceError) -> Answer {
    let count = Int(range.upperBound - range.lowerBound)
    if let stored = try stored(range, of: attachment.blob), stored.count == count {
      do throws(DeviceError) { return try open(stored) } catch {
        guard relay.isPresent else { throw error }
      }
    }
    guard relay.isPresent else { throw .attachmentUnreadable(attachment.blob) }
    var bytes: [UInt8] = []
    while bytes.count < count {
      try checkCancellation()
      let from = range.lowerBound + UInt64(bytes.count)
      let wanted = count - bytes.count
      let part = try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.readBlob(attachment.blob, of: account, at: from, byteCount: wanted)
      }
      guard !part.isEmpty, part.count <= wanted else { throw .attachmentUnreadable(attachment.blob) }
      bytes += part
    }
    return try open(bytes)
  }

  private func stored(_ range: Range<UInt64>, of blob: BlobID) throws(DeviceError) -> [UInt8]? {
    guard let store = store.store else { return nil }
    return try storing { () throws(StoreError) -> [UInt8]? in
      let isComplete = try store.blob(blob) != nil
      let isHere = isComplete ? true : try store.downloadedByteCount(of: blob) >= range.upperBound
      guard isHere else { return nil }
      return try store.readBlob(
        blob, at: range.lowerBound, byteCount: Int(range.upperBound - range.lowerBound))
    }
  }
}
