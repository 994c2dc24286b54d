internal import Synchronization

/// Which calls of a wrapper fail, and when.
public struct PlannedFailure: Hashable, Sendable {
  /// Which calls fail, counted from 1 on since the failure was planned.
  public enum Calls: Hashable, Sendable {
    /// One call.
    case call(Int)
    /// A call and all that follow, as when the disk is full or the process has ended.
    case from(Int)
  }

  /// Which calls are counted.
  public enum Kind: Hashable, Sendable {
    /// Every call.
    case every
    /// Calls that change something.
    case changes
  }

  /// When a call fails.
  public enum Moment: Hashable, Sendable {
    /// Before it has had an effect: nothing is kept.
    case beforeEffect
    /// After it has had its effect: everything is kept, and the caller does not learn of it.
    case afterEffect
  }

  /// Which calls fail.
  public let calls: Calls
  /// When they fail.
  public let moment: Moment
  /// Which calls are counted.
  public let kind: Kind

  /// Creates a plan.
  public init(_ calls: Calls, _ moment: Moment, counting kind: Kind = .every) {
    self.calls = calls
    self.moment = moment
    self.kind = kind
  }

  fileprivate func fails(_ number: Int) -> Bool {
    switch calls {
    case .call(let failing): number == failing
    case .from(let first): number >= first
    }
  }
}

/// Counts the calls of a wrapper, and says which of them fail.
final class FailureCounter: Sendable {
  private struct State {
    var plan: PlannedFailure?
    var callCount = 0
    var failureCount = 0
  }

  private let state = Mutex(State())

  func plan(_ failure: PlannedFailure?) { state.withLock { $0 = State(plan: failure) } }

  func stop() { state.withLock { $0.plan = nil } }

  var callCount: Int { state.withLock { $0.callCount } }

  var failureCount: Int { state.withLock { $0.failureCount } }

  /// Counts a call. Returns when it fails; nil if it does not.
  func count(_ kind: PlannedFailure.Kind) -> PlannedFailure.Moment? {
    state.withLock { state in
      guard let plan = state.plan, plan.kind == .every || kind == .changes else { return nil }
      state.callCount += 1
      guard plan.fails(state.callCount) else { return nil }
      state.failureCount += 1
      return plan.moment
    }
  }
}
