#if Server
extension RelayServer {
  /// Where a server listens.
  public enum Address: Hashable, Sendable {
    /// A port of this machine. Port 0 is any that is free.
    case network(host: String, port: Int)
    /// A Unix socket, which its owner and its group may connect to.
    case unixSocket(path: String)

    /// A port of this machine; 0 for any that is free.
    public init(host: String, port: Int) { self = .network(host: host, port: port) }

    /// Reads `HOST:PORT`, with the host in brackets if it is an IPv6 address, or `unix:PATH`; nil if the text is
    /// neither.
    public init?(_ text: String) {
      if text.hasPrefix("unix:") {
        let path = String(text.dropFirst("unix:".count))
        guard path.hasPrefix("/"), path.utf8.count < 100, !path.utf8.contains(0) else { return nil }
        self = .unixSocket(path: path)
        return
      }
      guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
        return nil
      }
      var host = String(text[..<colon])
      if host.hasPrefix("["), host.hasSuffix("]") {
        host = String(host.dropFirst().dropLast())
      } else if host.contains(":") {
        return nil
      }
      guard !host.isEmpty else { return nil }
      self = .network(host: host, port: Int(port))
    }

    /// The port; nil for a Unix socket.
    public var port: Int? {
      guard case .network(_, let port) = self else { return nil }
      return port
    }

    /// The URL of what listens there; nil for a Unix socket.
    public func url(scheme: String) -> String? {
      guard case .network = self else { return nil }
      return "\(scheme)://\(self)"
    }
  }

  /// Where a server that runs listens, with the ports that it has.
  public struct Listening: Hashable, Sendable {
    /// Where devices are served, in the order of the configuration.
    public var addresses: [Address]
    /// Whether devices are served over TLS at the addresses that are no Unix sockets.
    public var usesTLS: Bool
    /// Where operators are served; nil if nowhere.
    public var admin: Address?

    /// The URLs under which devices reach the relay from this machine.
    public var urls: [String] { addresses.compactMap { $0.url(scheme: usesTLS ? "https" : "http") } }
  }
}

extension RelayServer.Address: CustomStringConvertible {
  /// The address as `init(_:)` reads it.
  public var description: String {
    switch self {
    case .network(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    case .unixSocket(let path): "unix:\(path)"
    }
  }
}
#endif
