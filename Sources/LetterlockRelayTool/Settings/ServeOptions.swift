#if Server
import ArgumentParser
import Foundation

/// The flags of `serve` that are settings too.
struct ServeOptions: ParsableArguments {
  @Option(
    help: """
      Where to listen: HOST:PORT, or unix:/PATH for a socket. Port 0 takes one that is free. May be given again. \
      (default: 127.0.0.1:8460)
      """)
  var listen: [String] = []
  @Option(help: "Where the relay keeps its rows: sqlite:FILE. The file is made if it is not there.")
  var store: String?
  @Option(help: "How many bytes each account may keep; without it, what the store says.")
  var quota: String?
  @Option(
    help: """
      A file with the seed of the checkpoint key, 64 hexadecimal digits. A new store takes it; without it, a new store \
      makes a key. A store that has another key is refused.
      """)
  var checkpointKeyFile: String?
  @Flag(help: "The store was put back from a backup: takes back from devices what it lost, and nothing new.")
  var restored = false
  @Option(
    help: "A file with the certificate, and those that lead to its root, in PEM. Read again when it changes.")
  var tlsCertificate: String?
  @Option(help: "A file with the certificate's private key, in PEM.")
  var tlsKey: String?
  @Option(
    help: """
      A proxy whose X-Forwarded-For names the client: an address, a network, or unix for whoever connects by a socket. \
      May be given again.
      """)
  var trustedProxies: [String] = []
  @Option(
    help:
      "Where to answer operators: HOST:PORT or unix:/PATH. /health, /ready, /metrics. Keep it to yourself.")
  var admin: String?
  @Flag(help: "Writes a line for each request, without account, device and address.")
  var logRequests = false
  @Flag(help: "Writes the client's address into those lines too.")
  var logAddresses = false
  @Option(help: "How many seconds a connection may be silent. (default: 60)")
  var idleTimeout: String?
  @Option(
    help:
      "How many seconds requests may take that are under way when the relay is told to stop. (default: 20)")
  var drainTimeout: String?
  @OptionGroup(title: "Limits") var limits: LimitOptions

  /// What was given, by the settings' names.
  var given: [String: [String]] {
    var given = limits.given
    for (name, values) in [("listen", listen), ("trusted-proxies", trustedProxies)] where !values.isEmpty {
      given[name] = values
    }
    let values = [
      ("store", store), ("quota", quota), ("checkpoint-key-file", checkpointKeyFile),
      ("tls-certificate", tlsCertificate), ("tls-key", tlsKey), ("admin", admin),
      ("idle-timeout", idleTimeout), ("drain-timeout", drainTimeout),
    ]
    for (name, value) in values { given[name] = value.map { [$0] } }
    let flags = [("restored", restored), ("log-requests", logRequests), ("log-addresses", logAddresses)]
    for (name, isOn) in flags where isOn { given[name] = ["true"] }
    return given
  }
}
#endif
