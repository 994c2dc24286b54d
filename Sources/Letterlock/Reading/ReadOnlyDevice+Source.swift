internal import CryptoCore

/// Files of an archive that is imported in another one.
extension ReadOnlyDevice {
  /// A file as an import takes it: it is checked whole when it is opened, and then read part by part.
  package func source(of attachment: Attachment) throws(DeviceError) -> AttachmentSource {
    let store = reading.attachments.store
    let isHere = try store.use { (store) throws(StoreError) in try store.blob(attachment.blob) != nil }
    let content: AttachmentSource.Content =
      isHere
      ? .stream(ByteStream { try self.reader(of: attachment, store) })
      : .missing(reason: "it is not in the archive")
    return AttachmentSource(
      name: attachment.name, mediaType: attachment.mediaType, role: attachment.role, content: content)
  }

  private func reader(
    of attachment: Attachment, _ store: StoreConnection
  ) throws(DeviceError) -> ByteStream.Reader {
    // Only the digest over all of it tells that it is its message's.
    try reading.attachments.check(attachment)
    let account = account
    func sealed(_ range: Range<UInt64>) throws(DeviceError) -> [UInt8] {
      try store.use { (store) throws(StoreError) in
        try store.readBlob(
          attachment.blob, at: range.lowerBound, byteCount: Int(range.upperBound - range.lowerBound))
      }
    }
    let header = try sealed(0..<UInt64(SealedSegments.headerByteCount))
    let opening = try asDeviceError(AttachmentOpening(attachment, account: account, header: header))
    var place: UInt64 = 0
    return {
      guard place < attachment.byteCount else { return nil }
      let part = place..<min(attachment.byteCount, place + UInt64(SealedSegments.plainByteCount))
      let (numbers, range) = opening.chunks(holding: part)
      place = part.upperBound
      let bytes = try sealed(range)
      return try asDeviceError(opening.open(bytes, from: numbers.lowerBound))
    }
  }
}
