public import LetterlockFormat

extension RelayService: EventRelay {
  /// Returns how far an account comes, as it does: what this process writes at once, what others write within a second.
  public func events(
    of account: AccountID, after position: AccountPosition?, as caller: RelayCaller
  ) -> RelayEvents { RelayEvents(following: account, at: self, after: position, as: caller) }
}

extension RestoredRelay: EventRelay {
  /// Returns how far an account comes, as it does.
  public func events(
    of account: AccountID, after position: AccountPosition?, as caller: RelayCaller
  ) -> RelayEvents { service.events(of: account, after: position, as: caller) }
}

extension RelayEvents {
  /// What a relay in this process tells.
  fileprivate init(
    following account: AccountID, at relay: any ServedRelay, after position: AccountPosition?,
    as caller: RelayCaller
  ) {
    self.init {
      var follower = AccountFollower(relay, account, as: caller, after: position)
      var events: [AccountEvent] = []
      return { () async throws(RelayError) -> AccountEvent? in
        while events.isEmpty {
          guard let step = try await follower.next() else { return nil }
          if case .told(let new, let before) = step { events = new.events(after: before) }
        }
        return events.removeFirst()
      }
    }
  }
}
