#if Server
import ArgumentParser
import LetterlockServer

/// What clients may ask of a relay at most. docs/operating.md says what is right for whom.
struct LimitOptions: ParsableArguments {
  /// Who may make an account.
  enum Registration: String, ExpressibleByArgument, CaseIterable {
    case open, token, closed
  }

  @Option(help: "Who may make an account: open (anyone), token (whoever has one), or closed (nobody).")
  var registration: Registration?
  @Option(help: "The file with the lines of `letterlock-relay token new`. It is read again when it changes.")
  var registrationTokens: String?
  @Option(help: "How many accounts an address may make in a day (20).")
  var accountsPerDay: Int?
  @Option(help: "How many connections there may be (20000).")
  var maxConnections: Int?
  @Option(help: "How many connections an address may have (256).")
  var maxConnectionsPerAddress: Int?
  @Option(help: "How many bytes of requests and answers may be in memory (1073741824).")
  var maxBufferedBytes: Int?
  @Flag(help: "Hold clients of this machine to the limits for addresses too.")
  var limitLoopback = false

  func validate() throws {
    guard
      (registration == .token) == (registrationTokens != nil)
        || (registration == nil && registrationTokens != nil)
    else {
      throw ValidationError("--registration token needs --registration-tokens, and nothing else takes it.")
    }
    let counts = [accountsPerDay, maxConnections, maxConnectionsPerAddress, maxBufferedBytes]
    guard counts.allSatisfy({ $0 ?? 1 > 0 }) else { throw ValidationError("A limit is 1 at least.") }
  }

  /// The limits that the options name, and the default for the others.
  var limits: ServerLimits {
    var limits = ServerLimits()
    if let registrationTokens {
      limits.registration = .token(file: registrationTokens)
    } else if registration == .closed {
      limits.registration = .closed
    }
    if let accountsPerDay {
      limits.rates.accountCreations = RequestRate(
        burst: accountsPerDay, perSecond: Double(accountsPerDay) / 86_400)
    }
    if let maxConnections { limits.connectionCount = maxConnections }
    if let maxConnectionsPerAddress { limits.connectionCountPerAddress = maxConnectionsPerAddress }
    if let maxBufferedBytes {
      limits.bufferedByteCount = maxBufferedBytes
      limits.bufferedByteCountPerAddress = max(1, maxBufferedBytes / 2)
    }
    limits.countsLoopback = limitLoopback
    return limits
  }
}
#endif
