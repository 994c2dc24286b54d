import LetterlockFormat
import Synchronization

@testable import LetterlockRelayKit

/// What a relay does to one device until it is taken back.
enum SimulatedLie: Sendable {
  /// It does not answer. This is no lie.
  case unreachable
  /// It loses requests or answers, so many of a hundred. This is no lie.
  case lossy(Int)
  /// It has lost the bytes of every file. This is no lie about anything else.
  case noFiles
  /// It shows what was there before, and takes nothing.
  case past(SimulatedService)
  /// It goes on with another history.
  case fork(SimulatedService)
  /// It withholds the newest entry of the log.
  case oldLog
  /// It shows another log.
  case log([LogEntry])
  /// It says that everything was erased.
  case erased(CompletedErasure)
  /// It says so, and its own clock says that the order has not waited.
  case hastilyErased(CompletedErasure)
  /// It says that it knows neither the account nor the caller.
  case gone
  /// It signs for an empty history.
  case empty
  /// It signs for newest records that it does not show.
  case floor(Checkpoint)
  /// It withholds records.
  case holes
  /// It withholds wraps.
  case noWraps

  /// Whether an honest relay does so too.
  var isHonest: Bool {
    switch self {
    case .unreachable, .lossy, .noFiles: true
    default: false
    }
  }

  var name: String { Mirror(reflecting: self).children.first?.label ?? "\(self)" }
}

/// What becomes of one device's requests, over all processes that open the device.
final class SimulatedNetwork: Sendable {
  private struct State {
    var lie: SimulatedLie?
    var generator: SeededGenerator
  }

  let server: SimulatedServer
  let turnstile: Turnstile
  private let state: Mutex<State>

  init(_ server: SimulatedServer, _ turnstile: Turnstile, seed: UInt64) {
    (self.server, self.turnstile) = (server, turnstile)
    state = Mutex(State(generator: SeededGenerator(seed: seed)))
  }

  var lie: SimulatedLie? {
    get { state.withLock { $0.lie } }
    set { state.withLock { $0.lie = newValue } }
  }

  /// Whether a request, or its answer, is lost.
  func draw() -> (request: Bool, answer: Bool) {
    state.withLock { state in
      guard case .lossy(let share) = state.lie else { return (false, false) }
      let (first, second) = (state.generator.next() % 100, state.generator.next() % 2)
      let isLost = first < UInt64(share)
      return (isLost && second == 0, isLost && second == 1)
    }
  }

  /// Who answers.
  func relay(isWriting: Bool) throws(RelayError) -> any Relay {
    switch lie {
    case .unreachable: throw .unavailable("unreachable")
    case .gone: throw .unknownAccount
    case .past(let relay):
      if isWriting { throw .unavailable("nothing is written") }
      return RelayRoute.reaching(relay, by: .process)
    case .fork(let relay): return RelayRoute.reaching(relay, by: .process)
    default: return RelayRoute.reaching(server.current, by: .process)
    }
  }
}

/// A process's way to the relay: it waits before each call, and can end at each.
final class SimulatedLine: Sendable {
  let network: SimulatedNetwork
  let crash: CrashPoint

  init(_ network: SimulatedNetwork, _ crash: CrashPoint) { (self.network, self.crash) = (network, crash) }

  private static let dead = RelayError.unavailable("The simulated process has ended.")

  func call<Answer: Sendable>(
    _ name: String, isWriting: Bool = false, _ body: (any Relay) async throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    await network.turnstile.pass(name)
    guard !crash.isDead else { throw Self.dead }
    var endsAfter = false
    if isWriting {
      let step = crash.begin("relay.\(name)")
      guard step.takesEffect else { throw Self.dead }
      endsAfter = step.endsAfter
    }
    let lost = network.draw()
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
    try await call("appendLogEntry", isWriting: true) { (relay) async throws(RelayError) in
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
      try await relay.append(signedBatch, records: records, erasing: leafIndices, to: account, as: caller)
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
      guard case .empty = network.lie else { return page }
      let known = page.checkpoint
      let empty = try Checkpoint(
        account: account, treeSize: 0, treeRoot: HistoryTree().root, logHead: known.logHead, at: known.time,
        by: network.server.service.key)
      return HistoryPage(batches: [], checkpoint: empty)
    }
  }

  func newestRecords(
    _ query: StreamQuery, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamPage {
    try await call("newestRecords") { (relay) async throws(RelayError) in
      let page = try await relay.newestRecords(query, of: account, as: caller)
      return lying(about: page)
    }
  }

  func newestStreams(
    before leaf: UInt64, limit: Int, knownSize: UInt64, of account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) -> StreamListing {
    try await call("newestStreams") { (relay) async throws(RelayError) in
      let listing = try await relay.newestStreams(
        before: leaf, limit: limit, knownSize: knownSize, of: account, as: caller)
      return StreamListing(page: lying(about: listing.page), sizes: listing.sizes)
    }
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
