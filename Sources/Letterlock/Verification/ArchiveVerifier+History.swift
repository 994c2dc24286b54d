internal import CryptoCore
internal import TLSCodec

/// The history on both sides.
extension ArchiveVerifier {
  /// The device's own history and outbox. Returns the attachments that messages refer to.
  mutating func checkStore() throws(DeviceError) -> [Attachment] {
    var attachments: [Attachment] = []
    try attempt(.device, "store") { (verifier) throws(DeviceError) in
      try verifier.checkStoredHistory(&attachments)
      try verifier.checkOutbox(&attachments)
      try verifier.checkEntries()
    }
    return attachments
  }

  private mutating func checkStoredHistory(_ attachments: inout [Attachment]) throws(DeviceError) {
    var history = History()
    while true {
      let from = history.tree.size
      let batches = try reading.history.batches(from: from, limit: 16)
      guard !batches.isEmpty else { break }
      for batch in batches { check(batch, &history, .device, &attachments) }
      guard history.tree.size > from else { break }
    }
    checkAbsent(history, .device)
    let progress = try reading.status.progress.current()
    if history != progress.history {
      fail(.device, "progress", "the history is not the one that was verified")
    }
    checkCheckpoint(progress.checkpoint, history)
  }

  mutating func checkAbsent(_ history: History, _ place: ArchiveVerification.Place) {
    for leaf in history.absent { fail(place, "record \(leaf)", "it is not there, and nobody erased it") }
  }

  private mutating func checkCheckpoint(_ checkpoint: Checkpoint?, _ history: History) {
    guard let checkpoint else { return }
    let key = view.log.checkpointKey
    if !key.isEmpty, !checkpoint.isSigned(by: key) || checkpoint.account != view.account {
      fail(.device, "checkpoint", "the relay did not sign it")
    }
    if checkpoint.treeSize == history.tree.size, checkpoint.treeRoot != history.tree.root {
      fail(.device, "checkpoint", "the history is not the one that the relay signed")
    }
  }

  private mutating func checkOutbox(_ attachments: inout [Attachment]) throws(DeviceError) {
    let (waiting, staged) = try store.use { (store) throws(StoreError) in
      (try store.outbox(limit: .max), try store.staged())
    }
    for record in waiting {
      try checkCancellation()
      verification.recordCount += 1
      open(record.bytes, .device, "waiting record \(record.sequence)", &attachments)
    }
    if let staged, (try? SignedBatch(decoding: staged.signedBatch)) == nil {
      fail(.device, "signed batch that was being sent", "it is malformed")
    }
  }

  /// Checks that everything beside the history opens. A key tells no name.
  private mutating func checkEntries() throws(DeviceError) {
    for key in try notes.unreadableEntries() {
      fail(.device, "entry \(Hex.encode(Array(key.prefix(16))))", "it does not open")
    }
  }

  /// Verifies a batch of the relay's, whose attachments are checked by what the device's records say.
  mutating func checkRelayBatch(_ batch: HistoryBatch, _ history: inout History) {
    var ignored: [Attachment] = []
    check(batch, &history, .relay, &ignored)
  }

  /// Verifies a batch; after a failure the next ones are verified on what their authors signed.
  private mutating func check(
    _ batch: HistoryBatch, _ history: inout History, _ place: ArchiveVerification.Place,
    _ attachments: inout [Attachment]
  ) {
    if batch.firstLeaf != history.tree.size {
      fail(place, "records from leaf index \(history.tree.size)", "they are not there")
    }
    do throws(HistoryError) {
      try history.accept(batch, of: place == .relay ? relayLog : view.log)
    } catch {
      fail(place, Self.thing(error, batch), error.reason)
      history.skip(batch)
    }
    for (index, record) in batch.records.enumerated() {
      verification.recordCount += 1
      guard let record else { continue }
      open(record, place, "record \(batch.leaf(of: index))", &attachments)
    }
  }

  private static func thing(_ error: HistoryError, _ batch: HistoryBatch) -> String {
    switch error {
    case .tampered(let leaf), .wrongEpoch(let leaf): "record \(leaf)"
    default: "signed batch of record \(batch.firstLeaf)"
    }
  }

  private mutating func open(
    _ record: [UInt8], _ place: ArchiveVerification.Place, _ thing: String, _ attachments: inout [Attachment]
  ) {
    do throws(ArchiveError) {
      attachments += try view.archive.openEntry(try SealedRecord(decoding: record)).attachments
    } catch {
      if place == .relay, case .unreadableEpoch(let epoch) = error, isNew(epoch) {
        verification.unopenedCount += 1
      } else {
        fail(place, thing, error.reason)
      }
    }
  }

  /// Whether an epoch began after this device last took the log.
  private func isNew(_ epoch: EpochReference) -> Bool {
    relayLog.epochs.dropFirst(view.log.epochs.count).contains { $0.header.reference == epoch }
  }
}
