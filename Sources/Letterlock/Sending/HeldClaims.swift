internal import LetterlockFormat
internal import Synchronization

/// The claims that this process has made: whatever else the history says this device claimed, nobody here knows the
/// outcome of.
final class HeldClaims: Sendable {
  private struct Claim {
    let value: Bytes16
    /// Whether the app was given it, and so perhaps handed the message over.
    var isGiven = false
  }

  private let claims = Mutex<[MessageID: Claim]>([:])

  /// Notes a claim that is about to be written.
  func begin(_ claim: Bytes16, of message: MessageID) {
    claims.withLock { $0[message] = Claim(value: claim) }
  }

  /// Whether this claim is held here.
  func holds(_ claim: Bytes16?, of message: MessageID) -> Bool {
    claims.withLock { $0[message].map { $0.value == claim } ?? false }
  }

  /// Whether this claim is held here and the app was not given it: its message was certainly not handed over.
  func isUnused(_ claim: Bytes16?, of message: MessageID) -> Bool {
    claims.withLock { $0[message].map { $0.value == claim && !$0.isGiven } ?? false }
  }

  /// Notes that the app has a claim. Returns false if it had it before: no claim is given twice.
  func give(_ claim: Bytes16, of message: MessageID) -> Bool {
    claims.withLock { claims in
      guard let held = claims[message], held.value == claim, !held.isGiven else { return false }
      claims[message]?.isGiven = true
      return true
    }
  }

  /// Lets a claim go.
  func release(_ message: MessageID) { claims.withLock { $0[message] = nil } }
}
