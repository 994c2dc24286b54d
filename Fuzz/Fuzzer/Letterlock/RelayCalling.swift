import CryptoCore
import Foundation
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockTestKit
import Synchronization
import TLSCodec

/// Every operation of a relay, by anyone, with anything: whoever is refused changes nothing, nobody outside the account
/// gets anything of it, and the rows fit each other afterwards.
struct RelayCalling: FuzzTarget {
  private let stage: RelayStage

  init() throws { stage = try wait { try await RelayStage() }.get() }

  var seeds: [[UInt8]] { (0..<RelayStage.operationCount).map { [UInt8($0), 0, 0, UInt8($0), 5, 0, 0] } }

  mutating func run(_ input: [UInt8]) {
    let stage = stage
    let outcome = wait { try await stage.play(Choices(input)) }
    if case .failure(let error) = outcome { require(false, "\(error)") }
  }
}

/// Runs what is asynchronous where the caller can wait.
func wait<Answer: Sendable>(
  _ body: @escaping @Sendable () async throws -> Answer
) -> Result<Answer, any Error> {
  let (done, kept) = (DispatchSemaphore(value: 0), Kept<Answer>())
  Task.detached {
    do {
      let answer = try await body()
      kept.keep(.success(answer))
    } catch { kept.keep(.failure(error)) }
    done.signal()
  }
  done.wait()
  return kept.result ?? .failure(CancellationError())
}

private final class Kept<Answer: Sendable>: Sendable {
  private let value = Mutex<Result<Answer, any Error>?>(nil)
  var result: Result<Answer, any Error>? { value.withLock { $0 } }
  func keep(_ result: Result<Answer, any Error>) { value.withLock { $0 = result } }
}

/// A clock that shows what it is told.
private final class StageClock: Sendable {
  private let time = Mutex<Int64>(0)
  var now: Timestamp { Timestamp(nanosecondsSince1970: time.withLock { $0 }) }
  func set(to nanoseconds: Int64) { time.withLock { $0 = nanoseconds } }
  func advance(bySeconds seconds: Int64) { time.withLock { $0 &+= seconds &* 1_000_000_000 } }
}

/// A relay with an account and callers of every kind, and requests that are right once.
private struct RelayStage: Sendable {
  static let operationCount = 24
  private static let start: Int64 = 1_700_000_000_000_000_000

  private let relay: InMemoryRelay
  private let clock: StageClock
  private let scene: AccessScene
  private let entries: [(entry: LogEntry, wraps: [StoredWrap])]
  private let batches: [(batch: SignedBatch, records: [[UInt8]])]
  private let uploads: [BlobUpload]
  private let removals: [BlobRemoval]
  private let orders: [AccountErasure]

  init() async throws {
    let clock = StageClock()
    clock.set(to: Self.start)
    self.clock = clock
    relay = try InMemoryRelay { clock.now }
    let scene = try await AccessScene(at: relay)
    self.scene = scene
    let (account, other) = (scene.account, scene.other)
    guard let checkpoint = account.checkpoint else { throw CancellationError() }
    entries = try Self.entries(account, other)
    batches = try [account.keys, other, account.recovery].map { author in
      let records = [account.record(3), account.record(4)]
      return (try account.append(records, erasing: [], by: author), records)
    }
    uploads = [
      scene.begun, scene.complete, try account.upload(of: AccessScene.content),
      try account.upload(of: AccessScene.content, by: other), try account.upload(of: [], by: other),
    ]
    removals = try [account.keys, other].map { keys in
      try BlobRemoval(
        of: [scene.begun.blob, scene.complete.blob], knownCheckpoint: checkpoint, by: keys,
        account: account.id
      )
    }
    orders = try [account.keys, other, account.recovery, scene.stranger].map { keys in
      try AccountErasure(of: checkpoint, at: clock.now, by: keys)
    }
  }

  private static func entries(
    _ account: TestAccount, _ other: DeviceKeys
  ) throws -> [(entry: LogEntry, wraps: [StoredWrap])] {
    let (new, joiner, restored) = (try DeviceKeys(), try DeviceKeys(), try DeviceKeys())
    return [
      (try account.entry(.update(highestVersion: 1)), []),
      (try account.entry(.update(highestVersion: 1), by: other), []),
      (try account.entry(.update(highestVersion: 1), by: account.recovery), []),
      try account.removal(of: [other]),
      try account.epochEntry(for: [account.keys, other, account.recovery]) { .epoch($0) },
      try account.addition(of: joiner),
      try account.restoration(of: restored),
      (try account.announcement(of: new), []),
      (account.create, account.firstWraps),
    ]
  }

  /// Makes calls as long as there is input, and looks at what they leave.
  func play(_ choices: Choices) async throws {
    var choices = choices
    clock.set(to: Self.start)
    let relay = await relay.fork()
    for _ in 0..<16 where choices.hasMore {
      let operation = choices.below(Self.operationCount)
      if choices.below(4) == 0 {
        clock.advance(bySeconds: choices.element(of: [1, 61, 601, 259_201, -3600]))
      }
      let kind = choices.element(of: CallerKind.allCases)
      let before = try await rows(of: relay)
      do throws(RelayError) {
        try await call(operation, at: relay, as: scene.caller(kind), &choices)
        let isOutsider = [.anyone, .stranger, .foreigner].contains(kind)
        require(!isOutsider || Self.isForAnyone(operation), "\(kind) makes call \(operation)")
        let isFormer = [.removed, .replacedRecovery].contains(kind)
        require(
          !isFormer || Self.isForAnyone(operation) || operation == Self.readingOfLog,
          "\(kind) makes call \(operation)")
      } catch {
        switch error {
        case .unknownAccount:
          let after = try await rows(of: relay)
          require(after == before, "a call that was refused changes something")
        case .internalError, .corrupted: require(false, "call \(operation): \(error)")
        default: break
        }
      }
    }
    try await check(relay)
  }

  private typealias Contents = [RelayTable: [RelayRow]]

  private func rows(of relay: InMemoryRelay) async throws -> Contents {
    try await relay.store.read(.account(scene.account.id)) { (rows) throws(RelayError) in
      var contents: Contents = [:]
      for table in RelayTable.allCases where table.distributionColumn == "account" {
        contents[table] = try rows.all(in: table)
      }
      return contents
    }
  }

  private func check(_ relay: InMemoryRelay) async throws {
    let account = scene.account.id
    let problems = try await relay.store.read(.account(account)) { (rows) throws(RelayError) in
      try RelayAudit.problems(of: account, in: rows)
    }
    require(problems.isEmpty, problems.joined(separator: "; "))
    // Another process reads what this one has left.
    let again = RelayService(store: relay.store, key: relay.key) { [clock] in clock.now }
    do throws(RelayError) {
      _ = try await again.usage(of: account, as: scene.caller(.recovery))
    } catch {
      switch error {
      case .accountErased, .unknownAccount: break
      default: require(false, "the account cannot be read: \(error)")
      }
    }
  }
}

/// The operations.
extension RelayStage {
  private static func isForAnyone(_ operation: Int) -> Bool { operation < 5 }
  /// What a device that was removed may still do, to see that it was.
  private static let readingOfLog = 5

  private func call(
    _ operation: Int, at relay: InMemoryRelay, as caller: RelayCaller, _ choices: inout Choices
  ) async throws(RelayError) {
    let account = scene.account.id
    switch operation {
    case 0: _ = try await relay.checkpointKey(as: caller)
    case 1:
      let (entry, wraps) = entry(&choices)
      try await relay.createAccount(entry, wraps: wraps, as: caller)
    case 2: try await relay.post(choices.some(40), to: mailbox(&choices), as: caller)
    case 3: _ = try await relay.messages(in: mailbox(&choices), as: caller)
    case 4: try await lookUp(at: relay, as: caller, &choices)
    case Self.readingOfLog: try await readLog(at: relay, as: caller, &choices)
    case 6, 7, 8:
      let (entry, wraps) = entry(&choices)
      try await relay.appendLogEntry(entry, wraps: wraps, to: account, as: caller)
    case 9:
      let kind = choices.element(of: CallerKind.allCases)
      let device = scene.caller(kind).device ?? scene.account.keys.deviceID
      let wrap = try await relay.wrap(of: account, epoch: UInt64(choices.below(5)), for: device, as: caller)
      require(wrap == nil || caller.device == device, "another device's wrap")
    case 10: _ = try await relay.usage(of: account, as: caller)
    case 11: _ = try await relay.hold(account, as: caller)
    case 12: try await relay.release(account, as: caller)
    case 13: _ = try await relay.eraseAccount(order(&choices), of: account, as: caller)
    case 14: _ = try await relay.pendingErasure(of: account, as: caller)
    case 15: try await append(at: relay, as: caller, &choices)
    default: try await readOrUpload(operation, at: relay, as: caller, &choices)
    }
  }

  private func readOrUpload(
    _ operation: Int, at relay: InMemoryRelay, as caller: RelayCaller, _ choices: inout Choices
  ) async throws(RelayError) {
    let account = scene.account.id
    let blob = choices.element(of: uploads).blob
    switch operation {
    case 16:
      _ = try await relay.history(
        of: account, from: choices.size(), maximumByteCount: choices.flag() ? .max : choices.below(900),
        as: caller)
    case 17:
      let tag = StreamTag(unchecked: [UInt8](repeating: choices.byte(), count: 16))
      let query = StreamQuery(
        tags: [tag, tag], before: choices.size(), limit: UInt16(choices.byte()), knownSize: choices.size())
      _ = try await relay.newestRecords(query, of: account, as: caller)
    case 18:
      _ = try await relay.newestStreams(
        before: choices.size(), limit: Int(choices.byte()) - 9, knownSize: choices.size(), of: account,
        as: caller)
    case 19: _ = try await relay.beginBlob(upload(&choices), of: account, as: caller)
    case 20:
      let start = choices.element(of: [0, 50, 100])
      try await relay.writeBlob(
        blob, of: account, at: choices.flag() ? UInt64(start) : choices.size(),
        choices.flag() ? Array(AccessScene.content[start...]) : choices.some(60), as: caller)
    case 21: _ = try await relay.blob(blob, of: account, as: caller)
    case 22:
      _ = try await relay.readBlob(
        blob, of: account, at: choices.size(), byteCount: Int(truncatingIfNeeded: choices.size()), as: caller)
      _ = try await relay.blobs(of: account, after: choices.flag() ? blob : nil, as: caller)
    default:
      try await relay.removeBlobs(altered(choices.element(of: removals), &choices), of: account, as: caller)
    }
  }

  private func lookUp(
    at relay: InMemoryRelay, as caller: RelayCaller, _ choices: inout Choices
  ) async throws(RelayError) {
    let device = scene.caller(choices.element(of: CallerKind.allCases)).device ?? scene.stranger.deviceID
    let found = try await relay.account(recoveredBy: device, as: caller)
    require(found == nil || caller.device == device, "another device's account")
  }

  private func readLog(
    at relay: InMemoryRelay, as caller: RelayCaller, _ choices: inout Choices
  ) async throws(RelayError) {
    let start = choices.size()
    let entries = try await relay.logEntries(of: scene.account.id, from: start, as: caller)
    if caller == scene.caller(.removed) {
      require(
        entries.allSatisfy { $0.content.index <= scene.removal.content.index }, "entries after a removal")
    }
  }

  private func append(
    at relay: InMemoryRelay, as caller: RelayCaller, _ choices: inout Choices
  ) async throws(RelayError) {
    var (batch, records) = choices.element(of: batches)
    if choices.flag() {
      for place in records.indices { choices.alter(&records[place]) }
    }
    batch = altered(batch, &choices)
    let erasures = (0..<choices.below(3)).map { _ in choices.size() }
    _ = try await relay.append(batch, records: records, erasing: erasures, to: scene.account.id, as: caller)
  }

  private func entry(_ choices: inout Choices) -> (LogEntry, [StoredWrap]) {
    let (entry, wraps) = choices.element(of: entries)
    return (altered(entry, &choices), choices.below(4) == 0 ? Array(wraps.dropLast()) : wraps)
  }

  private func order(_ choices: inout Choices) -> AccountErasure {
    altered(choices.element(of: orders), &choices)
  }

  private func upload(_ choices: inout Choices) -> BlobUpload {
    altered(choices.element(of: uploads), &choices)
  }

  private func mailbox(_ choices: inout Choices) -> MailboxID {
    MailboxID(unchecked: [UInt8](repeating: choices.byte() & 1, count: 32))
  }

  /// A request as it is, or with some bytes changed.
  private func altered<Value: TLSCodable>(_ value: Value, _ choices: inout Choices) -> Value {
    guard choices.below(4) == 0 else { return value }
    var bytes = value.encoded
    choices.alter(&bytes)
    return (try? Value(decoding: bytes)) ?? value
  }
}
