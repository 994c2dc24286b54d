#if HTTP
public import LetterlockFormat
internal import LetterlockHTTPFormat

extension HTTPRelay: EventRelay {
  /// Returns how far an account comes, as it does, over one connection after the other: one that ends, breaks off or says
  /// nothing for a minute is followed by another, which goes on where it ended. While the relay does not answer it is asked
  /// less and less often, once a minute at least.
  public func events(
    of account: AccountID, after position: AccountPosition?, as caller: RelayCaller
  ) -> RelayEvents {
    events(of: account, after: position, as: caller, pace: EventPace())
  }

  /// Returns events as `events(of:after:as:)` does, by another clock.
  func events(
    of account: AccountID, after position: AccountPosition?, as caller: RelayCaller, pace: EventPace
  ) -> RelayEvents {
    let connection = EventConnection(relay: self, account: account, caller: caller, clock: pace.clock)
    return RelayEvents {
      // The stream ends the task when nobody reads it any more.
      let (stream, continuation) = AsyncStream.makeStream(
        of: Result<AccountEvent, RelayError>.self, bufferingPolicy: .bufferingNewest(Self.waitingEventCount))
      let task = Task {
        let error = await Self.keepListening(connection, after: position, pace) { event in
          continuation.yield(.success(event))
        }
        if let error { continuation.yield(.failure(error)) }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
      var events = stream.makeAsyncIterator()
      return { () async throws(RelayError) -> AccountEvent? in try await events.next()?.get() }
    }
  }

  /// Of events that nobody has read so many are kept: the newest say everything.
  private static let waitingEventCount = 4

  /// Listens until the task is cancelled, or the relay refuses. Returns why it refuses.
  private static func keepListening(
    _ connection: EventConnection, after position: AccountPosition?, _ pace: EventPace,
    _ tell: @escaping @Sendable (AccountEvent) -> Void
  ) async -> RelayError? {
    var (position, failureCount) = (position, 0)
    while !Task.isCancelled {
      do throws(RelayError) {
        let heard = try await connection.listen(after: position, tell)
        position = heard.position
        failureCount = heard.isAlive ? 0 : failureCount + 1
      } catch {
        guard error.mayPass else { return error }
        failureCount += 1
      }
      do { try await pace.wait(afterFailures: failureCount) } catch { return nil }
    }
    return nil
  }
}

/// How long a device waits before it asks for events again.
struct EventPace: Sendable {
  /// What it waits by.
  var clock: any Clock<Duration> = ContinuousClock()
  /// Draws how much of the longest time it waits, so that devices do not all come back at once.
  var draw: @Sendable () -> Double = { .random(in: 0.5...1) }

  private static let longest: Duration = .seconds(60)

  /// Waits up to two seconds, doubled by each failure, and a minute at most.
  func wait(afterFailures count: Int) async throws {
    let longest = min(Self.longest, .seconds(2 << min(count, 5)))
    try await clock.sleep(for: longest * draw())
  }
}

extension RelayError {
  /// Whether the relay may answer otherwise later.
  fileprivate var mayPass: Bool {
    switch self {
    case .unknownAccount, .accountErased: false
    default: true
    }
  }
}

extension HTTPRelay {
  /// Asks for events. Returns the stream, if the relay answers with one.
  func openEvents(
    of account: AccountID, after position: AccountPosition?, as caller: RelayCaller
  ) async throws(RelayError) -> RelayHTTPBody {
    // Nobody else gets an answer.
    guard let keys = caller.keys else { throw .unknownAccount }
    var request = RelayCall(operation: .events, account: account, caller: caller).request
    // Not signed: whoever alters it makes the device synchronise once more, or later.
    request.fields[AccountEvents.lastEventField] = position?.identifier
    let checkpointKey = try await connect()
    var response = try await respond(to: try signed(request, by: keys, for: checkpointKey))
    if response.status == 401 {
      // Read to its end, so that the connection is free.
      _ = try await whole(response)
      response = try await respond(to: try signed(request, by: keys, for: checkpointKey))
    }
    let mediaType = response.fields["Content-Type"]?.split(separator: ";").first.map { $0.lowercased() }
    guard response.status == 200, mediaType == AccountEvents.mediaType else {
      _ = try check(try await whole(response), [])
      throw .strangeAnswer
    }
    return response.body
  }
}
#endif
