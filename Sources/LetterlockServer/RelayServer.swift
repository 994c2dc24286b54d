#if Server
internal import Hummingbird
public import LetterlockRelayKit
internal import LetterlockFormat
public import Logging
internal import NIOCore
public import ServiceLifecycle

/// A relay's HTTP server. SPEC.md section 13.
///
/// It keeps nothing that another process over the same store could not have. When its service group shuts down
/// gracefully it takes no new connections, and answers the requests that it has begun.
public struct RelayServer: Service {
  /// Where a server listens.
  public struct Address: Hashable, Sendable {
    /// A name or an address of this machine.
    public var host: String
    /// The port; 0 for any that is free.
    public var port: Int

    /// A place to listen.
    public init(host: String, port: Int) { (self.host, self.port) = (host, port) }
  }

  private let endpoint: RelayEndpoint
  private let address: Address
  private let logger: Logger
  private let onListening: @Sendable (Address) async -> Void

  /// A server of a relay.
  /// - Parameters:
  ///   - relay: Whose rules hold, over any store.
  ///   - address: Where to listen, without TLS.
  ///   - logger: Where faults of the server go. No account, device or address of a client is logged.
  ///   - onListening: Called once the server takes connections, with the port that it has.
  /// - Throws: `RelayError.internalError`
  public init<Store: RelayStore>(
    _ relay: RelayService<Store>, at address: Address, logger: Logger,
    onListening: @escaping @Sendable (Address) async -> Void = { _ in }
  ) throws {
    try self.init(serving: relay, at: address, logger: logger, onListening: onListening)
  }

  /// A server of a relay that was restored from a backup, until the devices have come by.
  public init<Store: RelayStore>(
    restored relay: RestoredRelay<Store>, at address: Address, logger: Logger,
    onListening: @escaping @Sendable (Address) async -> Void = { _ in }
  ) throws {
    try self.init(serving: relay, at: address, logger: logger, onListening: onListening)
  }

  init(
    serving relay: any ServedRelay, at address: Address, logger: Logger,
    onListening: @escaping @Sendable (Address) async -> Void
  ) throws {
    endpoint = try RelayEndpoint(relay)
    (self.address, self.logger, self.onListening) = (address, logger, onListening)
  }

  /// Serves until the task is cancelled, or its service group shuts down.
  public func run() async throws {
    let (onListening, host) = (onListening, address.host)
    let application = Application(
      responder: RelayResponder(endpoint: endpoint),
      server: .http1(
        configuration: .init(
          idleTimeout: .seconds(60),
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: 1 << 13, maxHeaderListSize: 1 << 14, maxHeaderFieldCount: 64))),
      configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
      onServerRunning: { channel in
        await onListening(Address(host: host, port: channel.localAddress?.port ?? 0))
      },
      logger: logger)
    // A stream of events is a request that would never end.
    try await withGracefulShutdownHandler {
      try await application.run()
    } onGracefulShutdown: { [streams = endpoint.streams] in
      streams.end()
    }
  }
}
#endif
