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
  private let device: Device
  private let opening: AttachmentOpening

  /// The file's length in bytes.
  public var byteCount: UInt64 { attachment.byteCount }

  fileprivate init(_ attachment: Attachment, of device: Device) async throws(DeviceError) {
    self.attachment = attachment
    self.device = device
    let header = 0..<UInt64(SealedSegments.headerByteCount)
    opening = try await device.sealedBytes(of: attachment, header) { (bytes) throws(DeviceError) in
      try asDeviceError(AttachmentOpening(attachment, account: device.account, header: bytes))
    }
    let (last, opening) = (opening.lastChunk, opening)
    _ = try await device.sealedBytes(of: attachment, last.sealed) { (bytes) throws(DeviceError) in
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
      let step = UInt64(SealedSegments.plainByteCount)
      let part = place..<min(wanted.upperBound, (place / step + 1) * step)
      let (numbers, sealed) = opening.chunks(holding: part)
      let opening = opening
      let opened = try await device.sealedBytes(of: attachment, sealed) { (bytes) throws(DeviceError) in
        try asDeviceError(opening.open(bytes, from: numbers.lowerBound))
      }
      let start = Int(part.lowerBound - numbers.lowerBound * UInt64(ChunkedEncryption.chunkByteCount))
      content += opened[start..<start + Int(part.upperBound - part.lowerBound)]
      place = part.upperBound
    }
    return content
  }
}

extension Device {
  /// Opens a file of which parts are to be read: its key and its length are checked.
  /// - Throws: `DeviceError.attachmentUnreadable` if it is absent, altered or cut, `.relay`, `.store`.
  public func open(_ attachment: Attachment) async throws(DeviceError) -> AttachmentFile {
    try await AttachmentFile(attachment, of: self)
  }

  /// The bytes of a file from `range`, read without the rest; fewer if the file ends before.
  /// - Throws: `DeviceError.attachmentUnreadable` if they are absent or altered, `.relay`, `.store`.
  public func read(
    _ attachment: Attachment, range: Range<UInt64>
  ) async throws(DeviceError) -> [UInt8] {
    try await open(attachment).read(range)
  }

  /// Reads sealed bytes from the store, and from the relay what is not there or does not open.
  fileprivate func sealedBytes<Answer: Sendable>(
    of attachment: Attachment, _ range: Range<UInt64>, _ open: ([UInt8]) throws(DeviceError) -> Answer
  ) async throws(DeviceError) -> Answer {
    let count = Int(range.upperBound - range.lowerBound)
    if let stored = try storedBytes(of: attachment, range), stored.count == count {
      do throws(DeviceError) { return try open(stored) } catch {
        guard relay != nil else { throw error }
      }
    }
    guard let relay else { throw .attachmentUnreadable(attachment.blob) }
    var bytes: [UInt8] = []
    while bytes.count < count {
      let from = range.lowerBound + UInt64(bytes.count)
      let wanted = count - bytes.count
      let part = try await Self.asking { () async throws(RelayError) in
        try await relay.readBlob(attachment.blob, of: account, at: from, byteCount: wanted)
      }
      guard !part.isEmpty, part.count <= wanted else { throw .attachmentUnreadable(attachment.blob) }
      bytes += part
    }
    return try open(bytes)
  }

  private func storedBytes(
    of attachment: Attachment, _ range: Range<UInt64>
  ) throws(DeviceError) -> [UInt8]? {
    guard let store else { return nil }
    let blob = attachment.blob
    return try Self.storing { () throws(StoreError) -> [UInt8]? in
      let isComplete = try store.blob(blob) != nil
      let isHere = isComplete ? true : try store.downloadedByteCount(of: blob) >= range.upperBound
      guard isHere else { return nil }
      return try store.readBlob(
        blob, at: range.lowerBound, byteCount: Int(range.upperBound - range.lowerBound))
    }
  }
}
