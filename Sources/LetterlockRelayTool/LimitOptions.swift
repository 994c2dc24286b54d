#if Server
import ArgumentParser
import LetterlockServer

/// The flags of `serve` about what clients may ask for at most. docs/operating.md says what is right for whom.
struct LimitOptions: ParsableArguments {
  @Option(
    help:
      "Who may make an account: open (anyone), token (whoever has one), or closed (nobody). (default: open)")
  var registration: String?
  @Option(help: "The file with the lines of `letterlock-relay token new`. It is read again when it changes.")
  var registrationTokens: String?
  @Option(help: "How many accounts an address may make in a day. (default: 20)")
  var accountsPerDay: String?
  @Option(help: "How many connections there may be. (default: 20000)")
  var maxConnections: String?
  @Option(help: "How many connections an address may have. (default: 256)")
  var maxConnectionsPerAddress: String?
  @Option(help: "How many bytes of requests and answers may be in memory. (default: 1073741824)")
  var maxBufferedBytes: String?
  @Flag(help: "Holds clients of this machine to the limits for addresses too.")
  var limitLoopback = false

  /// What was given, by the settings' names.
  var given: [String: [String]] {
    var given: [String: [String]] = [:]
    let values = [
      ("registration", registration), ("registration-tokens", registrationTokens),
      ("accounts-per-day", accountsPerDay), ("max-connections", maxConnections),
      ("max-connections-per-address", maxConnectionsPerAddress), ("max-buffered-bytes", maxBufferedBytes),
    ]
    for (name, value) in values { given[name] = value.map { [$0] } }
    if limitLoopback { given["limit-loopback"] = ["true"] }
    return given
  }
}

/// Who may make an account, as an operator names it.
enum RegistrationChoice: String, Sendable {
  case open, token, closed
}

extension ServeSettings {
  /// The settings about limits, in the order in which `--print-config` lists them.
  static let limits: [Setting] = [
    Setting("registration", allowed: "open, token or closed") { settings, values in
      settings.registration = values.first.flatMap(RegistrationChoice.init(rawValue:))
      return settings.registration != nil
    },
    Setting("registration-tokens", allowed: "a file", set: { $0.registrationTokens = $1 }),
    Setting(
      "accounts-per-day",
      count: { limits, count in
        limits.rates.accountCreations = RequestRate(burst: count, perSecond: Double(count) / 86_400)
      }),
    Setting("max-connections", count: { $0.connectionCount = $1 }),
    Setting("max-connections-per-address", count: { $0.connectionCountPerAddress = $1 }),
    Setting(
      "max-buffered-bytes",
      count: { limits, count in
        (limits.bufferedByteCount, limits.bufferedByteCountPerAddress) = (count, max(1, count / 2))
      }),
    Setting("limit-loopback", isOn: { $0.server.limits.countsLoopback = $1 }),
  ]

  /// Puts together what belongs together.
  mutating func completeRegistration() throws {
    switch (registration, registrationTokens) {
    case (.token?, let file?): server.limits.registration = .token(file: file)
    case (.closed?, nil): server.limits.registration = .closed
    case (.open?, nil), (nil, nil): server.limits.registration = .open
    default:
      throw ServeError("registration must be token where registration-tokens is set, and nowhere else.")
    }
  }
}

extension Setting {
  fileprivate init(_ name: String, count set: @escaping @Sendable (inout ServerLimits, Int) -> Void) {
    self.init(name, allowed: "a number from 1 on") { settings, values in
      guard let count = values.first.flatMap({ Int($0) }), count > 0 else { return false }
      set(&settings.server.limits, count)
      return true
    }
  }
}
#endif
