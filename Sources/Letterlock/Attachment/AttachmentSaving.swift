internal import CryptoCore
internal import SystemCore
internal import Dispatch
internal import Synchronization

extension Device {
  /// Writes a file to a path, from the store or else from the relay, on two cores and in memory that does not grow with
  /// the file. It is there whole, on disk and verified when the call returns, readable by its owner alone, or not at all.
  /// - Throws: `DeviceError.attachmentUnreadable` if it is absent, altered or cut, `.attachmentNotWritten`, `.relay`,
  ///   `.store`.
  public func save(_ attachment: Attachment, to path: String) async throws(DeviceError) {
    try await download([attachment])
    try saveStored(attachment, to: path)
  }

  /// Writes a file that is in the store.
  package func saveStored(_ attachment: Attachment, to path: String) throws(DeviceError) {
    let reading = try StoredReading(attachment, of: self)
    let temporary = path + ".part"
    do {
      let file = try RandomAccessFile(temporary, .creating)
      try reading.openAll(into: file)
      try file.synchronise()
      try DurableFile.move(temporary, to: path)
    } catch {
      DurableFile.remove(temporary)
      throw error as? DeviceError ?? .attachmentNotWritten(attachment.blob)
    }
  }
}

extension StoredReading {
  /// Opens every segment into its place in a file.
  fileprivate func openAll(into file: RandomAccessFile) throws(DeviceError) {
    let state = Mutex((next: 0, failure: DeviceError?.none))
    DispatchQueue.concurrentPerform(iterations: min(AttachmentSealing.threadCount, segmentCount)) { _ in
      var buffers = Buffers()
      while true {
        let taken = state.withLock { state -> Int? in
          guard state.failure == nil, state.next < segmentCount else { return nil }
          state.next += 1
          return state.next - 1
        }
        guard let index = taken else { return }
        do throws(DeviceError) {
          let count = try open(index, &buffers)
          try buffers.plain.withRawSpan { (plain) throws(DeviceError) in
            do throws(DurableFileError) {
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
