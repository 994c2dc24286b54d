/// Why a device is woken up.
public enum WakeUp: Hashable, Sendable {
  /// The relay has something of the account that the device has not.
  case news
  /// The relay tells this device nothing any more, and says why: the last of all wake-ups. `Device.sync()` finds out what it
  /// means for the device.
  case refused(RelayError)
}

/// When a device is to synchronise, as its relay tells.
///
/// It ends after `WakeUp.refused(_:)`, when the relay closes, and with its task.
public struct WakeUps: AsyncSequence, Sendable {
  /// A reason to synchronise.
  public typealias Element = WakeUp
  /// Nothing is thrown: what the relay refuses is the last element.
  public typealias Failure = Never

  private let view: AccountView
  private let progress: SyncProgress
  private let relay: any EventRelay

  init(_ view: AccountView, _ progress: SyncProgress, _ relay: any EventRelay) {
    (self.view, self.progress, self.relay) = (view, progress, relay)
  }

  /// Reads the wake-ups in order.
  public struct AsyncIterator: AsyncIteratorProtocol {
    private let wakeUps: WakeUps
    private var events: RelayEvents.AsyncIterator?

    fileprivate init(_ wakeUps: WakeUps) {
      self.wakeUps = wakeUps
      events = wakeUps.events.makeAsyncIterator()
    }

    /// Returns when there is something to synchronise; nil when there will be nothing more.
    public mutating func next() async -> WakeUp? {
      do throws(RelayError) {
        while let event = try await events?.next() {
          if wakeUps.isNews(event) { return .news }
        }
        return nil
      } catch {
        events = nil
        return .refused(error)
      }
    }
  }

  /// Begins to listen.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }

  /// What the relay tells, beginning with what the device does not have.
  private var events: RelayEvents {
    relay.events(of: view.account, after: known, as: .device(view.keys))
  }

  /// What the device has.
  private var known: AccountPosition {
    // A store that cannot be read will say so when the device synchronises.
    AccountPosition(
      entryCount: view.log.nextIndex, recordCount: (try? progress.current().history.tree.size) ?? 0)
  }

  /// Whether an event tells of something that the device does not have. What it has sent itself is none.
  private func isNews(_ event: AccountEvent) -> Bool {
    let known = known
    return switch event {
    case .log(let count): count != known.entryCount
    case .history(let count): count != known.recordCount
    }
  }
}

extension Device {
  /// Returns when this device is to synchronise, at once if the relay has something that it has not; nil if it has no relay,
  /// or one that cannot tell.
  ///
  /// ```swift
  /// if let wakeUps = device.wakeUps() {
  ///   for await _ in wakeUps { try await device.sync() }
  /// }
  /// ```
  ///
  /// What the relay tells is not signed, and nothing that a device relies on: a relay that tells nothing is found out by the
  /// next synchronisation, so an app makes one from time to time all the same.
  public func wakeUps() -> WakeUps? {
    parts.services.relay.relay?.events.map { WakeUps(state.view, parts.services.progress, $0) }
  }
}
