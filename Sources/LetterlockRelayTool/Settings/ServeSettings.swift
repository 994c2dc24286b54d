#if Server
import Foundation
import LetterlockFormat
import LetterlockServer
import TLSCodec

/// What `letterlock-relay serve` runs with.
struct ServeSettings: Sendable {
  var server = RelayServer.Configuration()
  var store: StoreLocation?
  var quota: UInt64?
  var checkpointKeyFile: String?
  var checkpointKey: String?
  var restored = false
  var tlsCertificate: String?
  var tlsKey: String?
  var registration: RegistrationChoice?
  var registrationTokens: String?

  /// Every setting, in the order in which `--print-config` lists them.
  static let all: [Setting] =
    [
      Setting("listen", allowed: "HOST:PORT or unix:/PATH, once or in a list", isList: true) {
        settings, values in
        let addresses = values.compactMap { RelayServer.Address($0) }
        settings.server.listeners = addresses
        return addresses.count == values.count && !addresses.isEmpty
      },
      Setting("store", allowed: "sqlite:FILE") { settings, values in
        settings.store = values.first.flatMap { StoreLocation(argument: $0) }
        return settings.store != nil
      },
      Setting("quota", allowed: "a number of bytes") { settings, values in
        settings.quota = values.first.flatMap { UInt64($0) }
        return settings.quota != nil
      },
      Setting(
        "checkpoint-key-file", allowed: "a file with 64 hexadecimal digits",
        set: { $0.checkpointKeyFile = $1 }),
      Setting(
        "checkpoint-key", allowed: "64 hexadecimal digits", isSecret: true, set: { $0.checkpointKey = $1 }),
      Setting("restored", isOn: { $0.restored = $1 }),
      Setting("tls-certificate", allowed: "a file in PEM", set: { $0.tlsCertificate = $1 }),
      Setting("tls-key", allowed: "a file in PEM", set: { $0.tlsKey = $1 }),
      Setting(
        "trusted-proxies", allowed: "an address, a network (10.0.0.0/8) or unix, once or in a list",
        isList: true
      ) { settings, values in
        settings.server.trustedProxies = values.compactMap { TrustedProxy($0) }
        return settings.server.trustedProxies.count == values.count
      },
      Setting("admin", allowed: "HOST:PORT or unix:/PATH") { settings, values in
        settings.server.admin = values.first.flatMap { RelayServer.Address($0) }
        return settings.server.admin != nil
      },
      Setting("log-requests", isOn: { $0.server.logsRequests = $1 }),
      Setting("log-addresses", isOn: { $0.server.logsAddresses = $1 }),
      Setting("idle-timeout", seconds: 1...3600, set: { $0.server.idleTimeout = $1 }),
      Setting("drain-timeout", seconds: 0...3600, set: { $0.server.drainTimeout = $1 }),
    ] + limits

  /// Puts together what belongs together.
  mutating func complete() throws {
    try completeRegistration()
    switch (tlsCertificate, tlsKey) {
    case (let certificate?, let key?):
      server.tls = RelayServer.TLSFiles(certificateChain: certificate, privateKey: key)
    case (nil, nil): break
    default: throw ServeError("tls-certificate and tls-key go together: one of them is missing.")
    }
    guard checkpointKeyFile == nil || checkpointKey == nil else {
      throw ServeError("checkpoint-key-file and LETTERLOCK_RELAY_CHECKPOINT_KEY are both there: give one.")
    }
  }
}

/// A setting: a flag `--name`, a variable `LETTERLOCK_RELAY_NAME`, and a key `name` of the file.
struct Setting: Sendable {
  let name: String
  /// What a value must be, for people.
  let allowed: String
  let isList: Bool
  /// Whether only the environment may hold it, and nothing may show it.
  let isSecret: Bool
  /// Takes values; false if they are not allowed.
  let apply: @Sendable (inout ServeSettings, [String]) -> Bool

  init(
    _ name: String, allowed: String, isList: Bool = false, isSecret: Bool = false,
    apply: @escaping @Sendable (inout ServeSettings, [String]) -> Bool
  ) {
    (self.name, self.allowed, self.isList, self.isSecret) = (name, allowed, isList, isSecret)
    self.apply = apply
  }

  init(
    _ name: String, allowed: String, isSecret: Bool = false,
    set: @escaping @Sendable (inout ServeSettings, String) -> Void
  ) {
    self.init(name, allowed: allowed, isSecret: isSecret) { settings, values in
      guard let value = values.first, !value.isEmpty else { return false }
      set(&settings, value)
      return true
    }
  }

  init(_ name: String, isOn set: @escaping @Sendable (inout ServeSettings, Bool) -> Void) {
    self.init(name, allowed: "true or false") { settings, values in
      guard let value = values.first.flatMap({ Bool($0) }) else { return false }
      set(&settings, value)
      return true
    }
  }

  init(
    _ name: String, seconds: ClosedRange<Int>,
    set: @escaping @Sendable (inout ServeSettings, Duration) -> Void
  ) {
    let allowed = "a number of seconds from \(seconds.lowerBound) to \(seconds.upperBound)"
    self.init(name, allowed: allowed) { settings, values in
      guard let value = values.first.flatMap({ Int($0) }), seconds.contains(value) else { return false }
      set(&settings, .seconds(value))
      return true
    }
  }

  /// The variable of the environment.
  var variable: String { SettingSources.prefix + name.uppercased().replacing("-", with: "_") }
}
#endif
