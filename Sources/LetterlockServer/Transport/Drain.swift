#if Server
internal import Synchronization

/// Whether a server was told to stop.
final class DrainState: Sendable {
  private let begun = Atomic(false)

  var hasBegun: Bool { begun.load(ordering: .acquiring) }

  func begin() { begun.store(true, ordering: .releasing) }
}
#endif
