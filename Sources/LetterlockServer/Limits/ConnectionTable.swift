#if Server
internal import Synchronization

/// How many connections there are, in all and from each address.
final class ConnectionTable: Sendable {
  private struct State {
    var count = 0
    var countByAddress: [ClientAddress: Int] = [:]
  }

  private let (total, share): (Int, Int)
  private let state = Mutex(State())

  /// A table.
  /// - Parameters:
  ///   - total: The connections of all clients together.
  ///   - share: The connections of an address.
  init(total: Int, share: Int) { (self.total, self.share) = (total, share) }

  /// How many connections there are.
  var count: Int { state.withLock { $0.count } }

  /// Counts a connection. Returns whether there may be one more.
  func open(from address: ClientAddress?) -> Bool {
    state.withLock { state in
      let own = address.flatMap { state.countByAddress[$0] } ?? 0
      guard state.count < total, address == nil || own < share else { return false }
      state.count += 1
      if let address { state.countByAddress[address] = own + 1 }
      return true
    }
  }

  /// Counts a connection no more, which was opened from this address.
  func close(from address: ClientAddress?) {
    state.withLock { state in
      state.count -= 1
      guard let address, let own = state.countByAddress[address] else { return }
      state.countByAddress[address] = own > 1 ? own - 1 : nil
    }
  }
}
#endif
