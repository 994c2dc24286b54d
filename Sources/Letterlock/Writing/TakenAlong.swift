internal import CryptoCore
internal import TLSCodec

/// What a device took along from a former one, in whose place it is: sealed for the account, and kept to be sent, once the
/// history is here. SPEC.md section 8.6.
struct TakenAlong: Sendable {
  let state: AccountState
  let store: StoreConnection
  let history: HistoryReader
  let outbox: Outbox

  /// Where an entry waited.
  enum Source: UInt8 {
    case outbox = 0
    /// In a history that the relay does not have.
    case history = 1
  }

  /// What the first byte of a value says: the entry follows, or its record.
  static let (opened, sealed): (UInt8, UInt8) = (0, 1)

  static func key(_ source: Source, _ place: UInt64) -> [UInt8] {
    // The outbox comes after the history: what was written first is sent first.
    var writer = TLSWriter()
    writer.write(place)
    return DeviceNote.takenAlong.key + [1 - source.rawValue] + writer.bytes
  }

  /// Keeps everything to be sent that the history does not have, but for what a person has erased. Returns how many
  /// entries that are.
  func settle() throws(DeviceError) -> Int {
    guard let seed = state.read({ $0.handover }), state.view.isSealing else { return 0 }
    let store = try store.needed()
    let space: SealedSpace
    do throws(SealedSpaceError) {
      space = try SealedSpace(store, signingSeed: seed, account: state.view.account)
    } catch { throw DeviceError(error) }
    try signUploads()
    let known = try Known(history)
    var (count, isDone, key) = (0, true, DeviceNote.takenAlong.key)
    while true {
      try checkCancellation()
      let notes = try page(of: space, from: key)
      guard let last = notes.last else { break }
      key = last.key + [0]
      var entries: [ArchiveEntry] = []
      var done: [StoreChange] = []
      var files: [BlobID] = []
      for note in notes {
        guard let entry = entry(of: note.value) else {
          isDone = false
          continue
        }
        done.append(.remove(key: note.key))
        if known.hasErased(entry) {
          files += entry.attachments.map(\.blob)
        } else if !known.contains(entry) {
          entries.append(entry)
        }
      }
      let erased = files
      if !erased.isEmpty { try storing { () throws(StoreError) in try store.removeBlobs(erased) } }
      try outbox.enqueue(entries, changing: done)
      count += entries.count
    }
    // What does not open yet is tried again.
    if isDone { try state.mutate { $0.handover = nil } }
    return count
  }

  private func page(of space: SealedSpace, from key: [UInt8]) throws(DeviceError) -> [StoreEntry] {
    let end = EntryRange(prefix: DeviceNote.takenAlong.key).upperBound
    do throws(SealedSpaceError) {
      return try space.entries(in: EntryRange(from: key, to: end), limit: 256)
    } catch { throw DeviceError(error) }
  }

  private func entry(of value: [UInt8]) -> ArchiveEntry? {
    let content = Array(value.dropFirst())
    guard value.first == Self.opened else {
      return try? state.view.archive.openEntry(try SealedRecord(decoding: content))
    }
    return try? ArchiveEntry(decodingArchiveEntry: content)
  }

  /// Signs anew for files that the former device signed for, and had not sent whole.
  private func signUploads() throws(DeviceError) {
    let (keys, account) = (state.view.keys, state.view.account)
    let waiting = try store.use { (store) throws(StoreError) in try store.blobsToUpload() }
    for upload in waiting where upload.device != keys.deviceID {
      let again = try asDeviceError(
        BlobUpload(
          blob: upload.blob, byteCount: upload.byteCount, digest: upload.digest, by: keys, account: account))
      try store.use { (store) throws(StoreError) in try store.finishBlob(again, isUploaded: false) }
    }
  }

  /// What the history has or had, and what waits here already: a relay may have taken what its answer did not say, and a
  /// person may have erased it since.
  private struct Known {
    private var messages: Set<MessageID> = []
    private var others: Set<[UInt8]> = []
    private var index = TimelineIndex()

    init(_ history: HistoryReader) throws(DeviceError) {
      var known = Known()
      try history.forEach { read in
        known.index.add(read)
        if case .success(let entry) = read.entry { known.add(entry) }
      }
      known.index.settle()
      self = known
    }

    private init() {}

    private mutating func add(_ entry: ArchiveEntry) {
      if case .message(let message) = entry {
        messages.insert(message.id)
        guard message.lowersCopies else { return }
      }
      if let bytes = try? entry.padded() { others.insert(bytes) }
    }

    /// Whether a person has erased the message that an entry is, or is about.
    func hasErased(_ entry: ArchiveEntry) -> Bool {
      [entry.versionOf, entry.about].contains { $0.map(index.isErased) ?? false }
    }

    func contains(_ entry: ArchiveEntry) -> Bool {
      if case .message(let message) = entry {
        guard messages.contains(message.id) else { return false }
        // Another copy of an imported message can say how it travelled.
        guard message.lowersCopies else { return true }
      }
      return (try? entry.padded()).map(others.contains) ?? false
    }
  }
}
