internal import CryptoCore
internal import TLSCodec

/// Reads everything that a device and its relay store, and names each thing that is not what it should be.
/// SPEC.md section 6.4.
public struct ArchiveVerification: Sendable {
  /// Something that is not what it should be.
  public struct Finding: Hashable, Sendable {
    /// Where it is stored.
    public let place: Place
    /// What it is: `record 17`, `signed batch of record 0`, `attachment ...`.
    public let thing: String
    /// Why it fails.
    public let reason: String
  }

  /// Where something is stored.
  public enum Place: String, Hashable, Sendable {
    /// With the device.
    case device
    /// With the relay.
    case relay
  }

  /// What failed, in the order it was found.
  public private(set) var findings: [Finding] = []
  /// How many records were read, opened and hashed, on both sides.
  public private(set) var recordCount = 0
  /// How many sealed attachments were read and hashed, on both sides.
  public private(set) var attachmentCount = 0
  /// How many log entries and wraps were verified.
  public private(set) var entryCount = 0
  /// How many attachments are stored that no message refers to.
  public private(set) var unreferencedCount = 0

  package mutating func fail(_ place: Place, _ thing: String, _ reason: String) {
    findings.append(Finding(place: place, thing: thing, reason: reason))
  }

  /// Verifies a device with its store and its relay.
  public static func run(
    _ device: Device, progress report: (@Sendable (String) -> Void)? = nil
  ) async -> ArchiveVerification {
    var verification = ArchiveVerification()
    report?("the account")
    verification.checkKeys(of: device)
    await verification.checkLog(at: device)
    report?("the device's records")
    let attachments = verification.checkStore(of: device)
    report?("the relay's records")
    if device.erasedBy == nil {
      await verification.checkRelayHistory(of: device)
    } else {
      await verification.checkErasure(of: device)
    }
    report?("attachments")
    await verification.checkAttachments(attachments, of: device)
    return verification
  }

  /// The secrets must be those that the log names.
  private mutating func checkKeys(of device: Device) {
    let (log, keys) = device.state.read { ($0.log, $0.keys) }
    guard let member = log.members[keys.deviceID],
      member.bundle.sealingKey == keys.sealingKey
    else { return fail(.device, "keys", "they are not the keys that the account's log names") }
    let bad = device.state.read { state in
      state.keyring.epochSecrets.compactMap { epoch, _ in
        guard epoch < state.log.epochs.count,
          state.keyring.schedule(of: epoch)?.agrees(with: state.log.epochs[Int(epoch)].header) == true
        else { return epoch }
        return nil
      }.sorted()
    }
    for epoch in bad {
      fail(.device, "secret of epoch \(epoch)", "it is not the one that the log commits to")
    }
    for epoch in device.unreadableEpochs { fail(.device, "secret of epoch \(epoch)", "it is not there") }
    entryCount += Int(log.nextIndex)
  }

  private mutating func checkLog(at device: Device) async {
    guard let relay = device.relay else { return }
    let known = device.log
    do throws(RelayError) {
      let entries = try await relay.logEntries(of: device.account, from: 0)
      do throws(AccountLogError) {
        let log = try AccountLog(account: device.account, replaying: entries)
        guard log.heads.starts(with: known.heads) else {
          return fail(.relay, "account log", "it is not the one that this device has seen")
        }
        if device.erasedBy == nil { await checkWraps(of: log, at: relay) }
      } catch { fail(.relay, "account log", "\(error)") }
      guard known.checkpointKey == (try await relay.checkpointKey()) else {
        return fail(.relay, "checkpoint key", "it is not the one that the account pinned")
      }
      entryCount += entries.count
    } catch { fail(.relay, "account log", "\(error)") }
    await checkRecovery(at: relay, of: device)
  }

  /// A relay that was told to erase everything must still have the order.
  private mutating func checkErasure(of device: Device) async {
    guard let relay = device.relay else { return }
    let known = device.state.read { $0.erasure }
    do throws(RelayError) {
      _ = try await relay.usage(of: device.account)
      fail(.relay, "order to erase", "it is not there")
    } catch {
      guard case .accountErased(let kept) = error, kept == known else {
        return fail(.relay, "order to erase", "it is not the one that this device has seen")
      }
    }
  }

  private mutating func checkRecovery(at relay: any Relay, of device: Device) async {
    let found = try? await relay.account(recoveredBy: device.log.recoveryDevice)
    if found != device.account { fail(.relay, "recovery", "the recovery key does not lead to the account") }
  }

  /// Every wrap that an active device may ask for.
  private mutating func checkWraps(of log: AccountLog, at relay: any Relay) async {
    for epoch in log.epochs {
      for digest in epoch.header.wraps + epoch.laterWraps
      where log.activeMember(digest.device) != nil {
        entryCount += 1
        let thing = "wrap of epoch \(epoch.header.number) for \(digest.device)"
        do throws(RelayError) {
          let wrap = try await relay.wrap(
            of: log.account, epoch: epoch.header.number, for: digest.device)
          guard let wrap else {
            fail(.relay, thing, "it is not there")
            continue
          }
          if EpochWrap.hash(wrap) != digest.wrapHash {
            fail(.relay, thing, "it is not the one that the log names")
          }
        } catch { fail(.relay, thing, "\(error)") }
      }
    }
  }

  /// The device's own history and outbox. Gives the attachments that messages refer to.
  private mutating func checkStore(of device: Device) -> [Attachment] {
    var attachments: [Attachment] = []
    var history = History()
    do throws(DeviceError) {
      let store = try device.neededStore()
      while true {
        let from = history.tree.size
        let batches = try Device.storing { () throws(StoreError) in
          try store.batches(from: from, limit: 16)
        }
        guard !batches.isEmpty else { break }
        for batch in batches {
          check(batch, &history, .device, device, &attachments)
        }
        guard history.tree.size > from else { break }
      }
      checkAbsent(history, .device)
      let progress = try device.progress()
      if history != progress.history {
        fail(.device, "progress", "the history is not the one that was verified")
      }
      checkCheckpoint(progress.checkpoint, history, device)
      try checkOutbox(of: device, store, &attachments)
      try checkEntries(of: device)
    } catch { fail(.device, "store", "\(error)") }
    return attachments
  }

  private mutating func checkAbsent(_ history: History, _ place: Place) {
    for leaf in history.absent { fail(place, "record \(leaf)", "it is not there, and nobody erased it") }
  }

  private mutating func checkCheckpoint(_ checkpoint: Checkpoint?, _ history: History, _ device: Device) {
    guard let checkpoint else { return }
    let key = device.log.checkpointKey
    if !key.isEmpty, !checkpoint.isSigned(by: key) || checkpoint.account != device.account {
      fail(.device, "checkpoint", "the relay did not sign it")
    }
    if checkpoint.treeSize == history.tree.size, checkpoint.treeRoot != history.tree.root {
      fail(.device, "checkpoint", "the history is not the one that the relay signed")
    }
  }

  private mutating func checkOutbox(
    of device: Device, _ store: any DeviceStore, _ attachments: inout [Attachment]
  ) throws(DeviceError) {
    let (waiting, staged) = try Device.storing { () throws(StoreError) in
      (try store.outbox(limit: .max), try store.staged())
    }
    for record in waiting {
      recordCount += 1
      open(record.bytes, .device, "waiting record \(record.sequence)", device, &attachments)
    }
    if let staged, (try? SignedBatch(decoding: staged.signedBatch)) == nil {
      fail(.device, "signed batch that was being sent", "it is malformed")
    }
  }

  /// Checks that everything beside the history opens. A key tells no name.
  private mutating func checkEntries(of device: Device) throws(DeviceError) {
    for key in try device.notes.unreadableEntries() {
      fail(.device, "entry \(Hex.encode(Array(key.prefix(16))))", "it does not open")
    }
  }

  /// Verifies a batch; after a failure the next ones are verified on what their authors signed.
  private mutating func check(
    _ batch: HistoryBatch, _ history: inout History, _ place: Place, _ device: Device,
    _ attachments: inout [Attachment]
  ) {
    if batch.firstLeaf != history.tree.size {
      fail(place, "records from leaf index \(history.tree.size)", "they are not there")
    }
    do throws(HistoryError) {
      try history.accept(batch, of: device.log)
    } catch {
      fail(place, Self.thing(error, batch), "\(error)")
      history.skip(batch)
    }
    for (index, record) in batch.records.enumerated() {
      recordCount += 1
      guard let record else { continue }
      open(record, place, "record \(batch.firstLeaf + UInt64(index))", device, &attachments)
    }
  }

  private static func thing(_ error: HistoryError, _ batch: HistoryBatch) -> String {
    switch error {
    case .tampered(let leaf), .wrongEpoch(let leaf): "record \(leaf)"
    default: "signed batch of record \(batch.firstLeaf)"
    }
  }

  private mutating func open(
    _ record: [UInt8], _ place: Place, _ thing: String, _ device: Device,
    _ attachments: inout [Attachment]
  ) {
    do throws(ArchiveError) {
      let entry = try device.archive.openEntry(try SealedRecord(decoding: record))
      if case .message(let message) = entry { attachments += message.attachments }
    } catch { fail(place, thing, "\(error)") }
  }

  private mutating func checkRelayHistory(of device: Device) async {
    guard let relay = device.relay else { return }
    var history = History()
    var ignored: [Attachment] = []
    do throws(RelayError) {
      while true {
        let from = history.tree.size
        let page = try await relay.history(of: device.account, from: from, maximumByteCount: 4 << 20)
        for batch in page.batches { check(batch, &history, .relay, device, &ignored) }
        // A batch of nothing would be given again and again.
        guard page.batches.isEmpty || history.tree.size == from else { continue }
        checkAbsent(history, .relay)
        if page.checkpoint.treeSize != history.tree.size || page.checkpoint.treeRoot != history.tree.root {
          fail(.relay, "history", "it is not the one that the relay signs")
        }
        break
      }
    } catch { fail(.relay, "history", "\(error)") }
  }

  private mutating func checkAttachments(_ attachments: [Attachment], of device: Device) async {
    let referenced = Dictionary(attachments.map { ($0.blob, $0) }) { first, _ in first }
    for (blob, attachment) in referenced.sorted(by: { $0.key < $1.key }) {
      // What is at the relay alone is verified there.
      let isHere = (try? device.store?.blob(blob)) != nil
      guard isHere || device.relay == nil else { continue }
      do throws(DeviceError) { try device.readStored(attachment) { _ in } } catch {
        fail(.device, "attachment \(blob)", "it is absent, or does not open")
      }
    }
    await checkStoredBlobs(of: device, referenced: Set(referenced.keys))
    await checkRelayBlobs(referenced, of: device)
  }

  /// Every sealed attachment on the device, whoever refers to it.
  private mutating func checkStoredBlobs(of device: Device, referenced: Set<BlobID>) async {
    do throws(DeviceError) {
      let store = try device.neededStore()
      let blobs = try Device.storing { () throws(StoreError) in try store.allBlobs() }
      unreferencedCount += blobs.filter { !referenced.contains($0) }.count
      for blob in blobs {
        attachmentCount += 1
        let upload = try Device.storing { () throws(StoreError) in try store.blob(blob) }
        await check(upload, blob, .device, device) { (offset, count) throws(DeviceError) in
          try Device.storing { () throws(StoreError) in
            try store.readBlob(blob, at: offset, byteCount: count)
          }
        }
      }
    } catch { fail(.device, "attachments", "\(error)") }
  }

  private mutating func checkRelayBlobs(_ referenced: [BlobID: Attachment], of device: Device) async {
    guard let relay = device.relay, device.erasedBy == nil else { return }
    let waiting = (try? device.store?.blobsToUpload().map(\.blob)) ?? []
    for blob in Set(referenced.keys).subtracting(waiting).sorted() {
      attachmentCount += 1
      let upload: BlobUpload?
      do throws(RelayError) { upload = try await relay.blob(blob, of: device.account) } catch {
        fail(.relay, "attachment \(blob)", "\(error)")
        continue
      }
      if let upload, upload.digest.bytes != referenced[blob]?.digest {
        fail(.relay, "attachment \(blob)", "it is not the one that its message names")
      }
      await check(upload, blob, .relay, device) { (offset, count) throws(DeviceError) in
        try await Device.asking { () async throws(RelayError) in
          try await relay.readBlob(blob, of: device.account, at: offset, byteCount: count)
        }
      }
    }
  }

  /// The uploader's signature, the length and the digest.
  private mutating func check(
    _ upload: BlobUpload?, _ blob: BlobID, _ place: Place, _ device: Device,
    _ read: (UInt64, Int) async throws(DeviceError) -> [UInt8]
  ) async {
    let thing = "attachment \(blob)"
    guard let upload else { return fail(place, thing, "it is not there") }
    guard upload.blob == blob, let member = device.log.members[upload.device],
      upload.isSigned(by: member.bundle.signingKeys, account: device.account)
    else { return fail(place, thing, "its uploader did not sign for it") }
    var hasher = SegmentHasher()
    var offset: UInt64 = 0
    do throws(DeviceError) {
      while offset < upload.byteCount {
        let part = try await read(offset, Int(min(upload.byteCount - offset, 1 << 20)))
        guard !part.isEmpty else { break }
        hasher.update(part)
        offset += UInt64(part.count)
      }
    } catch { return fail(place, thing, "\(error)") }
    if offset != upload.byteCount || hasher.finalize() != upload.digest {
      fail(place, thing, "its bytes are not the ones that were signed for")
    }
  }
}
