public import LetterlockFormat
public import LetterlockRelayKit
internal import Synchronization

/// A store that runs each write twice, as one does that finds at the end that another came first: what the first run
/// changed is gone.
public struct RepeatingRelayStore<Base: RelayStore>: RelayStore {
  private let base: Base

  /// A store over `base`.
  public init(_ base: Base) { self.base = base }

  /// Runs `body` once.
  public func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer { try await base.read(key, body) }

  /// Runs `body`, undoes what it changed, and runs it again.
  public func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    try? await base.write(key) { (rows) throws(RelayError) in
      _ = try body(rows)
      throw .unavailable("another transaction came first")
    }
    return try await base.write(key, body)
  }

  /// Removes messages that have expired.
  public func removeMessages(expiredBefore time: Int64) async throws(RelayError) {
    try await base.removeMessages(expiredBefore: time)
  }
}

/// A store that breaks down.
public final class FailingRelayStore<Base: RelayStore>: RelayStore {
  private let base: Base
  private let writesLeft = Mutex<Int?>(nil)

  /// A store over `base`, which works until it is told otherwise.
  public init(_ base: Base) { self.base = base }

  /// Commits so many writes more and none after them; nil lets it work again.
  public func fail(after count: Int?) { writesLeft.withLock { $0 = count } }

  /// Reads, always.
  public func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer { try await base.read(key, body) }

  /// Writes, unless it has broken down.
  public func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    try count()
    return try await base.write(key, body)
  }

  /// Removes messages that have expired, unless it has broken down.
  public func removeMessages(expiredBefore time: Int64) async throws(RelayError) {
    try count()
    try await base.removeMessages(expiredBefore: time)
  }

  private func count() throws(RelayError) {
    let isBroken = writesLeft.withLock { left in
      guard let count = left else { return false }
      left = count - 1
      return count <= 0
    }
    if isBroken { throw .unavailable("the store has broken down") }
  }
}
