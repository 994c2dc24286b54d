/// Reading the history.
extension Device {
  /// Reads the whole history, every author verified, and keeps which records make which message.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func timelineIndex() throws(DeviceError) -> TimelineIndex { try parts.reading.timeline.index() }

  /// Opens messages of an index, on all cores: as they are with every edit, retraction and deletion.
  /// - Throws: `DeviceError.historyChanged` if one of them was sent or erased since the index was made; `.archive`
  ///   if its record does not open any more, `.noStore`, `.store`.
  public func messages(
    _ references: some Collection<MessageReference>, of index: TimelineIndex
  ) throws(DeviceError) -> [Message] {
    try parts.reading.timeline.messages(references, of: index)
  }

  /// Lends messages of an index to `body`, a page at a time, so that memory stays flat.
  ///
  /// - Parameter references: all of the index, in the order sent, if left out.
  /// - Throws: as `messages(_:of:)`, and what `body` throws.
  public func forEachMessage(
    _ references: [MessageReference]? = nil, of index: TimelineIndex, _ body: ([Message]) throws -> Void
  ) throws {
    try parts.reading.timeline.forEachMessage(references, of: index, body)
  }

  /// Reads the whole history, every author verified, as people see it.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func timeline() throws(DeviceError) -> Timeline { try parts.reading.timeline.timeline() }

  /// Lends every message whose text holds all words of `line` to `body`, the newest in the history first, until `body`
  /// answers false.
  ///
  /// Case and accents do not count. A message that was edited is found by its newest text; a retracted one, or one in
  /// recently deleted, not at all. A subject is searched like the text. Nothing that is opened is kept.
  /// - Returns: The index of the history, which `body` gets too: titles, doubtful dates, and records that cannot be read.
  /// - Throws: `DeviceError.noStore`, `.store`.
  @discardableResult
  public func search(
    _ line: String, _ body: (Message, TimelineIndex) -> Bool
  ) throws(DeviceError) -> TimelineIndex {
    try parts.reading.search.search(line, body)
  }

  /// Goes through the whole history in order, then through what waits here. Records are opened on all cores.
  ///
  /// What the store holds was verified when it came: each message's author signed for it, so a message
  /// that one of the account's devices sealed as end-to-end encrypted is shown so.
  package func forEachEntry<Failure: Error>(
    _ body: (HistoryEntry) throws(Failure) -> Void
  ) throws(HistoryReadError<Failure>) {
    try parts.reading.history.forEachEntry(body)
  }

  /// Names the history as it is now, on every device. This device is synchronised first, and sends the name.
  /// - Throws: as `sync()`; `.historyRefused` if the history is not whole.
  public func createSnapshot(named name: String) async throws(DeviceError) -> Snapshot {
    try await parts.history.snapshots.create(named: name)
  }

  /// The snapshots of the history that this device has, in its order.
  /// - Throws: `DeviceError.noStore`, `.store`.
  public func snapshots() throws(DeviceError) -> [ListedSnapshot] { try parts.reading.snapshots.snapshots() }

  /// The history as it was at a snapshot, as people saw it: without what came later, and without what was erased since.
  /// - Throws: `DeviceError.noStore`, `.store`; `.historyRefused` if the history is not the one that was named.
  public func timelineIndex(at snapshot: Snapshot) throws(DeviceError) -> TimelineIndex {
    try parts.reading.snapshots.index(at: snapshot)
  }
}
