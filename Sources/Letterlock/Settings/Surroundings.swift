internal import Synchronization

/// What an app says of what holds around its device.
final class Surroundings: Sendable {
  private let source = Mutex<(any SyncSurroundings)?>(nil)

  /// Asks `source` from here on.
  func observe(_ source: any SyncSurroundings) { self.source.withLock { $0 = source } }

  /// Returns what holds at this moment; nothing is known before the app has said whom to ask.
  func state() async -> SurroundingsState {
    guard let source = source.withLock({ $0 }) else { return SurroundingsState() }
    return await source.state()
  }
}
