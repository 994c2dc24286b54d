#if Server
internal import Synchronization

/// The streams of events that a server has open, so that all end when it is told to end.
final class OpenStreams: Sendable {
  private struct State {
    var isOver = false
    var closers: [UInt64: @Sendable () -> Void] = [:]
    var nextNumber: UInt64 = 0
  }

  private let state = Mutex(State())

  /// A stream that is open for as long as this is kept.
  final class Entry: Sendable {
    private let streams: OpenStreams
    private let number: UInt64

    fileprivate init(_ streams: OpenStreams, _ number: UInt64) {
      (self.streams, self.number) = (streams, number)
    }

    deinit { streams.state.withLock { $0.closers[number] = nil } }
  }

  /// Adds a stream, and what ends it, which is done at once if all have ended.
  func add(_ close: @escaping @Sendable () -> Void) -> Entry {
    let (number, isOver) = state.withLock { state in
      state.nextNumber &+= 1
      if !state.isOver { state.closers[state.nextNumber] = close }
      return (state.nextNumber, state.isOver)
    }
    if isOver { close() }
    return Entry(self, number)
  }

  /// Ends all of them, and those that are still to come.
  func end() {
    let closers = state.withLock { state in
      state.isOver = true
      return Array(state.closers.values)
    }
    for close in closers { close() }
  }
}
#endif
