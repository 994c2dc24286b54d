import Letterlock
import LetterlockFormat
import LetterlockRelayKit
import TLSCodec

/// A relay that can be told to lie, to fail, or to lose its answer.
actor MeddlingRelay: Relay {
  /// Where an entry that is being appended gets lost.
  enum Loss {
    case request
    case answer
  }

  private(set) var honest: InMemoryRelay
  /// How the honest one is reached.
  private var way: any Relay
  /// Set while the relay takes back what it lost.
  private var restored: (any Relay)?
  private var loss: Loss?
  private var erasure: CompletedErasure?
  private var order: PendingErasure?
  private var logs: [AccountID: [LogEntry]] = [:]
  private var letters: [[UInt8]] = []
  private var change: (@Sendable (HistoryPage) -> HistoryPage)?
  private var pagesLeft: Int?
  private var streams: (@Sendable (StreamPage) -> StreamPage)?
  private var wraps: (@Sendable ([UInt8]?) -> [UInt8]?)?
  private var lead: AccountID?
  /// A device as which logs are read, whoever asks.
  private var insider: RelayCaller?
  /// A device as which histories are read, whoever asks.
  private var reader: RelayCaller?
  private var historyOf: (any Relay)?
  private var before: (@Sendable (LogEntry) async throws -> RelayError?)?
  private var lies = false
  private var beforePage: (@Sendable () async throws -> Void)?
  private var afterPage: (@Sendable () async throws -> Void)?
  private var beforeBatch: (@Sendable () async throws -> Void)?
  /// Every signed batch that was brought, whether it was taken or not.
  private(set) var brought: [SignedBatch] = []
  private var refused: Set<BlobID> = []
  /// Runs before each call about an account's log, wraps or history.
  private var beforeCall: (@Sendable (RelayCaller) throws -> Void)?
  private var batchLoss: Loss?
  private var beforeBatchBody: (@Sendable () async throws -> Void)?

  private var blobChange: (@Sendable (UInt64, [UInt8]) async -> [UInt8])?
  /// How many bytes of attachments went through, either way.
  private(set) var blobByteCount = 0
  private var blobLimit = Int.max
  private var listing: (@Sendable (RelayBlob) -> RelayBlob)?

  init(_ honest: InMemoryRelay) {
    self.honest = honest
    way = RelayRoute.reaching(honest)
  }

  /// Goes on with what a backup had, and takes nothing new.
  func restore(from backup: InMemoryRelay) {
    turn(to: backup)
    restored = RelayRoute.reaching(RestoredRelay(backup))
  }
  /// Takes new records again.
  func reopen() { restored = nil }

  func takeBack(
    _ part: LostPart, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint? {
    try await restored?.takeBack(part, of: account, as: caller)
  }

  /// Goes on with another relay behind it.
  func turn(to relay: InMemoryRelay) {
    honest = relay
    way = RelayRoute.reaching(relay)
  }
  /// Loses the next entry, or the answer to it.
  func lose(_ loss: Loss) { self.loss = loss }
  /// Shows another log.
  func show(_ log: [LogEntry], of account: AccountID) { logs[account] = log }
  /// Puts a letter before all others, into every mailbox.
  func forge(_ letter: [UInt8]) { letters.append(letter) }
  /// Shows other pages.
  func alter(_ change: @escaping @Sendable (HistoryPage) -> HistoryPage) { self.change = change }
  /// Gives so many pages of one batch each, and then no more.
  func interrupt(after pages: Int) { pagesLeft = pages }
  /// Shows other pages of streams.
  func alterStreams(_ change: @escaping @Sendable (StreamPage) -> StreamPage) { streams = change }
  /// Gives other wraps.
  func alterWraps(_ change: @escaping @Sendable ([UInt8]?) -> [UInt8]?) { wraps = change }
  /// Leads every recovery key to one account.
  func lead(to account: AccountID, of insider: RelayCaller) { (lead, self.insider) = (account, insider) }
  /// Gives histories to whoever asks, as to this device.
  func giveHistory(asTo reader: RelayCaller) { self.reader = reader }
  /// Shows the history of another relay.
  func showHistory(of relay: InMemoryRelay) { historyOf = RelayRoute.reaching(relay) }
  /// Does something before the next entry comes in, and refuses the entry if that gives an error.
  func beforeEntry(_ body: @escaping @Sendable (LogEntry) async throws -> RelayError?) { before = body }
  /// Loses the next signed batch, or the answer to it.
  func loseBatch(_ loss: Loss) { batchLoss = loss }
  /// Does something before the next signed batch comes in.
  func beforeBatch(_ body: @escaping @Sendable () async throws -> Void) { beforeBatchBody = body }
  /// Takes the next entry, and says that it was overtaken.
  func denyNextEntry() { lies = true }
  /// Says that everything was erased.
  func pretendErased(by order: AccountErasure, waiting: UInt64 = CompletedErasure.coolingOff) throws {
    let named = order.checkpoint
    erasure = CompletedErasure(
      order: order,
      final: try Checkpoint(
        account: named.account, treeSize: named.treeSize, treeRoot: named.treeRoot, logHead: named.logHead,
        at: named.time + waiting, by: honest.key))
  }
  /// Shows an order to erase everything.
  func claim(_ order: PendingErasure) { self.order = order }
  /// Shows other bytes of attachments.
  func alterBlobs(_ change: @escaping @Sendable (UInt64, [UInt8]) async -> [UInt8]) { blobChange = change }
  /// Lists other attachments.
  func alterListing(_ change: @escaping @Sendable (RelayBlob) -> RelayBlob) { listing = change }
  /// Begins to count the bytes of attachments, and breaks down when so many went through.
  func countBlobBytes(failingAfter limit: Int = .max) { (blobByteCount, blobLimit) = (0, limit) }
  /// Does something before the next page of the history is read.
  func beforePage(_ body: @escaping @Sendable () async throws -> Void) { beforePage = body }
  /// Does something before each call about an account's log, wraps or history; if that fails, there is no answer.
  func beforeEachCall(_ body: @escaping @Sendable (RelayCaller) throws -> Void) { beforeCall = body }
  private func called(by caller: RelayCaller) throws(RelayError) {
    do { try beforeCall?(caller) } catch { throw .unavailable("no answer") }
  }
  /// Does something before the next signed batch that erases comes in.
  func beforeErasing(_ body: @escaping @Sendable () async throws -> Void) { beforeBatch = body }
  /// Does something after the next page of the history is read, and before it is given.
  func afterPage(_ body: @escaping @Sendable () async throws -> Void) { afterPage = body }
  /// Takes and gives nothing of an attachment.
  func refuse(_ blob: BlobID) { refused.insert(blob) }
  /// Is honest again.
  func behave() {
    (erasure, order, beforePage, afterPage, beforeBatch) = (nil, nil, nil, nil, nil)
    (refused, beforeCall) = ([], nil)
    (loss, logs, letters, change, wraps, streams) = (nil, [:], [], nil, nil, nil)
    (lead, insider, reader, historyOf, before, lies) = (nil, nil, nil, nil, nil, false)
    pagesLeft = nil
    (blobChange, blobLimit, listing) = (nil, .max, nil)
  }

  private func count(_ bytes: [UInt8]) throws(RelayError) {
    guard blobByteCount < blobLimit else { throw .unavailable("broken") }
    blobByteCount += bytes.count
  }

  func checkpointKey(as caller: RelayCaller) async throws(RelayError) -> [UInt8] {
    try await way.checkpointKey(as: caller)
  }

  func createAccount(_ entry: LogEntry, wraps: [StoredWrap], as caller: RelayCaller) async throws(RelayError)
  {
    try await way.createAccount(entry, wraps: wraps, as: caller)
  }

  func account(recoveredBy device: DeviceID, as caller: RelayCaller) async throws(RelayError) -> AccountID? {
    try called(by: caller)
    if let lead { return lead }
    return try await way.account(recoveredBy: device, as: caller)
  }

  func logEntries(of account: AccountID, from index: UInt64, as caller: RelayCaller) async throws(RelayError)
    -> [LogEntry]
  {
    try called(by: caller)
    if let log = logs[account] { return Array(log.dropFirst(Int(index))) }
    return try await way.logEntries(of: account, from: index, as: insider ?? caller)
  }

  func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    try called(by: caller)
    if let before {
      self.before = nil
      if let error = try? await before(entry) { throw error }
    }
    if let restored {
      return try await restored.appendLogEntry(entry, wraps: wraps, to: account, as: caller)
    }
    let (loss, lies) = (self.loss, self.lies)
    (self.loss, self.lies) = (nil, false)
    if loss == .request { throw .unavailable("lost") }
    try await way.appendLogEntry(entry, wraps: wraps, to: account, as: caller)
    if loss == .answer { throw .unavailable("lost") }
    if lies { throw .staleLogHead(newest: entry.content.predecessor) }
  }

  func hold(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) -> Timestamp {
    try called(by: caller)
    return try await way.hold(account, as: caller)
  }

  func release(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) {
    try called(by: caller)
    try await way.release(account, as: caller)
  }

  func wrap(of account: AccountID, epoch: UInt64, for device: DeviceID, as caller: RelayCaller)
    async throws(RelayError) -> [UInt8]?
  {
    try called(by: caller)
    let wrap = try await way.wrap(of: account, epoch: epoch, for: device, as: caller)
    return wraps.map { $0(wrap) } ?? wrap
  }

  func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID,
    as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome {
    if let body = beforeBatchBody {
      beforeBatchBody = nil
      do { try await body() } catch { throw .internalError("\(error)") }
    }
    let loss = batchLoss
    batchLoss = nil
    if loss == .request { throw .unavailable("lost") }
    brought.append(signedBatch)
    if let beforeBatch, !leafIndices.isEmpty {
      self.beforeBatch = nil
      do { try await beforeBatch() } catch { throw .internalError("\(error)") }
    }
    if let restored {
      return try await restored.append(
        signedBatch, records: records, erasing: leafIndices, to: account, as: caller)
    }
    let outcome = try await way.append(
      signedBatch, records: records, erasing: leafIndices, to: account, as: caller)
    if loss == .answer { throw .unavailable("lost") }
    return outcome
  }

  func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> HistoryPage {
    try called(by: caller)
    if let erasure { throw .accountErased(erasure) }
    if let beforePage {
      self.beforePage = nil
      do { try await beforePage() } catch { throw .internalError("\(error)") }
    }
    if let left = pagesLeft {
      guard left > 0 else { throw .unavailable("interrupted") }
      pagesLeft = left - 1
    }
    let page = try await (historyOf ?? way).history(
      of: account, from: leaf, maximumByteCount: pagesLeft == nil ? maximumByteCount : 1, as: reader ?? caller
    )
    if let afterPage {
      self.afterPage = nil
      do { try await afterPage() } catch { throw .internalError("\(error)") }
    }
    return change?(page) ?? page
  }

  func newestRecords(_ query: StreamQuery, of account: AccountID, as caller: RelayCaller)
    async throws(RelayError) -> StreamPage
  {
    let page = try await way.newestRecords(query, of: account, as: caller)
    return streams?(page) ?? page
  }

  func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamListing {
    let listing = try await way.newestStreams(
      before: leaf, limit: limit, knownSize: knownSize, of: account, as: caller)
    return StreamListing(page: streams?(listing.page) ?? listing.page, sizes: listing.sizes)
  }

  func beginBlob(_ upload: BlobUpload, of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> UInt64
  {
    guard !refused.contains(upload.blob) else { throw .corrupted("damaged") }
    return try await way.beginBlob(upload, of: account, as: caller)
  }

  func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8], as caller: RelayCaller
  ) async throws(RelayError) {
    try count(bytes)
    try await way.writeBlob(blob, of: account, at: offset, bytes, as: caller)
  }

  func blob(_ blob: BlobID, of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> BlobUpload?
  {
    guard !refused.contains(blob) else { throw .corrupted("damaged") }
    return try await way.blob(blob, of: account, as: caller)
  }

  func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8] {
    let bytes = try await way.readBlob(blob, of: account, at: offset, byteCount: byteCount, as: caller)
    try count(bytes)
    return await blobChange?(offset, bytes) ?? bytes
  }

  func blobs(of account: AccountID, after blob: BlobID?, as caller: RelayCaller) async throws(RelayError)
    -> [RelayBlob]
  {
    let blobs = try await way.blobs(of: account, after: blob, as: caller)
    return listing.map { blobs.map($0) } ?? blobs
  }

  func removeBlobs(_ removal: BlobRemoval, of account: AccountID, as caller: RelayCaller)
    async throws(RelayError)
  {
    try await way.removeBlobs(removal, of: account, as: caller)
  }

  func post(_ message: [UInt8], to mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) {
    try await way.post(message, to: mailbox, as: caller)
  }

  func messages(in mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) -> [[UInt8]] {
    letters + (try await way.messages(in: mailbox, as: caller))
  }

  func pendingErasure(of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> PendingErasure?
  {
    if let order { return order }
    return try await way.pendingErasure(of: account, as: caller)
  }

  func eraseAccount(_ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller)
    async throws(RelayError) -> PendingErasure?
  {
    try await way.eraseAccount(erasure, of: account, as: caller)
  }

  func usage(of account: AccountID, as caller: RelayCaller) async throws(RelayError) -> RelayUsage {
    try await way.usage(of: account, as: caller)
  }
}
