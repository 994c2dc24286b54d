internal import CryptoCore

/// Opens one sealed file from its start to its end. SPEC.md section 7.1.
package struct AttachmentOpening {
  private let attachment: Attachment
  private let account: AccountID
  private let sealedByteCount: UInt64
  private var opener: ChunkedEncryption.Opener?
  private var sealedRead: UInt64 = 0
  private var nextChunk: UInt64 = 0
  private var given: UInt64 = 0
  private var hasher = SHA256Hash.Hasher()

  /// - Throws: `DeviceError.attachmentUnreadable` if no file of this length is sealed in so many bytes.
  package init(
    _ attachment: Attachment, account: AccountID, sealedByteCount: UInt64
  ) throws(DeviceError) {
    self.attachment = attachment
    self.account = account
    self.sealedByteCount = sealedByteCount
    let padded = Padding.attachmentByteCount(attachment.byteCount)
    guard ChunkedEncryption.sealedByteCount(of: padded) == sealedByteCount else {
      throw .attachmentUnreadable(attachment.blob)
    }
  }

  /// How many sealed bytes to add next; nil at the end.
  package var wanted: Int? {
    guard opener != nil else { return ChunkedEncryption.headerByteCount }
    let left = sealedByteCount - sealedRead
    return left == 0 ? nil : Int(min(left, UInt64(ChunkedEncryption.sealedChunkByteCount)))
  }

  /// Takes exactly as many sealed bytes as were wanted, and gives the file's bytes that they hold.
  package mutating func add(_ sealed: [UInt8]) throws(DeviceError) -> [UInt8] {
    guard sealed.count == wanted else { throw .attachmentUnreadable(attachment.blob) }
    sealedRead += UInt64(sealed.count)
    do throws(ChunkedEncryptionError) {
      guard let opener else {
        opener = try ChunkedEncryption.Opener(
          suite: .cobblestone256, key: attachment.key,
          context: AttachmentSealing.context(account: account, blob: attachment.blob),
          header: sealed)
        return []
      }
      var part = try opener.open(sealed, number: nextChunk)
      nextChunk += 1
      let exact = Int(min(UInt64(part.count), attachment.byteCount - given))
      guard part[exact...].allSatisfy({ $0 == 0 }) else {
        throw ChunkedEncryptionError.authenticationFailed
      }
      part.removeLast(part.count - exact)
      given += UInt64(exact)
      hasher.update(part)
      return part
    } catch { throw .attachmentUnreadable(attachment.blob) }
  }

  /// Checks that what was given is the file that its message names.
  package consuming func finish() throws(DeviceError) {
    let blob = attachment.blob
    guard given == attachment.byteCount, hasher.finalize() == attachment.sha256 else {
      throw .attachmentUnreadable(blob)
    }
  }
}
