/// What a device that has only the recovery key gets, or got: whether everything is there, and what is not.
public struct RestoreReport: Hashable, Sendable {
  /// How many records the history holds, as the relay signs.
  public internal(set) var expected: UInt64 = 0
  /// How many of them open.
  public internal(set) var opened: UInt64 = 0
  /// Leaf indices of records that are not there.
  public internal(set) var missing: [UInt64] = []
  /// Records that are there and do not open, and why.
  public internal(set) var undecryptable: [Timeline.Unreadable] = []
  /// How many records a device of the account erased.
  public internal(set) var erased: UInt64 = 0
  /// How many files messages refer to.
  public internal(set) var attachments = 0
  /// Files that are not there.
  public internal(set) var missingAttachments: [BlobID] = []
  /// Whether the history differs from the one that this device has.
  public internal(set) var differs = false
  private var blobs: Set<BlobID> = []

  /// Whether nothing is wrong.
  public var isComplete: Bool {
    !differs && opened + erased == expected && missing.isEmpty && undecryptable.isEmpty
      && missingAttachments.isEmpty
  }

  mutating func add(_ batch: HistoryBatch, openedBy archive: Archive) {
    for (index, outcome) in archive.open(batch.records).enumerated() {
      let leaf = batch.firstLeaf + UInt64(index)
      switch outcome {
      case nil: missing.append(leaf)
      case .failure(let error): undecryptable.append(Timeline.Unreadable(leaf: leaf, reason: error))
      case .success(let entry):
        opened += 1
        guard case .message(let message) = entry else { continue }
        for attachment in message.attachments { blobs.insert(attachment.blob) }
      }
    }
  }

  /// What is not there and was erased is not missing.
  mutating func settle(_ history: History) {
    let absent = Set(history.absent)
    erased = UInt64(missing.filter { !absent.contains($0) }.count)
    missing = history.absent
  }

  /// Asks for every file that was referred to.
  mutating func checkAttachments(
    _ isThere: (BlobID) async throws(DeviceError) -> Bool
  ) async throws(DeviceError) {
    attachments = blobs.count
    for blob in blobs.sorted() where try await !isThere(blob) { missingAttachments.append(blob) }
  }
}

extension Device {
  /// Restores the history into a device that is thrown away, with nothing but the recovery key, and compares:
  /// what an app does before it says “backed up”.
  ///
  /// Nothing is added to the account, and no record is kept. This device is synchronised first.
  /// - Throws: `DeviceError.noSuchAccount` if it is not this account's recovery key, and as `sync()`;
  ///   `.historyRefused` if the relay shows the new device a history that breaks a rule.
  public func verifyRestore(
    with recoveryKey: consuming RecoveryKey
  ) async throws(DeviceError) -> RestoreReport {
    let keys = try asDeviceError(DeviceKeys(recoverySecret: recoveryKey.secret))
    return try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      guard log.recoveryDevice == keys.deviceID else { throw .noSuchAccount }
      let relay = try neededRelay()
      let sink = PassingStore()
      let device = try await Self.reading(account, as: keys, store: sink, relay: relay)
      sink.pass(to: { report, batch in report.add(batch, openedBy: device.archive) })
      try await device.pullEverything()
      var report = sink.report
      let tree = try device.progress().history.tree
      report.expected = tree.size
      report.settle(try device.progress().history)
      report.differs = try progress().history.tree != tree
      let account = account
      try await report.checkAttachments { (blob) async throws(DeviceError) in
        try await Self.asking { () async throws(RelayError) in
          try await relay.blob(blob, of: account) != nil
        }
      }
      return report
    }
  }

  /// What this device has of its history.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func restoreReport() async throws(DeviceError) -> RestoreReport {
    let store = try neededStore()
    var report = RestoreReport()
    report.expected = try progress().history.tree.size
    var leaf: UInt64 = 0
    while leaf < report.expected {
      let from = leaf
      let batches = try Self.storing { () throws(StoreError) in try store.batches(from: from, limit: 16) }
      guard !batches.isEmpty else { break }
      for batch in batches {
        report.add(batch, openedBy: archive)
        leaf = batch.firstLeaf + UInt64(batch.records.count)
      }
    }
    report.settle(try progress().history)
    try await report.checkAttachments { (blob) async throws(DeviceError) in
      try Self.storing { () throws(StoreError) in try store.blob(blob) } != nil
    }
    return report
  }
}
