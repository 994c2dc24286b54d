/// A relay that tells when an account goes on, so that devices need not keep asking. A relay may offer it besides `Relay`.
public protocol EventRelay: Sendable {
  /// Returns how far an account comes, as it does. SPEC.md section 13.9.
  ///
  /// Called by an active device or the recovery device. First comes what is another number than `position` says, both
  /// numbers if it is nil; then each change, of which several may be told as one. What a relay says here is not signed:
  /// a device takes it as a reason to synchronise, no more.
  ///
  /// The sequence ends when the caller is removed, after it has told of the entry that removed it, and when the relay
  /// closes. A task that is cancelled ends its own.
  /// - Throws: From the sequence: `.unknownAccount` as for any other call, `.accountErased`. A relay that is reached over a
  ///   network is asked again when it does not answer.
  func events(of account: AccountID, after position: AccountPosition?, as caller: RelayCaller) -> RelayEvents
}

/// How far the log and the history of an account have come.
public struct AccountPosition: Hashable, Sendable {
  /// How many entries the log has.
  public var entryCount: UInt64
  /// How many records the history has.
  public var recordCount: UInt64

  /// How far an account has come.
  public init(entryCount: UInt64, recordCount: UInt64) {
    (self.entryCount, self.recordCount) = (entryCount, recordCount)
  }
}

/// What a relay tells of an account that has gone on.
public enum AccountEvent: Hashable, Sendable {
  /// The log has so many entries.
  case log(entryCount: UInt64)
  /// The history has so many records.
  case history(recordCount: UInt64)
}

extension AccountPosition {
  /// Tells what is another number than was told before; both, if nothing was.
  package func events(after told: AccountPosition?) -> [AccountEvent] {
    var events: [AccountEvent] = []
    if entryCount != told?.entryCount { events.append(.log(entryCount: entryCount)) }
    if recordCount != told?.recordCount { events.append(.history(recordCount: recordCount)) }
    return events
  }
}

/// What a relay tells of an account, as it happens.
public struct RelayEvents: AsyncSequence, Sendable {
  /// An event.
  public typealias Element = AccountEvent
  /// Why the relay tells nothing.
  public typealias Failure = RelayError

  private let makeNext: @Sendable () -> () async throws(RelayError) -> AccountEvent?

  /// Events that a function returns, one by one, and nil after the last. The function is made anew for each iteration.
  public init(_ makeNext: @escaping @Sendable () -> () async throws(RelayError) -> AccountEvent?) {
    self.makeNext = makeNext
  }

  /// Reads the events in order.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let nextEvent: () async throws(RelayError) -> AccountEvent?

    /// Returns the next event; nil after the last.
    public mutating func next() async throws(RelayError) -> AccountEvent? { try await nextEvent() }
  }

  /// Begins to listen.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(nextEvent: makeNext()) }
}
