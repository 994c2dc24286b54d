internal import CryptoCore
package import SystemCore

/// A device that is only read: it never synchronises, seals nothing, and writes nothing, neither to its vault nor to its
/// store.
///
/// If the vault holds a request to join, or a restore, that is to take the place of a former device and is not finished, the
/// former device is the one that is read, until what it left is being taken along; `unfinished` says so.
///
/// For commands that only look, and for archives on a disk that cannot be written. Give it a store that stands still: a
/// `SQLiteDeviceStore(readingFrom:)` is one. It is opened before the vault is read, since a vault that is newer than
/// the store opens all that the store holds.
public final class ReadOnlyDevice: Sendable {
  /// The device's own identifier.
  public let id: DeviceID
  /// The account it belongs to.
  public let account: AccountID
  /// Opens messages.
  public let archive: Archive
  /// Whether one copy of the vault is damaged. The other was read; the next `Device` that opens the vault mends it.
  public let hasDamagedVault: Bool
  /// Why the vault does not open as a `Device`, `.joinUnfinished` or `.restoreUnfinished`, if the device that is read is a
  /// former one, whose place another one is about to take.
  public let unfinished: DeviceError?

  let view: AccountView
  let reading: DeviceReading
  let notes: DeviceNotes
  private let surroundings = Surroundings()

  /// Opens the device whose keys are in `vault`, to read what `store` holds.
  /// - Throws: `DeviceError.vaultEmpty` if there is none, `.joinUnfinished` or `.restoreUnfinished` if it is not part of
  ///   its account yet and takes no former one's place, or what the former one left is being taken along; `.vault` if the
  ///   keys cannot be read, `.store`.
  public init(vault: any KeyVault, store: any DeviceStore) throws(DeviceError) {
    let store = StoreConnection(store: UnwritableStore(store))
    let progress = SyncProgress(store)
    // The store first, then the vault.
    _ = try progress.current()
    let held = try vault.contents()
    let former = try held.readableFormer()
    let contents = former?.contents ?? held
    var state = try DeviceState(contents)
    hasDamagedVault = held.isDamaged
    unfinished = former == nil ? nil : held.stage.obstacle
    notes = DeviceNotes(store.store, signingSeed: state.keys.signingSeed, account: state.log.account)
    state.adopt(notes, version: contents.version)
    view = AccountView(state)
    (id, account, archive) = (view.device, view.account, view.archive)
    reading = DeviceReading(
      view, store: store, notes: notes, progress: progress, journal: Journal(notes, relay: nil),
      settings: DeviceSettings(notes), clock: DeviceClock(), surroundings: surroundings)
  }

  /// Whether the vault is older than the store: somebody put an old copy of it back. What was sealed under keys that the
  /// copy lacks cannot be read.
  public var isRolledBack: Bool { view.read { $0.isRolledBack } }
}

/// The account, and how the device stands.
extension ReadOnlyDevice {
  /// The account's log as this device knows it.
  public var log: AccountLog { view.log }

  /// The device as a relay's caller, for a command that asks the relay something and changes nothing.
  package var relayCaller: RelayCaller { .device(view.read { $0.keys }) }

  /// Every device that is, or was, part of the account, in the order in which they joined.
  /// - Throws: `DeviceError.store`.
  public func devices() throws(DeviceError) -> [AccountDevice] { try reading.directory.devices() }

  /// Lets an app say what holds around the device, for `status()`.
  public func observe(_ surroundings: any SyncSurroundings) { self.surroundings.observe(surroundings) }

  /// Says how the device stands. What no app says of its surroundings is not known.
  /// - Throws: `DeviceError.store`.
  public func status() async throws(DeviceError) -> DeviceStatus { try await reading.status.status() }

  /// What the person set on this device.
  /// - Throws: `DeviceError.store`.
  public func settings() throws(DeviceError) -> SyncSettings { try reading.status.settings.read() }

  /// Epochs whose secret this device does not have.
  public var unreadableEpochs: [UInt64] { view.unreadableEpochs }

  /// How many records wait to be sent.
  /// - Throws: `DeviceError.store`.
  public var waitingCount: Int { get throws(DeviceError) { try reading.status.waitingCount } }

  /// How many streams the relay can tell apart: one for each conversation and epoch.
  /// - Throws: `DeviceError.store`.
  public var streamCount: Int { get throws(DeviceError) { try reading.status.streamCount } }

  /// The two checkpoints of the relay that contradict each other; nil if there are none, or the person has decided.
  /// - Throws: `DeviceError.store`.
  public func evidence() throws(DeviceError) -> RelayEvidence? { try reading.status.evidence.kept() }

  /// Who erased the relay's copy, if this device knows of it.
  public var erasedBy: DeviceID? { view.erasedBy }

  /// Whether this is the account's recovery key, as far as the device has seen the log.
  /// - Throws: `DeviceError.noSuchAccount` if it is not.
  public func check(_ key: borrowing RecoveryKey) throws(DeviceError) { try view.check(key) }

  /// Whether the account's recovery key is here, because the app has not said that the person has it.
  public var hasRecoveryKeyToShow: Bool { view.hasRecoveryKeyToShow }

  /// Whether a recovery key was prepared that does not count yet.
  public var hasRecoveryKeyNotInForce: Bool { view.hasRecoveryKeyNotInForce }
}

/// The history.
extension ReadOnlyDevice {
  /// Reads the whole history, and keeps which records make which message.
  /// - Throws: `DeviceError.store`.
  public func timelineIndex() throws(DeviceError) -> TimelineIndex { try reading.timeline.index() }

  /// The history as it was at a snapshot.
  /// - Throws: `DeviceError.store`; `.historyRefused` if the history is not the one that was named.
  public func timelineIndex(at snapshot: Snapshot) throws(DeviceError) -> TimelineIndex {
    try reading.snapshots.index(at: snapshot)
  }

  /// Opens messages of an index, on all cores: as they are with every edit, retraction and deletion.
  /// - Throws: `DeviceError.archive` if a record does not open any more, `.store`.
  public func messages(
    _ references: some Collection<MessageReference>, of index: TimelineIndex
  ) throws(DeviceError) -> [Message] {
    try reading.timeline.messages(references, of: index)
  }

  /// Lends messages of an index to `body`, a page at a time, so that memory stays flat.
  /// - Parameter references: all of the index, in the order sent, if left out.
  /// - Throws: as `messages(_:of:)`, and what `body` throws.
  public func forEachMessage(
    _ references: [MessageReference]? = nil, of index: TimelineIndex, _ body: ([Message]) throws -> Void
  ) throws {
    try reading.timeline.forEachMessage(references, of: index, body)
  }

  /// Reads the whole history as people see it.
  /// - Throws: `DeviceError.store`.
  public func timeline() throws(DeviceError) -> Timeline { try reading.timeline.timeline() }

  /// Lends every message whose text holds all words of `line` to `body`, the newest in the history first, until `body`
  /// answers false. See `Device.search(_:_:)`.
  /// - Throws: `DeviceError.store`.
  @discardableResult
  public func search(
    _ line: String, _ body: (Message, TimelineIndex) -> Bool
  ) throws(DeviceError) -> TimelineIndex {
    try reading.search.search(line, body)
  }

  /// Whether the store has a file.
  package func isStored(_ blob: BlobID) throws(DeviceError) -> Bool { try reading.attachments.isStored(blob) }

  /// Goes through the whole history in order, then through what waits here.
  package func forEachEntry<Failure: Error>(
    _ body: (HistoryEntry) throws(Failure) -> Void
  ) throws(HistoryReadError<Failure>) {
    try reading.history.forEachEntry(body)
  }

  /// The snapshots of the history that this device has, in its order.
  /// - Throws: `DeviceError.store`.
  public func snapshots() throws(DeviceError) -> [Device.ListedSnapshot] { try reading.snapshots.snapshots() }

  /// What this device has of its history.
  /// - Throws: `DeviceError.store`.
  public func restoreReport() throws(DeviceError) -> RestoreReport { try reading.history.restoreReport() }
}

/// Attachments that are in the store.
extension ReadOnlyDevice {
  /// How much room attachments take on this device.
  /// - Throws: `DeviceError.store`.
  public func attachmentStorage() throws(DeviceError) -> AttachmentStorage { try reading.inventory.storage() }

  /// Reads a file back, part by part. That it is the very file that the message's author sealed, is certain when the
  /// call returns.
  /// - Throws: `DeviceError.attachmentUnreadable` if it is absent, altered or cut.
  public func read(
    _ attachment: Attachment, _ body: ([UInt8]) throws(DeviceError) -> Void
  ) throws(DeviceError) {
    try reading.attachments.read(attachment, body)
  }

  /// Writes a file to a path: it is there whole, verified and on disk when the call returns, or not at all. A regular
  /// file that is there is replaced; a link, a pipe or a device is not.
  /// - Throws: `DeviceError.attachmentUnreadable` if it is absent, altered or cut, `.attachmentNotWritten`.
  public func save(_ attachment: Attachment, to path: String) throws(DeviceError) {
    try reading.attachments.save(attachment, to: path)
  }

  /// Writes a file into one that is not in its place yet.
  package func save(_ attachment: Attachment, into file: OutputFile) throws(DeviceError) {
    try reading.attachments.write(attachment, into: file)
  }

  /// Opens a file of which parts are to be read.
  /// - Throws: `DeviceError.attachmentUnreadable` if it is absent, altered or cut.
  public func open(_ attachment: Attachment) async throws(DeviceError) -> AttachmentFile {
    try await AttachmentFile(
      attachment,
      in: AttachmentBytes(
        store: reading.attachments.store, relay: RelayConnection(relay: nil, account: account)))
  }
}
