#if Server
internal import LetterlockFormat
internal import Synchronization

/// The event streams that a process serves, by account. SPEC.md section 13.9.
final class EventStreams: Sendable {
  private struct Stream {
    let number: UInt64
    let device: DeviceID
    let end: @Sendable () -> Void
  }

  private struct State {
    /// Those of each account, the oldest first.
    var streams: [AccountID: [Stream]] = [:]
    var nextNumber: UInt64 = 0
  }

  private let (perDevice, perAccount): (Int, Int)
  private let state = Mutex(State())

  init(perDevice: Int, perAccount: Int) {
    (self.perDevice, self.perAccount) = (max(1, perDevice), max(1, perAccount))
  }

  /// How many streams there are.
  var count: Int { state.withLock { $0.streams.values.reduce(0) { $0 + $1.count } } }

  /// A stream, for as long as it is served.
  final class Ticket: Sendable {
    private let streams: EventStreams
    private let account: AccountID
    private let number: UInt64

    fileprivate init(_ streams: EventStreams, _ account: AccountID, _ number: UInt64) {
      (self.streams, self.account, self.number) = (streams, account, number)
    }

    deinit { streams.remove(number, of: account) }
  }

  /// Counts a stream, and ends the oldest ones that are too many with it.
  /// - Parameter end: Ends the stream. It is called once at most.
  func open(_ account: AccountID, _ device: DeviceID, end: @escaping @Sendable () -> Void) -> Ticket {
    let (number, ended) = state.withLock { state in
      var own = state.streams[account] ?? []
      var ended: [Stream] = []
      while own.count(where: { $0.device == device }) >= perDevice,
        let oldest = own.firstIndex(where: { $0.device == device })
      {
        ended.append(own.remove(at: oldest))
      }
      while own.count >= perAccount, !own.isEmpty { ended.append(own.removeFirst()) }
      state.nextNumber &+= 1
      own.append(Stream(number: state.nextNumber, device: device, end: end))
      state.streams[account] = own
      return (state.nextNumber, ended)
    }
    for stream in ended { stream.end() }
    return Ticket(self, account, number)
  }

  private func remove(_ number: UInt64, of account: AccountID) {
    state.withLock { state in
      let rest = (state.streams[account] ?? []).filter { $0.number != number }
      state.streams[account] = rest.isEmpty ? nil : rest
    }
  }
}
#endif
