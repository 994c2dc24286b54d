internal import TLSCodec

/// What a device can say about itself.
extension Device {
  /// Epochs whose secret this device does not have.
  public var unreadableEpochs: [UInt64] {
    state.read { state in state.keyring.unreadable(in: state.log) }
  }

  /// How many records wait to be sent.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public var waitingCount: Int {
    get throws(DeviceError) {
      let store = try neededStore()
      return try Self.storing { () throws(StoreError) in try store.outboxCount() }
    }
  }

  /// How many streams the relay can tell apart: one for each conversation and epoch.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public var streamCount: Int {
    get throws(DeviceError) {
      let store = try neededStore()
      var tags: Set<StreamTag> = []
      var leaf: UInt64 = 0
      while true {
        let from = leaf
        let batches = try Self.storing { () throws(StoreError) in
          try store.batches(from: from, limit: 16)
        }
        guard !batches.isEmpty else { return tags.count }
        for batch in batches {
          for record in batch.records {
            if let record, let sealed = try? SealedRecord(decoding: record) {
              tags.insert(sealed.streamTag)
            }
          }
          leaf += UInt64(batch.records.count)
        }
      }
    }
  }

  /// Whether the keys in a vault belong to a device that waits to be approved.
  public static func isJoining(_ vault: any KeyVault) throws(DeviceError) -> Bool {
    do throws(VaultError) {
      return try vault.load()?.state.first == JoiningVault.marker
    } catch { throw .vault(error) }
  }

  /// Fetches the files that `settings()` says are fetched without being asked, previews first. Gives their number.
  /// - Throws: as `download(where:)`.
  @discardableResult
  public func downloadAutomatically() async throws(DeviceError) -> Int {
    let settings = try settings()
    guard settings.automaticDownloads != .off else { return 0 }
    return try await download {
      settings.fetches(isPreview: $0.role == .preview, byteCount: $0.byteCount)
    }
  }

  /// Fetches every file of the history that the store does not have. Gives their number.
  @discardableResult
  public func downloadAll() async throws(DeviceError) -> Int {
    var attachments: [Attachment] = []
    do throws(HistoryReadError<Never>) {
      try forEachEntry { read in
        if case .success(.message(let message)) = read.entry { attachments += message.attachments }
      }
    } catch {
      switch error {
      case .device(let error): throw error
      }
    }
    return try await download(attachments)
  }
}
