import Synchronization

/// The end of a simulated process: at one of its durable steps, before or after the step takes effect. Nothing that the
/// process does after that has an effect.
final class CrashPoint: Sendable {
  enum Moment: CaseIterable, Sendable {
    case before
    case after
  }

  private struct State {
    var plan: (steps: Int, moment: Moment)?
    /// The step at which it ends, by its name.
    var namedPlan: (step: String, moment: Moment)?
    var isDead = false
    /// The step at which it died.
    var place: String?
    /// What another process does before a step of this name.
    var interruption: (step: String, body: @Sendable () -> Void)?

    mutating func end(at step: String, _ moment: Moment) -> (takesEffect: Bool, endsAfter: Bool) {
      (plan, namedPlan, isDead, place) = (nil, nil, true, "\(step) \(moment)")
      return (moment == .after, moment == .after)
    }
  }

  private let state = Mutex(State())

  /// Lets the process end after so many durable steps from now.
  func plan(after steps: Int, _ moment: Moment) { state.withLock { $0.plan = (steps, moment) } }

  /// Lets the process end at the next durable step of a name.
  func plan(at step: String, _ moment: Moment) { state.withLock { $0.namedPlan = (step, moment) } }

  /// Lets another process come before the next durable step of a name.
  func interrupt(before step: String, _ body: @escaping @Sendable () -> Void) {
    state.withLock { $0.interruption = (step, body) }
  }

  private func takeInterruption(_ step: String) -> (@Sendable () -> Void)? {
    state.withLock { state in
      guard let interruption = state.interruption, interruption.step == step else { return nil }
      state.interruption = nil
      return interruption.body
    }
  }

  /// Takes a plan back.
  func cancel() { state.withLock { ($0.plan, $0.namedPlan) = (nil, nil) } }

  /// Ends the process now.
  func kill(at place: String) {
    state.withLock { state in
      guard !state.isDead else { return }
      (state.isDead, state.place) = (true, place)
    }
  }

  var isDead: Bool { state.withLock { $0.isDead } }
  var place: String? { state.withLock { $0.place } }

  /// Counts a durable step. Returns whether it takes effect, and whether the process ends after it.
  func begin(_ step: String) -> (takesEffect: Bool, endsAfter: Bool) {
    state.withLock { state in
      guard !state.isDead else { return (false, false) }
      if let plan = state.namedPlan, plan.step == step { return state.end(at: step, plan.moment) }
      guard let plan = state.plan else { return (true, false) }
      guard plan.steps == 0 else {
        state.plan = (plan.steps - 1, plan.moment)
        return (true, false)
      }
      return state.end(at: step, plan.moment)
    }
  }

  /// Takes a durable step.
  func step<Answer, Failure: Error>(
    _ name: String, or failure: Failure, _ body: () throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    takeInterruption(name)?()
    let (takesEffect, endsAfter) = begin(name)
    guard takesEffect else { throw failure }
    let answer = try body()
    if endsAfter { throw failure }
    return answer
  }

  /// Reads, which a process that has ended does not.
  func reading<Answer, Failure: Error>(
    or failure: Failure, _ body: () throws(Failure) -> Answer
  ) throws(Failure) -> Answer {
    guard !isDead else { throw failure }
    return try body()
  }
}
