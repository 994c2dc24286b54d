/// The relay of a device, if it has one; what goes wrong there is said in a device's words.
struct RelayConnection: Sendable {
  /// The relay.
  let relay: MeteredRelay?
  /// The account that it is asked about.
  let account: AccountID
  /// Renewed before a question, while the device holds the account.
  let hold = AccountHold()

  /// Whether there is a relay.
  var isPresent: Bool { relay != nil }

  /// Returns the relay.
  /// - Throws: `DeviceError.noRelay`.
  func needed() throws(DeviceError) -> MeteredRelay {
    guard let relay else { throw .noRelay }
    return relay
  }

  /// Asks the relay about the account.
  /// - Throws: `DeviceError.noRelay`, `.relay`; `.cancelled` if the task was cancelled and the relay did not answer.
  func ask<Answer: Sendable>(
    _ question: (MeteredRelay, AccountID) async throws(RelayError) -> Answer
  ) async throws(DeviceError) -> Answer {
    let relay = try needed()
    try await hold.renewIfDue()
    do throws(RelayError) { return try await question(relay, account) } catch { throw DeviceError(error) }
  }
}

/// Turns a relay's error into a device's.
func asking<Answer: Sendable>(
  _ ask: () async throws(RelayError) -> Answer
) async throws(DeviceError) -> Answer {
  do throws(RelayError) { return try await ask() } catch { throw DeviceError(error) }
}

extension DeviceError {
  /// What a relay's error means for the device that asked: a call that ended because its task was cancelled is no fault
  /// of the relay.
  init(_ error: RelayError) {
    if case .unavailable = error, Task.isCancelled {
      self = .cancelled
    } else {
      self = .relay(error)
    }
  }
}
