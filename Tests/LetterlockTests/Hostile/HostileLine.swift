@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
import TLSCodec

/// One device's way to a relay, on which everything can happen to everything, drawn from a seed.
actor HostileLine: Relay {
  /// A lie that lasts until it is taken back.
  enum Lie: Sendable {
    /// Another log.
    case log([LogEntry])
    /// Everything was erased.
    case erased(CompletedErasure)
    /// The account, or the caller, is not known.
    case gone
    /// A checkpoint for newest records that are not shown.
    case floor(Checkpoint)
    /// What was there before; nothing is written.
    case past(InMemoryRelay)
  }

  private var honest: InMemoryRelay
  /// How it is reached.
  private var backing: any Relay
  private var lie: Lie?
  /// Set while the relay takes back what it lost.
  private var restored: (any Relay)?
  private var generator: SeededGenerator
  /// How many of a hundred calls are tampered with.
  private var malice = 0
  private var plots: [HistoryBatch] = []
  /// How many of the next pages bring one of them, whatever the malice.
  private var plotsLeft = 0
  /// The head of the log that is shown, if not the newest.
  private var shownHead: LogHead?
  /// Pages of streams of the past.
  private var streamHoard: [StreamPage] = []
  /// Checkpoints and batches of the past, and of another account, to answer with.
  private var hoard: [HistoryPage] = []
  private let stranger: AccountID
  /// A device of each account, as which everything can be read: a relay that lies minds no callers.
  private let insiders: [AccountID: RelayCaller]

  init(
    _ backing: InMemoryRelay, stranger: AccountID, insiders: [AccountID: RelayCaller], seed: UInt64
  ) {
    honest = backing
    self.backing = RelayRoute.reaching(backing, by: .process)
    self.stranger = stranger
    self.insiders = insiders
    generator = SeededGenerator(seed: seed)
  }

  func turn(to relay: InMemoryRelay) {
    honest = relay
    backing = RelayRoute.reaching(relay, by: .process)
  }
  func tell(_ lie: Lie?) { self.lie = lie }
  func restore(from backup: InMemoryRelay) {
    turn(to: backup)
    restored = RelayRoute.reaching(RestoredRelay(backup), by: .process)
  }
  func reopen() { restored = nil }

  /// What is read.
  private var shown: any Relay {
    if case .past(let relay) = lie { return RelayRoute.reaching(relay, by: .process) }
    return backing
  }

  private func checkLie(isWriting: Bool = false) throws(RelayError) {
    switch lie {
    case .erased(let order): throw .accountErased(order)
    case .gone: throw .unknownAccount
    case .past: if isWriting { throw .unavailable("nothing is written") }
    case .log, .floor, nil: break
    }
  }

  func takeBack(
    _ part: LostPart, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint? {
    try await restored?.takeBack(part, of: account, as: caller)
  }
  func behave(malice: Int) {
    self.malice = malice
    if malice == 0 { shownHead = nil }
  }
  /// Adds what a removed device made to what may be shown, and hides its removal if that came after a head.
  func conspire(_ batches: [HistoryBatch], hidingAfter head: LogHead?) {
    plots += batches
    (plotsLeft, shownHead) = (2, head)
  }

  private func reader(of account: AccountID, for caller: RelayCaller) -> RelayCaller {
    malice > 0 ? insiders[account] ?? caller : caller
  }

  private func draw(_ count: Int) -> Int? {
    guard Int.random(in: 0..<100, using: &generator) < malice else { return nil }
    return Int.random(in: 0..<count, using: &generator)
  }

  func checkpointKey(as caller: RelayCaller) async throws(RelayError) -> [UInt8] {
    try await backing.checkpointKey(as: caller)
  }

  func createAccount(_ entry: LogEntry, wraps: [StoredWrap], as caller: RelayCaller) async throws(RelayError)
  {
    try await backing.createAccount(entry, wraps: wraps, as: caller)
  }

  func account(recoveredBy device: DeviceID, as caller: RelayCaller) async throws(RelayError) -> AccountID? {
    draw(2) == 0 ? stranger : try await backing.account(recoveredBy: device, as: caller)
  }

  func logEntries(of account: AccountID, from index: UInt64, as caller: RelayCaller) async throws(RelayError)
    -> [LogEntry]
  {
    if case .gone = lie { throw .unknownAccount }
    if case .log(let log) = lie { return Array(log.dropFirst(Int(index))) }
    var entries = try await shown.logEntries(of: account, from: index, as: reader(of: account, for: caller))
    if let end = entries.firstIndex(where: { $0.head == shownHead }) { entries = Array(entries[...end]) }
    switch draw(7) {
    case 0: throw .unavailable("dropped")
    case 1: return Array(entries.dropLast())
    case 2: return Array(entries.dropFirst())
    case 3: return entries.reversed()
    case 4: return entries + entries
    case 5:
      return (try? await backing.logEntries(of: stranger, from: index, as: reader(of: stranger, for: caller)))
        ?? []
    case 6: return entries + (entries.last.flatMap { try? RelayForger.entry(after: $0) }.map { [$0] } ?? [])
    default: return entries
    }
  }

  func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    try checkLie(isWriting: true)
    if let restored {
      return try await restored.appendLogEntry(entry, wraps: wraps, to: account, as: caller)
    }
    let fault = draw(3)
    if fault == 0 { throw .unavailable("dropped") }
    try await backing.appendLogEntry(entry, wraps: wraps, to: account, as: caller)
    if fault == 1 { throw .unavailable("answer dropped") }
    if fault == 2 { try await backing.appendLogEntry(entry, wraps: wraps, to: account, as: caller) }
  }

  func hold(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) -> Timestamp {
    try await backing.hold(account, as: caller)
  }

  func release(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) {
    try await backing.release(account, as: caller)
  }

  func wrap(of account: AccountID, epoch: UInt64, for device: DeviceID, as caller: RelayCaller)
    async throws(RelayError) -> [UInt8]?
  {
    try checkLie()
    let wrap = try await shown.wrap(
      of: account, epoch: epoch, for: device, as: reader(of: account, for: caller))
    switch draw(3) {
    case 0: return nil
    case 1: return wrap.map { $0.flipping(&generator) }
    case 2: throw .unavailable("dropped")
    default: return wrap
    }
  }

  func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID,
    as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome {
    try checkLie(isWriting: true)
    if let restored {
      return try await restored.append(
        signedBatch, records: records, erasing: leafIndices, to: account, as: caller)
    }
    let fault = draw(4)
    if fault == 0 { throw .unavailable("dropped") }
    let outcome = try await backing.append(
      signedBatch, records: records, erasing: leafIndices, to: account, as: caller)
    switch fault {
    case 1: throw .unavailable("answer dropped")
    case 2:
      return try await backing.append(
        signedBatch, records: records, erasing: leafIndices, to: account, as: caller)
    case 3:
      let checkpoint = hoard.randomElement(using: &generator)?.checkpoint ?? outcome.checkpoint
      return BatchOutcome(firstLeaf: outcome.firstLeaf, checkpoint: checkpoint)
    default: return outcome
    }
  }

  func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> HistoryPage {
    try checkLie()
    let page = try await shown.history(
      of: account, from: leaf, maximumByteCount: maximumByteCount, as: reader(of: account, for: caller))
    hoard.append(page)
    let old = hoard.randomElement(using: &generator) ?? page
    func with(_ batches: [HistoryBatch]) -> HistoryPage {
      HistoryPage(batches: batches, checkpoint: page.checkpoint, consistency: page.consistency)
    }
    let isPlotting = plotsLeft > 0 || draw(4) == 0
    plotsLeft = max(0, plotsLeft - 1)
    if isPlotting, let plot = plots.randomElement(using: &generator),
      let forger = try? await RelayForger(honest, account: account, as: reader(of: account, for: caller)),
      let plotted = try? forger.page(adding: plot, from: leaf, head: shownHead)
    {
      return plotted
    }
    switch draw(20) {
    case 0: throw .unavailable("dropped")
    case 1: return with(page.batches + page.batches)
    case 2: return with(page.batches.reversed())
    case 3: return with(page.batches.map(flipped))
    case 4: return with(page.batches.map { $0.putting(nil, at: $0.firstLeaf) })
    case 5:
      return HistoryPage(batches: page.batches, checkpoint: old.checkpoint, consistency: old.consistency)
    case 6: return with(Array(page.batches.dropFirst()))
    case 7: return with([])
    case 8: return old
    case 9: return with(old.batches)
    case 10:
      // Something of another history, where this one ends.
      let end = page.batches.last.map { $0.firstLeaf + UInt64($0.records.count) } ?? leaf
      return with(
        page.batches
          + old.batches.suffix(1).map {
            $0.replacing($0.records, at: end)
          })
    case 11:
      return
        (try? await backing.history(
          of: stranger, from: leaf, maximumByteCount: maximumByteCount, as: reader(of: stranger, for: caller)))
        ?? page
    case let trick?:
      // What the line makes next, it draws from its own numbers.
      var generator = generator
      defer { self.generator = generator }
      let forger = try? await RelayForger(honest, account: account, as: reader(of: account, for: caller))
      return (try? forger?.page(RelayForger.Trick.allCases[trick - 12], from: leaf, &generator)) ?? page
    default: return page
    }
  }

  func newestRecords(_ query: StreamQuery, of account: AccountID, as caller: RelayCaller)
    async throws(RelayError) -> StreamPage
  {
    try checkLie()
    return try meddle(
      with: try await shown.newestRecords(query, of: account, as: reader(of: account, for: caller)))
  }

  func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamListing {
    try checkLie()
    let listing = try await shown.newestStreams(
      before: leaf, limit: limit, knownSize: knownSize, of: account, as: reader(of: account, for: caller))
    return StreamListing(page: try meddle(with: listing.page), sizes: draw(2) == 0 ? [] : listing.sizes)
  }

  private func meddle(with page: StreamPage) throws(RelayError) -> StreamPage {
    if case .floor(let checkpoint) = lie {
      return StreamPage(
        checkpoint: checkpoint, consistency: nil, batches: [], proof: LeavesProof(nodes: LeafHashes()),
        hasOlder: false)
    }
    streamHoard.append(page)
    let old = streamHoard.randomElement(using: &generator) ?? page
    func with(
      _ batches: [PartialBatch], _ checkpoint: Checkpoint? = nil, _ consistency: ConsistencyProof?? = nil,
      hasOlder: Bool? = nil
    ) -> StreamPage {
      StreamPage(
        checkpoint: checkpoint ?? page.checkpoint, consistency: consistency ?? page.consistency,
        batches: batches,
        proof: page.proof, hasOlder: hasOlder ?? page.hasOlder)
    }
    switch draw(11) {
    case 0: throw .unavailable("dropped")
    case 1: return old
    case 2: return with(page.batches + page.batches)
    case 3: return with(page.batches.reversed())
    case 4: return with(Array(page.batches.dropFirst()))
    case 5: return with(old.batches)
    case 6: return with(page.batches, old.checkpoint, old.consistency)
    case 7: return with(page.batches, nil, .some(nil))
    case 8: return with([], hasOlder: !page.hasOlder)
    case 9: return with(page.batches, hasOlder: !page.hasOlder)
    case 10: return (try? StreamPage(decoding: page.encoded.flipping(&generator))) ?? page
    default: return page
    }
  }

  private func flipped(_ batch: HistoryBatch) -> HistoryBatch {
    batch.replacing(batch.records.map { $0.map { $0.flipping(&generator) } })
  }

  func beginBlob(_ upload: BlobUpload, of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> UInt64
  {
    try await backing.beginBlob(upload, of: account, as: caller)
  }

  func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8], as caller: RelayCaller
  ) async throws(RelayError) {
    try await backing.writeBlob(blob, of: account, at: offset, bytes, as: caller)
  }

  func blob(_ blob: BlobID, of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> BlobUpload?
  {
    try await backing.blob(blob, of: account, as: caller)
  }

  func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8] {
    try await backing.readBlob(blob, of: account, at: offset, byteCount: byteCount, as: caller)
  }

  func blobs(of account: AccountID, after blob: BlobID?, as caller: RelayCaller) async throws(RelayError)
    -> [RelayBlob]
  {
    try await backing.blobs(of: account, after: blob, as: caller)
  }

  func removeBlobs(_ removal: BlobRemoval, of account: AccountID, as caller: RelayCaller)
    async throws(RelayError)
  {
    try await backing.removeBlobs(removal, of: account, as: caller)
  }

  func post(_ message: [UInt8], to mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) {
    try await backing.post(message, to: mailbox, as: caller)
  }

  func messages(in mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) -> [[UInt8]] {
    try await backing.messages(in: mailbox, as: caller)
  }

  func pendingErasure(of account: AccountID, as caller: RelayCaller) async throws(RelayError)
    -> PendingErasure?
  {
    try await backing.pendingErasure(of: account, as: caller)
  }

  func eraseAccount(_ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller)
    async throws(RelayError) -> PendingErasure?
  {
    try await backing.eraseAccount(erasure, of: account, as: caller)
  }

  func usage(of account: AccountID, as caller: RelayCaller) async throws(RelayError) -> RelayUsage {
    try await backing.usage(of: account, as: caller)
  }
}

extension [UInt8] {
  /// The same with one bit turned.
  fileprivate func flipping(_ generator: inout SeededGenerator) -> [UInt8] {
    guard !isEmpty else { return self }
    var bytes = self
    bytes[Int.random(in: bytes.indices, using: &generator)] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    return bytes
  }
}
