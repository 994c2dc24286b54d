/// Seals entries and keeps them for the relay: each is on disk when the call returns.
struct Outbox: Sendable {
  let archive: Archive
  let store: StoreConnection

  /// Seals entries and keeps them, in one transaction, with attachments that are sealed already.
  func enqueue(
    _ entries: [ArchiveEntry], blobs: [SealedBlob] = [], changing changes: [StoreChange] = []
  ) throws(DeviceError) {
    let store = try store.needed()
    let records: [[UInt8]]
    do throws(ArchiveError) { records = try archive.seal(contentsOf: entries).map(\.bytes) } catch {
      throw .archive(error)
    }
    try storing { () throws(StoreError) in try store.enqueue(records, blobs: blobs, changes: changes) }
  }
}
