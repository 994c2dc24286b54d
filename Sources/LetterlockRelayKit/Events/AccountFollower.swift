package import LetterlockFormat

/// Follows an account for one caller: what has come, and when nothing does. SPEC.md section 13.9.
package struct AccountFollower: Sendable {
  /// What happened.
  package enum Step: Sendable {
    /// Something came, after what was told before.
    case told(AccountPosition, after: AccountPosition?)
    /// Nothing came for some time.
    case quiet
  }

  private let relay: any ServedRelay
  private let account: AccountID
  private let caller: RelayCaller
  private let listener: AccountListener
  private var told: AccountPosition?
  private var hasBegun = false
  private var isOver = false

  /// Follows an account that `caller` was told of before.
  package init(
    _ relay: any ServedRelay, _ account: AccountID, as caller: RelayCaller, after told: AccountPosition?
  ) {
    (self.relay, self.account, self.caller, self.told) = (relay, account, caller, told)
    // Before the account is looked at, so that nothing is missed in between.
    listener = relay.listener(for: account)
  }

  /// Returns what happened next, at first how the account stands, even if nothing has come; nil when the caller was
  /// removed, or the follower closed.
  package mutating func next() async throws(RelayError) -> Step? {
    guard hasBegun else {
      let step = try await look()
      // Whoever was removed reads the log, and has nothing to wait for.
      guard !isOver else { throw .unknownAccount }
      hasBegun = true
      return step ?? .quiet
    }
    while !isOver, let signal = await listener.next() {
      switch signal {
      case .quiet: return .quiet
      case .wentOn(let version): if let step = try await look(at: version) { return step }
      }
    }
    return nil
  }

  /// Ends what waits for the next step.
  package var close: @Sendable () -> Void { { [listener] in listener.close() } }

  private mutating func look(at version: UInt64? = nil) async throws(RelayError) -> Step? {
    let extent = try await relay.extent(of: account, version: version, as: caller)
    isOver = extent.recordCount == nil
    let (new, before) = (
      AccountPosition(
        entryCount: extent.entryCount, recordCount: extent.recordCount ?? told?.recordCount ?? 0), told
    )
    guard new != before else { return nil }
    told = new
    return .told(new, after: before)
  }
}
