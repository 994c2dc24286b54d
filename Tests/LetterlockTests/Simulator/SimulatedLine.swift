import LetterlockFormat

@testable import LetterlockRelayKit

/// A process's way to the relay: it waits before each call, and can end at each.
final class SimulatedLine: Sendable {
  let network: SimulatedNetwork
  let crash: CrashPoint

  init(_ network: SimulatedNetwork, _ crash: CrashPoint) { (self.network, self.crash) = (network, crash) }

  private static let dead = RelayError.unavailable("The simulated process has ended.")
  /// The call that sends an entry of the log.
  static let entry = "appendLogEntry"

  func call<Answer: Sendable>(
    _ name: String, isWriting: Bool = false, sending entry: LogEntry? = nil,
    _ body: (any Relay) async throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    await network.turnstile.pass(name)
    guard !crash.isDead else { throw Self.dead }
    if let entry { network.note(entry) }
    var endsAfter = false
    if isWriting {
      let step = crash.begin("relay.\(name)")
      guard step.takesEffect else { throw Self.dead }
      endsAfter = step.endsAfter
    }
    let lost = network.draw(name)
    if lost.request { throw .unavailable("the request is lost") }
    let answer = try await body(try network.relay(isWriting: isWriting))
    if endsAfter || crash.isDead { throw Self.dead }
    if lost.answer { throw .unavailable("the answer is lost") }
    return answer
  }
}

/// The log, the history, and what keeps others from writing.
extension SimulatedLine: Relay {
  func checkpointKey(as caller: RelayCaller) async throws(RelayError) -> [UInt8] {
    try await call("checkpointKey") { (relay) async throws(RelayError) in
      try await relay.checkpointKey(as: caller)
    }
  }

  func createAccount(
    _ entry: LogEntry, wraps: [StoredWrap], as caller: RelayCaller
  ) async throws(RelayError) {
    try await call("createAccount", isWriting: true) { (relay) async throws(RelayError) in
      try await relay.createAccount(entry, wraps: wraps, as: caller)
    }
  }

  func account(recoveredBy device: DeviceID, as caller: RelayCaller) async throws(RelayError) -> AccountID? {
    try await call("account") { (relay) async throws(RelayError) in
      try await relay.account(recoveredBy: device, as: caller)
    }
  }

  func logEntries(
    of account: AccountID, from index: UInt64, as caller: RelayCaller
  ) async throws(RelayError) -> [LogEntry] {
    try await call("logEntries") { (relay) async throws(RelayError) in
      if case .log(let log) = network.lie { return Array(log.dropFirst(Int(clamping: index))) }
      let entries = try await relay.logEntries(of: account, from: index, as: caller)
      if case .oldLog = network.lie { return Array(entries.dropLast()) }
      return entries
    }
  }

  func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    try await call(Self.entry, isWriting: true, sending: entry) { (relay) async throws(RelayError) in
      try await relay.appendLogEntry(entry, wraps: wraps, to: account, as: caller)
    }
  }

  func hold(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) -> Timestamp {
    try await call("hold", isWriting: true) { (relay) async throws(RelayError) in
      try await relay.hold(account, as: caller)
    }
  }

  func release(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) {
    try await call("release", isWriting: true) { (relay) async throws(RelayError) in
      try await relay.release(account, as: caller)
    }
  }

  func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8]? {
    try await call("wrap") { (relay) async throws(RelayError) in
      if case .noWraps = network.lie { return nil }
      return try await relay.wrap(of: account, epoch: epoch, for: device, as: caller)
    }
  }

  func append(
    _ signedBatch: SignedBatch, records: [[UInt8]], erasing leafIndices: [UInt64], to account: AccountID,
    as caller: RelayCaller
  ) async throws(RelayError) -> BatchOutcome {
    try await call("append", isWriting: true) { (relay) async throws(RelayError) in
      if case .beginning(let size) = network.lie {
        let first = network.taken.last?.endLeaf ?? size
        network.take(
          HistoryBatch(firstLeaf: first, signedBatch: signedBatch, erasing: leafIndices, records: records))
        let page = try await hiding(what: size, from: first, of: account, relay, caller)
        return BatchOutcome(firstLeaf: first, checkpoint: page.checkpoint)
      }
      return try await relay.append(
        signedBatch, records: records, erasing: leafIndices, to: account, as: caller)
    }
  }

  func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> HistoryPage {
    try await call("history") { (relay) async throws(RelayError) in
      switch network.lie {
      case .erased(let order), .hastilyErased(let order): throw .accountErased(order)
      default: break
      }
      let page = try await relay.history(
        of: account, from: leaf, maximumByteCount: maximumByteCount, as: caller)
      if case .holes = network.lie {
        return HistoryPage(
          batches: page.batches.map { $0.putting(nil, at: $0.firstLeaf) }, checkpoint: page.checkpoint,
          consistency: page.consistency)
      }
      guard case .beginning(let size) = network.lie else { return page }
      return try await hiding(what: size, from: leaf, of: account, relay, caller)
    }
  }

  /// A whole history, signed for, that has the first records and what the device wrote after them.
  private func hiding(
    what size: UInt64, from leaf: UInt64, of account: AccountID, _ relay: any Relay, _ caller: RelayCaller
  ) async throws(RelayError) -> HistoryPage {
    let whole = try await relay.history(of: account, from: 0, maximumByteCount: .max, as: caller)
    let batches = whole.batches.filter { $0.endLeaf <= size } + network.taken
    var nodes = HistoryNodes()
    for batch in batches { nodes.append(batch.leafHashes) }
    let end = batches.last?.endLeaf ?? 0
    let checkpoint = try Checkpoint(
      account: account, treeSize: end, treeRoot: nodes.root(at: end) ?? HistoryTree().root,
      logHead: whole.checkpoint.logHead, at: whole.checkpoint.time, by: network.server.service.key)
    return HistoryPage(batches: batches.filter { $0.endLeaf > leaf }, checkpoint: checkpoint)
  }

  func newestRecords(
    _ query: StreamQuery, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamPage {
    try await call("newestRecords") { (relay) async throws(RelayError) in
      let page = try await promising(relay).newestRecords(query, of: account, as: caller)
      return lying(about: page)
    }
  }

  func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamListing {
    try await call("newestStreams") { (relay) async throws(RelayError) in
      let listing = try await promising(relay).newestStreams(
        before: leaf, limit: limit, knownSize: knownSize, of: account, as: caller)
      return StreamListing(page: lying(about: listing.page), sizes: listing.sizes)
    }
  }

  /// Who answers what is newest.
  private func promising(_ relay: any Relay) -> any Relay {
    guard case .promise(let other) = network.lie else { return relay }
    return other
  }

  private func lying(about page: StreamPage) -> StreamPage {
    guard case .floor(let checkpoint) = network.lie else { return page }
    return StreamPage(
      checkpoint: checkpoint, consistency: nil, batches: [], proof: LeavesProof(nodes: LeafHashes()),
      hasOlder: false)
  }
}

/// Files, mailboxes, and the end of an account.
extension SimulatedLine {
  private func checkFiles() throws(RelayError) {
    if case .noFiles = network.lie { throw .corrupted("files") }
  }

  func beginBlob(
    _ upload: BlobUpload, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> UInt64 {
    try await call("beginBlob", isWriting: true) { (relay) async throws(RelayError) in
      try checkFiles()
      return try await relay.beginBlob(upload, of: account, as: caller)
    }
  }

  func writeBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, _ bytes: [UInt8], as caller: RelayCaller
  ) async throws(RelayError) {
    try await call("writeBlob", isWriting: true) { (relay) async throws(RelayError) in
      try checkFiles()
      try await relay.writeBlob(blob, of: account, at: offset, bytes, as: caller)
    }
  }

  func blob(
    _ blob: BlobID, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> BlobUpload? {
    try await call("blob") { (relay) async throws(RelayError) in
      try checkFiles()
      return try await relay.blob(blob, of: account, as: caller)
    }
  }

  func readBlob(
    _ blob: BlobID, of account: AccountID, at offset: UInt64, byteCount: Int, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8] {
    try await call("readBlob") { (relay) async throws(RelayError) in
      try checkFiles()
      return try await relay.readBlob(blob, of: account, at: offset, byteCount: byteCount, as: caller)
    }
  }

  func blobs(
    of account: AccountID, after blob: BlobID?, as caller: RelayCaller
  ) async throws(RelayError) -> [RelayBlob] {
    try await call("blobs") { (relay) async throws(RelayError) in
      try await relay.blobs(of: account, after: blob, as: caller)
    }
  }

  func removeBlobs(
    _ removal: BlobRemoval, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    try await call("removeBlobs", isWriting: true) { (relay) async throws(RelayError) in
      try await relay.removeBlobs(removal, of: account, as: caller)
    }
  }

  func post(_ message: [UInt8], to mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) {
    try await call("post", isWriting: true) { (relay) async throws(RelayError) in
      try await relay.post(message, to: mailbox, as: caller)
    }
  }

  func messages(in mailbox: MailboxID, as caller: RelayCaller) async throws(RelayError) -> [[UInt8]] {
    try await call("messages") { (relay) async throws(RelayError) in
      try await relay.messages(in: mailbox, as: caller)
    }
  }

  func eraseAccount(
    _ erasure: AccountErasure, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure? {
    try await call("eraseAccount", isWriting: true) { (relay) async throws(RelayError) in
      try await relay.eraseAccount(erasure, of: account, as: caller)
    }
  }

  func pendingErasure(
    of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> PendingErasure? {
    try await call("pendingErasure") { (relay) async throws(RelayError) in
      try await relay.pendingErasure(of: account, as: caller)
    }
  }

  func usage(of account: AccountID, as caller: RelayCaller) async throws(RelayError) -> RelayUsage {
    try await call("usage") { (relay) async throws(RelayError) in
      try await relay.usage(of: account, as: caller)
    }
  }

  func takeBack(
    _ part: LostPart, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> Checkpoint? {
    try await call("takeBack", isWriting: true) { (relay) async throws(RelayError) in
      try await relay.takeBack(part, of: account, as: caller)
    }
  }
}
