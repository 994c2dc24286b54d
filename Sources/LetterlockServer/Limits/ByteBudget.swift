#if Server
internal import Synchronization

/// The bytes that a process keeps for its clients at most: bodies as they come, and answers until they are sent.
///
/// Whoever finds no room waits for some, and gets none if it waits too long.
final class ByteBudget: Sendable {
  private struct Waiter {
    let number: UInt64
    let byteCount: Int
    let address: ClientAddress?
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State {
    var used = 0
    var usedByAddress: [ClientAddress: Int] = [:]
    var waiters: [Waiter] = []
    var nextNumber: UInt64 = 0
  }

  private let (total, share): (Int, Int)
  private let longestWait: Duration
  private let clock: ServerClock
  private let state = Mutex(State())

  /// A budget.
  /// - Parameters:
  ///   - total: For all clients together.
  ///   - share: For the clients of an address.
  init(total: Int, share: Int, longestWait: Duration, clock: ServerClock) {
    (self.total, self.share, self.longestWait, self.clock) = (total, share, longestWait, clock)
  }

  /// How many bytes are in use.
  var usedByteCount: Int { state.withLock { $0.used } }

  /// Room that someone has, and gives back when it goes.
  final class Room: Sendable {
    private let budget: ByteBudget
    private let address: ClientAddress?
    private let held = Mutex(0)

    fileprivate init(_ budget: ByteBudget, _ address: ClientAddress?) {
      (self.budget, self.address) = (budget, address)
    }

    deinit { budget.give(back: held.withLock { $0 }, address) }

    /// Waits for room for more bytes. Returns whether there is.
    func grow(by byteCount: Int) async -> Bool {
      guard byteCount > 0 else { return true }
      guard await budget.take(byteCount, address) else { return false }
      held.withLock { $0 += byteCount }
      return true
    }

    /// Counts what is there already, whether there is room or not: then others wait.
    func hold(atLeast byteCount: Int) {
      let more = held.withLock { held in
        let more = max(0, byteCount - held)
        held += more
        return more
      }
      budget.takeAnyway(more, address)
    }
  }

  /// No room yet, for a client.
  func room(for address: ClientAddress?) -> Room { Room(self, address) }

  private func fits(_ byteCount: Int, _ address: ClientAddress?, _ state: State) -> Bool {
    let own = address.flatMap { state.usedByAddress[$0] } ?? 0
    // Sums of counts of bytes in memory.
    return byteCount <= total - state.used && (address == nil || byteCount <= share - own)
  }

  private func add(_ byteCount: Int, _ address: ClientAddress?, _ state: inout State) {
    state.used += byteCount
    if let address { state.usedByAddress[address, default: 0] += byteCount }
  }

  private func takeAnyway(_ byteCount: Int, _ address: ClientAddress?) {
    state.withLock { add(byteCount, address, &$0) }
  }

  private func take(_ byteCount: Int, _ address: ClientAddress?) async -> Bool {
    if state.withLock({ takeNow(byteCount, address, &$0) }) { return true }
    var timer: Task<Void, Never>?
    let isThere = await withCheckedContinuation { continuation in
      let number = state.withLock { state -> UInt64? in
        if takeNow(byteCount, address, &state) { return nil }
        state.nextNumber &+= 1
        state.waiters.append(
          Waiter(
            number: state.nextNumber, byteCount: byteCount, address: address, continuation: continuation))
        return state.nextNumber
      }
      guard let number else { return continuation.resume(returning: true) }
      timer = Task { [clock, longestWait, weak self] in
        do { try await clock.sleep(longestWait) } catch { return }
        self?.giveUp(number)
      }
    }
    timer?.cancel()
    return isThere
  }

  private func takeNow(_ byteCount: Int, _ address: ClientAddress?, _ state: inout State) -> Bool {
    guard fits(byteCount, address, state) else { return false }
    add(byteCount, address, &state)
    return true
  }

  private func giveUp(_ number: UInt64) {
    let waiter = state.withLock { state -> Waiter? in
      guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
      return state.waiters.remove(at: index)
    }
    waiter?.continuation.resume(returning: false)
  }

  private func give(back byteCount: Int, _ address: ClientAddress?) {
    let ready = state.withLock { state -> [Waiter] in
      state.used -= byteCount
      if let address, let own = state.usedByAddress[address] {
        state.usedByAddress[address] = own > byteCount ? own - byteCount : nil
      }
      var (ready, others): ([Waiter], [Waiter]) = ([], [])
      for waiter in state.waiters {
        if takeNow(waiter.byteCount, waiter.address, &state) {
          ready.append(waiter)
        } else {
          others.append(waiter)
        }
      }
      state.waiters = others
      return ready
    }
    for waiter in ready { waiter.continuation.resume(returning: true) }
  }
}
#endif
