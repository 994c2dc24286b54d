import CryptoCore
import LetterlockTestKit

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// An account whose relay was restored from a backup: after it two devices wrote, one of which was removed.
struct LostAccount {
  /// The relay that goes on.
  let relay: InMemoryRelay
  let backup: InMemoryRelay
  /// As it was at the backup.
  let before: TestAccount
  var account: TestAccount
  let friend: DeviceKeys
  let thief: DeviceKeys
  /// The newest checkpoint that the thief has seen.
  let seenByThief: Checkpoint
  private let batchesSeenByThief: [HistoryBatch]

  init(relay: InMemoryRelay? = nil) async throws {
    self.relay = try relay ?? InMemoryRelay(policy: .patient)
    (friend, thief) = (try DeviceKeys(), try DeviceKeys())
    var account = try await TestAccount(at: self.relay)
    try await account.add(friend, at: self.relay)
    try await account.add(thief, at: self.relay)
    try await account.send([account.record(1), account.record(2)], to: self.relay)
    before = account
    backup = await self.relay.fork()
    try await account.send([account.record(3)], by: friend, to: self.relay)
    try await account.send([account.record(4)], by: thief, to: self.relay)
    seenByThief = try await account.newestCheckpoint(at: self.relay)
    batchesSeenByThief = try await self.relay.history(
      of: account.id, from: 2, maximumByteCount: 1 << 20, as: account.caller
    ).batches
    let (removal, wraps) = try account.removal(of: [thief], keeping: [friend])
    try await account.send(removal, wraps, to: self.relay)
    try await account.send([account.record(5)], erasing: [2], by: friend, to: self.relay)
    self.account = account
  }

  var restored: RestoredRelay<MemoryRelayStore> { RestoredRelay(backup) }

  /// What the relay lost.
  func part() async throws -> LostPart {
    let entries = try await relay.logEntries(of: account.id, from: before.log.nextIndex, as: account.caller)
    let history = try await relay.history(
      of: account.id, from: 2, maximumByteCount: 1 << 20, as: account.caller)
    return LostPart(entries: entries, batches: history.batches, checkpoint: history.checkpoint)
  }

  /// What the relay lost, as the thief has it.
  var partOfThief: LostPart {
    LostPart(entries: [], batches: batchesSeenByThief, checkpoint: seenByThief)
  }

  /// What a relay has of the account: its newest head, and its tree.
  func state(of relay: any Relay) async throws -> Checkpoint {
    try await relay.history(of: account.id, from: .max, maximumByteCount: 0, as: account.caller).checkpoint
  }

  /// Why a part is refused; nil if it is taken.
  func refusal(_ part: LostPart, as caller: RelayCaller? = nil) async -> RelayError? {
    do throws(RelayError) {
      _ = try await restored.takeBack(part, of: account.id, as: caller ?? account.caller)
      return nil
    } catch { return error }
  }
}
