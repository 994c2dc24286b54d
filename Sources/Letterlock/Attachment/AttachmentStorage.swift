internal import CryptoCore
internal import TLSCodec

/// How much room attachments take on a device, and how much of it could be had back. SPEC.md section 7.6.
public struct AttachmentStorage: Hashable, Sendable, Codable {
  /// Files and their bytes.
  public struct Share: Hashable, Sendable, Codable {
    /// How many files.
    public var count = 0
    /// How many bytes they take, sealed.
    public var byteCount: UInt64 = 0

    mutating func add(_ byteCount: UInt64) {
      count += 1
      self.byteCount += byteCount
    }
  }

  /// Previews on this device.
  public internal(set) var previews = Share()
  /// Files on this device that a relay was sent too: they can be evicted once it is shown to hold them.
  public internal(set) var originals = Share()
  /// Files that are only on this device, and wait to be sent. They are never evicted.
  public internal(set) var waiting = Share()
  /// Files that are not on this device.
  public internal(set) var absent = Share()
  /// Files on this device that no message refers to.
  public internal(set) var unreferenced = Share()
}

/// What an eviction did.
public struct EvictionReport: Hashable, Sendable, Codable {
  /// Files that are at the relay alone now.
  public internal(set) var evicted = AttachmentStorage.Share()
  /// Files that stayed because the relay does not have them whole: they wait to be sent again.
  public internal(set) var notAtRelay = AttachmentStorage.Share()
}

extension Device {
  /// What messages refer to.
  struct References {
    var attachments: [BlobID: Attachment] = [:]
    /// Whether every record was read: only then is what is not referred to known.
    var isComplete = true

    mutating func add(_ read: HistoryEntry) {
      switch read.entry {
      case .success(.message(let message)):
        for attachment in message.attachments { attachments[attachment.blob] = attachment }
      case .success(.conversation), .success(.device), .success(.deletion), .success(.snapshot): break
      // A newer version may refer to files in ways of its own.
      case .success(.unknown), .failure: isComplete = false
      }
    }
  }

  /// Goes through the whole history, and what waits here, for the files that messages refer to.
  func references() throws(DeviceError) -> References {
    var references = References()
    do throws(HistoryReadError<Never>) { try forEachEntry { references.add($0) } } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    return references
  }

  /// How much room attachments take on this device.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func attachmentStorage() throws(DeviceError) -> AttachmentStorage {
    let store = try neededStore()
    let references = try references().attachments
    let (here, waiting) = try Self.storing { () throws(StoreError) in
      (Set(try store.allBlobs()), Set(try store.blobsToUpload().map(\.blob)))
    }
    var storage = AttachmentStorage()
    for (blob, attachment) in references {
      let byteCount = SealedSegments.sealedByteCount(of: attachment.byteCount)
      if !here.contains(blob) {
        storage.absent.add(byteCount)
      } else if waiting.contains(blob) {
        storage.waiting.add(byteCount)
      } else if attachment.role == .preview {
        storage.previews.add(byteCount)
      } else {
        storage.originals.add(byteCount)
      }
    }
    for blob in here where references[blob] == nil {
      let upload = try Self.storing { () throws(StoreError) in try store.blob(blob) }
      storage.unreferenced.add(upload?.byteCount ?? 0)
    }
    return storage
  }

  /// Drops files from this device that the relay is shown to hold; they are fetched again when they are read.
  ///
  /// Previews stay, and so does what is only here. Before a file goes, the relay must say that it has all of it, as
  /// its uploader signed, and give parts of it that it could not know beforehand. A file that it lacks is sent again
  /// with the next `sync()`.
  /// - Parameter isWanted: which files may go; all by default.
  /// - Throws: `DeviceError.relay`, `.noRelay`, `.noStore`, `.store`.
  public func evictOriginals(
    where isWanted: @Sendable (Attachment) -> Bool = { _ in true },
    progress report: (@Sendable (EvictionReport) -> Void)? = nil
  ) async throws(DeviceError) -> EvictionReport {
    try await lock.locked { () async throws(DeviceError) in
      let store = try neededStore()
      var outcome = EvictionReport()
      let waiting = Set(try Self.storing { () throws(StoreError) in try store.blobsToUpload().map(\.blob) })
      let known = try references().attachments.sorted { $0.key < $1.key }
      for (blob, attachment) in known
      where attachment.role != .preview && !waiting.contains(blob) && isWanted(attachment) {
        guard let upload = try Self.storing({ () throws(StoreError) in try store.blob(blob) }) else {
          continue
        }
        if try await isAtRelay(upload, attachment) {
          try Self.storing { () throws(StoreError) in try store.removeBlobs([blob]) }
          outcome.evicted.add(upload.byteCount)
        } else {
          try sendAgain(upload)
          outcome.notAtRelay.add(upload.byteCount)
        }
        report?(outcome)
      }
      return outcome
    }
  }

  /// Whether the relay has a file: it says so, and knows bytes of it at places that it is not told before.
  private func isAtRelay(
    _ upload: BlobUpload, _ attachment: Attachment
  ) async throws(DeviceError) -> Bool {
    do throws(DeviceError) {
      guard try await uploadAtRelay(of: attachment).digest == upload.digest else { return false }
    } catch {
      guard case .attachmentUnreadable = error else { throw error }
      return false
    }
    let (relay, store) = (try neededRelay(), try neededStore())
    var places: [UInt64] = [0, upload.byteCount - min(upload.byteCount, 4096)]
    for _ in 0..<4 { places.append(UInt64.random(in: 0..<upload.byteCount)) }
    for place in places {
      let count = Int(min(4096, upload.byteCount - place))
      let own = try Self.storing { () throws(StoreError) in
        try store.readBlob(upload.blob, at: place, byteCount: count)
      }
      let theirs: [UInt8]
      do throws(RelayError) {
        theirs = try await relay.readBlob(upload.blob, of: account, at: place, byteCount: count)
      } catch {
        guard case .unknownBlob = error else { throw .relay(error) }
        return false
      }
      guard own.count == count, own == theirs else { return false }
    }
    return true
  }

  /// Signs for a file that the relay lost, whoever sent it first, and lets it wait to be sent.
  private func sendAgain(_ upload: BlobUpload) throws(DeviceError) {
    let (store, keys) = (try neededStore(), state.read { $0.keys })
    let again = try asDeviceError(
      BlobUpload(
        blob: upload.blob, byteCount: upload.byteCount, digest: upload.digest, by: keys, account: account))
    try Self.storing { () throws(StoreError) in try store.finishBlob(again, isUploaded: false) }
  }
}
