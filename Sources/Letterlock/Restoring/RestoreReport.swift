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
  /// Files that are not there, or are not what their messages name.
  public internal(set) var missingAttachments: [BlobID] = []
  /// Whether the history does not begin with the one that this device has.
  public internal(set) var differs = false
  private var files: [BlobID: Attachment] = [:]

  /// Whether nothing is wrong.
  public var isComplete: Bool {
    !differs && opened + erased == expected && missing.isEmpty && undecryptable.isEmpty
      && missingAttachments.isEmpty
  }

  mutating func add(_ batch: HistoryBatch, openedBy archive: Archive) {
    for (index, outcome) in archive.open(batch.records).enumerated() {
      let leaf = batch.leaf(of: index)
      switch outcome {
      case nil: missing.append(leaf)
      case .failure(let error): undecryptable.append(Timeline.Unreadable(leaf: leaf, reason: error))
      case .success(let entry):
        opened += 1
        for attachment in entry.attachments { files[attachment.blob] = attachment }
      }
    }
  }

  /// What is not there and was erased is not missing.
  mutating func settle(_ history: History) {
    let absent = Set(history.absent)
    erased = UInt64(missing.filter { !absent.contains($0) }.count)
    missing = history.absent
  }

  /// The files that were referred to.
  var referred: [Attachment] { files.values.sorted { $0.blob < $1.blob } }

  /// Notes which of the files that were referred to are not there.
  mutating func note(missing: [BlobID]) {
    attachments = files.count
    missingAttachments = missing
  }
}

extension HistoryReader {
  /// Returns what the device has of its history.
  func restoreReport() throws(DeviceError) -> RestoreReport {
    var report = RestoreReport()
    report.expected = try size
    var leaf: UInt64 = 0
    while leaf < report.expected {
      let batches = try batches(from: leaf, limit: 16)
      guard !batches.isEmpty else { break }
      for batch in batches {
        report.add(batch, openedBy: archive)
        leaf = batch.endLeaf
      }
    }
    report.settle(try verified)
    var missing: [BlobID] = []
    for blob in report.referred.map(\.blob) {
      try checkCancellation()
      if try store.use({ (store) throws(StoreError) in try store.blob(blob) }) == nil { missing.append(blob) }
    }
    report.note(missing: missing)
    return report
  }
}

extension Restoring {
  /// Reads the whole history and all files through a store that keeps nothing, and compares the history with what another
  /// device has.
  func report(
    through sink: PassingStore, comparedWith own: SyncProgress, files: AttachmentDownloads
  ) async throws(DeviceError) -> RestoreReport {
    let archive = state.view.archive
    sink.pass(to: { report, batch in report.add(batch, openedBy: archive) })
    try await puller.pull()
    var report = sink.report
    let history = try puller.history.progress.current().history
    report.expected = history.tree.size
    report.settle(history)
    // What others wrote since this device was brought up to date is no other history.
    let tree = try own.current().history.tree
    report.differs = !history.boundaries.contains { $0.size == tree.size && $0.root == tree.root }
    var missing: [BlobID] = []
    for attachment in report.referred {
      try checkCancellation()
      do throws(DeviceError) { try await files.check(attachment) } catch {
        guard error.isOfOneItem else { throw error }
        missing.append(attachment.blob)
      }
    }
    report.note(missing: missing)
    return report
  }
}
