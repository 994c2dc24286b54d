#if Server
extension RelayServer {
  /// How a server is reached, and what it allows. The default serves this machine alone, without TLS.
  public struct Configuration: Sendable {
    /// Where devices are served: at least one place.
    public var listeners = [Address(host: "127.0.0.1", port: 8460)]
    /// The certificate for TLS; without one there is none. A Unix socket never has TLS.
    public var tls: TLSFiles?
    /// Proxies whose `X-Forwarded-For` names the client. From anyone else it counts for nothing.
    public var trustedProxies: [TrustedProxy] = []
    /// Where operators ask for health, readiness and metrics; nil if nowhere. Whoever reaches it may ask.
    public var admin: Address?
    /// Whether each request stands in the log: its operation, status and duration.
    public var logsRequests = false
    /// Whether a client's address stands there too.
    public var logsAddresses = false
    /// What devices may ask for at most.
    public var limits = ServerLimits()
    /// How long a connection may be silent.
    public var idleTimeout: Duration = .seconds(60)
    /// How long requests that were begun may take after the server was told to stop. Then their connections are closed.
    public var drainTimeout: Duration = .seconds(20)

    /// The default.
    public init() {}

    /// The default, but for where devices are served.
    public init(listeners: [Address]) { self.listeners = listeners }
  }

  /// Where a server's certificate is, in PEM.
  public struct TLSFiles: Hashable, Sendable {
    /// The file with the certificate, and with those that lead to a root.
    public var certificateChain: String
    /// The file with the certificate's private key.
    public var privateKey: String
    /// How long the files may have changed before the server uses what is in them.
    public var reloadInterval: Duration = .seconds(60)

    /// A certificate chain and its key.
    public init(certificateChain: String, privateKey: String) {
      (self.certificateChain, self.privateKey) = (certificateChain, privateKey)
    }
  }
}
#endif
