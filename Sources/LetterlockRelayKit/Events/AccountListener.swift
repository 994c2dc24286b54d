internal import LetterlockFormat
internal import Synchronization

/// Waits for an account to go on, until it is closed, forgotten or its task is cancelled.
package final class AccountListener: Sendable {
  /// What a listener is woken for.
  package enum Signal: Hashable, Sendable {
    /// The account's rows have this version; nil if that is not known.
    case wentOn(version: UInt64?)
    /// For some time nothing has happened.
    case quiet
  }

  private let slot: ListenerSlot
  private let account: AccountID
  private let watch: AccountWatch

  init(_ slot: ListenerSlot, _ account: AccountID, _ watch: AccountWatch) {
    (self.slot, self.account, self.watch) = (slot, account, watch)
  }

  deinit { watch.forget(slot, of: account) }

  /// Returns what happened since it was asked before; waits if nothing did. Nil if it was closed.
  package func next() async -> Signal? { await slot.next() }

  /// Waits for nothing any more.
  package func close() { slot.close() }
}

/// What a listener is to be told, and whether it waits for it.
final class ListenerSlot: Sendable {
  private struct State {
    var signal: AccountListener.Signal?
    var isClosed = false
    /// How often the time was called since it was told something.
    var pulses = 0
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  func next() async -> AccountListener.Signal? {
    await withTaskCancellationHandler {
      while true {
        let (signal, isClosed) = state.withLock { state in
          defer { state.signal = nil }
          return (state.signal, state.isClosed)
        }
        if isClosed { return nil }
        if let signal { return signal }
        await wait()
      }
    } onCancel: {
      close()
    }
  }

  private func wait() async {
    await withCheckedContinuation { waiter in
      let isDue = state.withLock { state in
        if state.signal != nil || state.isClosed { return true }
        state.waiter = waiter
        return false
      }
      if isDue { waiter.resume() }
    }
  }

  func close() { wake { $0.isClosed = true } }

  func wentOn(_ version: UInt64?) {
    wake { state in
      state.signal = .wentOn(version: version)
      state.pulses = 0
    }
  }

  /// Calls the time. So many times without anything to tell are told as well.
  func pulse(of count: Int) {
    let isQuiet = state.withLock { state in
      state.pulses += 1
      guard state.pulses >= count else { return false }
      state.pulses = 0
      return state.signal == nil
    }
    if isQuiet { wake { $0.signal = $0.signal ?? .quiet } }
  }

  private func wake(_ change: (inout State) -> Void) {
    let waiter = state.withLock { state in
      change(&state)
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume()
  }
}
