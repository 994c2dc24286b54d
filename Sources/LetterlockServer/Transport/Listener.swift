#if Server
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
internal import Logging
internal import NIOCore
internal import Synchronization

/// One place where a server listens.
struct Listener: Sendable {
  let address: RelayServer.Address
  let configuration: RelayServer.Configuration
  let credentials: TLSCredentials?
  let connections: Connections
  let metrics: ServerMetrics
  /// What devices are held to; nil where operators are served.
  let limits: ClientLimits?
  let logger: Logger

  /// Serves there until the task is cancelled, or its service group shuts down.
  /// - Parameter onListening: Called once it takes connections, with the port that it has.
  func run<Responder: HTTPResponder>(
    _ responder: Responder, onListening: @escaping @Sendable (RelayServer.Address) async -> Void
  ) async throws where Responder.Context == RelayRequestContext {
    if case .unixSocket(let path) = address { try await UnixSocket(path: path).claim() }
    let failure = Mutex<RelayServerError?>(nil)
    let application = Application(
      responder: responder, server: server, configuration: ApplicationConfiguration(address: place),
      onServerRunning: { channel in
        do throws(RelayServerError) { await onListening(try found(channel)) } catch {
          failure.withLock { $0 = error }
          channel.close(promise: nil)
        }
      },
      logger: logger)
    do { try await application.run() } catch let error as IOError {
      throw RelayServerError("The relay cannot listen on \(address): \(error)")
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }

  private var place: BindAddress {
    switch address {
    case .network(let host, let port): .hostname(host, port: port)
    case .unixSocket(let path): .unixDomainSocket(path: path)
    }
  }

  /// HTTP/1.1, or over TLS what the client chooses of HTTP/1.1 and HTTP/2.
  private var server: HTTPServerBuilder {
    HTTPServerBuilder { responder in
      let channel: any ServerChildChannel
      if let credentials, case .network = address {
        channel = try HTTP2UpgradeChannel(
          tlsConfiguration: credentials.configuration,
          configuration: .init(
            idleTimeout: configuration.idleTimeout, gracefulCloseTimeout: configuration.drainTimeout,
            streamConfiguration: stream),
          responder: responder)
      } else {
        channel = HTTP1Channel(responder: responder, configuration: stream)
      }
      return channel.watched(
        ConnectionWatch(
          connections: connections, metrics: metrics, limits: limits,
          timeout: TimeAmount(configuration.idleTimeout)))
    }
  }

  private var handlers: [any RemovableChannelHandler] {
    let negotiation: any RemovableChannelHandler = NegotiationHandler()
    guard let limits else { return [negotiation] }
    return [negotiation, ConnectionGuard(limits.paceRules)]
  }

  private var stream: HTTP1Channel.Configuration {
    HTTP1Channel.Configuration(
      additionalChannelHandlers: handlers,
      idleTimeout: TimeAmount(configuration.idleTimeout),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: 1 << 13, maxHeaderListSize: 1 << 14, maxHeaderFieldCount: 64))
  }

  /// Where it listens, now that it does.
  private func found(_ channel: any Channel) throws(RelayServerError) -> RelayServer.Address {
    switch address {
    case .network(let host, _): return .network(host: host, port: channel.localAddress?.port ?? 0)
    case .unixSocket(let path):
      try UnixSocket(path: path).restrict()
      return address
    }
  }
}
#endif
