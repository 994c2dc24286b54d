internal import CryptoCore
internal import SystemCore
internal import Synchronization

/// Reads files back that are in the store.
struct StoredAttachments: Sendable {
  let account: AccountID
  let store: StoreConnection

  /// Lends a file's parts to `body`. That it is the very file that the message's author sealed, is certain when the call
  /// returns.
  func read(
    _ attachment: Attachment, _ body: ([UInt8]) throws(DeviceError) -> Void
  ) throws(DeviceError) {
    try open(attachment) { (plain, count) throws(DeviceError) in
      if count > 0 { try body(Array(plain[..<count])) }
    }
  }

  /// Opens a file to its end: it is here, and the very one that the message's author sealed.
  ///
  /// Not a `read` that drops what it is lent: of an array that nobody looks at, the compiler (Swift 6.3.1, optimising)
  /// frees the memory, and then copies into it.
  func check(_ attachment: Attachment) throws(DeviceError) {
    try open(attachment) { (_, _) throws(DeviceError) in }
  }

  /// Lends a buffer and how many bytes of it are the file's, segment by segment.
  private func open(
    _ attachment: Attachment, _ body: ([UInt8], Int) throws(DeviceError) -> Void
  ) throws(DeviceError) {
    let reading = try reading(attachment)
    var buffers = StoredReading.Buffers()
    for index in 0..<reading.segmentCount {
      try checkCancellation()
      let count = try reading.open(index, &buffers)
      try body(buffers.plain, count)
    }
    try reading.finish()
  }

  /// Writes a file to a path: it is there whole and on disk when the call returns, or not at all. A regular file that is
  /// there is replaced, and nothing else is.
  func save(_ attachment: Attachment, to path: String) throws(DeviceError) {
    let file = try attempting(attachment) { () throws(OutputFileError) in
      try OutputFile(path, existing: .replaced)
    }
    try write(attachment, into: file)
    try attempting(attachment) { () throws(OutputFileError) in try file.place() }
  }

  private func attempting<Value>(
    _ attachment: Attachment, _ body: () throws(OutputFileError) -> Value
  ) throws(DeviceError) -> Value {
    do throws(OutputFileError) { return try body() } catch { throw .attachmentNotWritten(attachment.blob) }
  }

  /// Writes a file into one that is not in its place yet.
  func write(_ attachment: Attachment, into file: OutputFile) throws(DeviceError) {
    try reading(attachment).openAll(into: file)
  }

  func isStored(_ blob: BlobID) throws(DeviceError) -> Bool {
    try store.use { (store) throws(StoreError) in try store.blob(blob) } != nil
  }

  private func reading(_ attachment: Attachment) throws(DeviceError) -> StoredReading {
    try StoredReading(attachment, of: account, in: try store.needed())
  }
}

extension StoredReading {
  /// Opens every segment into its place in a file.
  fileprivate func openAll(into file: OutputFile) throws(DeviceError) {
    let state = Mutex((next: 0, failure: DeviceError?.none))
    onThreads(min(AttachmentSealing.threadCount, segmentCount)) { isCancelled in
      var buffers = Buffers()
      while true {
        let taken = state.withLock { state -> Int? in
          guard state.failure == nil, state.next < segmentCount else { return nil }
          state.next += 1
          return state.next - 1
        }
        guard let index = taken else { return }
        do throws(DeviceError) {
          if isCancelled() { throw .cancelled }
          let count = try open(index, &buffers)
          try buffers.plain.withRawSpan { (plain) throws(DeviceError) in
            do throws(OutputFileError) {
              try file.write(plain.extracting(0..<count), at: place(of: index))
            } catch { throw .attachmentNotWritten(blob) }
          }
        } catch { state.withLock { $0.failure = $0.failure ?? error } }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    try finish()
  }
}
