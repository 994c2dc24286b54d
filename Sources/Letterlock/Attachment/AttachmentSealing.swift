internal import CryptoCore
internal import TLSCodec

/// Seals one file under a fresh key, in memory that does not grow with the file. SPEC.md section 7.1.
package struct AttachmentSealing: ~Copyable {
  /// Sealed bytes up to this many stay in memory and are stored together with the message.
  static let smallByteCount = 1 << 20

  private let blob: BlobID
  private let account: AccountID
  private let store: any DeviceStore
  private let key = SecretKey(random: 32)
  private var sealer: ChunkedEncryption.Sealer
  private var waiting: [UInt8] = []
  private var sealed: [UInt8]
  private var sealedByteCount: UInt64
  private var isInStore = false
  private var byteCount: UInt64 = 0
  private var contentHash = SHA256Hash.Hasher()
  private var digest = SHA256Hash.Hasher()

  /// `"letterlock/1 attachment" || account || blob`
  package static func context(account: AccountID, blob: BlobID) -> [UInt8] {
    Array("letterlock/1 attachment".utf8) + account.bytes + blob.bytes
  }

  init(blob: BlobID, account: AccountID, store: any DeviceStore) throws(DeviceError) {
    self.blob = blob
    self.account = account
    self.store = store
    do throws(ChunkedEncryptionError) {
      sealer = try ChunkedEncryption.Sealer(
        suite: .cobblestone256, key: key, context: Self.context(account: account, blob: blob))
    } catch { throw .internalError("attachment") }
    sealed = sealer.header
    sealedByteCount = UInt64(sealer.header.count)
    digest.update(sealer.header)
  }

  /// Adds bytes of the file.
  mutating func add(_ part: [UInt8]) throws(DeviceError) {
    contentHash.update(part)
    byteCount += UInt64(part.count)
    try seal(part)
  }

  private mutating func seal(_ part: [UInt8]) throws(DeviceError) {
    let chunk = ChunkedEncryption.chunkByteCount
    waiting += part
    var start = 0
    while waiting.count - start >= chunk {
      do throws(ChunkedEncryptionError) {
        emit(try sealer.seal(waiting, start..<start + chunk))
      } catch { throw .internalError("attachment") }
      start += chunk
      if sealed.count >= Self.smallByteCount { try flush() }
    }
    waiting.removeFirst(start)
  }

  private mutating func emit(_ bytes: [UInt8]) {
    digest.update(bytes)
    sealed += bytes
    sealedByteCount += UInt64(bytes.count)
  }

  /// Hands what is sealed to the store.
  private mutating func flush() throws(DeviceError) {
    let (blob, bytes, isFirst) = (blob, sealed, !isInStore)
    try Device.storing { () throws(StoreError) in
      if isFirst { try store.beginBlob(blob) }
      try store.appendToBlob(blob, bytes)
    }
    isInStore = true
    sealed = []
  }

  /// Pads the file with zeros to its size class, and ends it.
  consuming func finish(
    name: String?, mediaType: String, role: Attachment.Role, keys: DeviceKeys
  ) throws(DeviceError) -> Device.SealedAttachment {
    var padding = Padding.attachmentByteCount(byteCount) - byteCount
    let exact = byteCount
    while padding > 0 {
      let count = min(padding, 1 << 18)
      try seal([UInt8](repeating: 0, count: Int(count)))
      padding -= count
    }
    let last: [UInt8]
    do throws(ChunkedEncryptionError) {
      last = try sealer.finish(waiting, 0..<waiting.count)
    } catch { throw .internalError("attachment") }
    digest.update(last)
    sealed += last
    sealedByteCount += UInt64(last.count)
    let upload = try BlobUpload(
      blob: blob, byteCount: sealedByteCount, digest: Digest32(unchecked: digest.finalize()),
      by: keys, account: account)
    let attachment: Attachment
    do {
      attachment = try Attachment(
        blob: blob, key: key, name: name, mediaType: mediaType, byteCount: exact,
        sha256: contentHash.finalize(), role: role)
    } catch { throw .internalError("attachment") }
    guard isInStore else {
      return Device.SealedAttachment(
        attachment: attachment, blob: SealedBlob(upload: upload, bytes: sealed))
    }
    let (store, blob, rest) = (store, blob, sealed)
    try Device.storing { () throws(StoreError) in
      if !rest.isEmpty { try store.appendToBlob(blob, rest) }
      try store.finishBlob(upload, isUploaded: false)
    }
    return Device.SealedAttachment(attachment: attachment, blob: nil)
  }
}
