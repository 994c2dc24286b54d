#if Server
internal import CoreMetrics
internal import LetterlockFormat
public import LetterlockRelayKit
public import Logging
public import ServiceLifecycle

/// A relay's HTTP server. SPEC.md section 13.
///
/// It keeps nothing that another process over the same store could not have. When its service group shuts down
/// gracefully it takes no new connections, and answers the requests that it has begun.
public struct RelayServer: Service {
  private let relay: any ServedRelay
  private let endpoint: RelayEndpoint
  private let configuration: Configuration
  private let limits: ClientLimits
  private let credentials: TLSCredentials?
  private let logger: Logger
  private let onListening: @Sendable (Listening) async -> Void

  /// A server of a relay.
  /// - Parameters:
  ///   - relay: Whose rules hold, over any store.
  ///   - configuration: Where it listens, and what it allows.
  ///   - logger: Where starts, stops and faults of the server go. No account or device is logged, and no address of a
  ///     client unless the configuration says so.
  ///   - onListening: Called once the server takes connections everywhere, with the ports that it has.
  /// - Throws: `RelayError.internalError`, and `RelayServerError` if the certificate cannot be used.
  public init<Store: RelayStore>(
    _ relay: RelayService<Store>, configuration: Configuration = Configuration(), logger: Logger,
    onListening: @escaping @Sendable (Listening) async -> Void = { _ in }
  ) throws {
    try self.init(serving: relay, configuration: configuration, logger: logger, onListening: onListening)
  }

  /// A server of a relay that was restored from a backup, until the devices have come by.
  public init<Store: RelayStore>(
    restored relay: RestoredRelay<Store>, configuration: Configuration = Configuration(), logger: Logger,
    onListening: @escaping @Sendable (Listening) async -> Void = { _ in }
  ) throws {
    try self.init(serving: relay, configuration: configuration, logger: logger, onListening: onListening)
  }

  init(
    serving relay: any ServedRelay, configuration: Configuration, clock: ServerClock = .system,
    logger: Logger,
    onListening: @escaping @Sendable (Listening) async -> Void
  ) throws {
    self.relay = relay
    limits = ClientLimits(configuration.limits, clock: clock, sharedBy: configuration.trustedProxies)
    endpoint = try RelayEndpoint(relay, registration: limits.registration)
    credentials = try configuration.tls.map { files throws(RelayServerError) in try TLSCredentials(files) }
    (self.configuration, self.logger, self.onListening) = (configuration, logger, onListening)
  }

  /// Reads the certificate's files again, and uses what is in them for new connections if it can be used. The log says
  /// what came of it.
  public func reloadCertificate() { renew(isAsked: true) }

  /// Serves until the task is cancelled, or its service group shuts down.
  ///
  /// The parts stop in reverse: operators are answered until devices are.
  public func run() async throws {
    let prometheus = PrometheusFactory(help: ServerMetrics.help, buckets: ServerMetrics.buckets)
    let (drain, places) = (DrainState(), BoundPlaces(configuration, tell: listening))
    let metrics = ServerMetrics(
      configuration.admin == nil
        ? MetricsSystem.factory : MultiplexMetricsHandler(factories: [prometheus, MetricsSystem.factory]))
    var services: [any Service] = []
    if let address = configuration.admin {
      let unmeasured = ServerMetrics(NOOPMetricsHandler.instance)
      services.append(
        AdminService(
          listener: listener(at: address, nil, Connections(), unmeasured, limits: nil),
          responder: AdminResponder(relay: relay, drain: drain, metrics: prometheus), places: places))
    }
    if let tls = configuration.tls {
      services.append(RepeatingService(interval: tls.reloadInterval) { renew(isAsked: false) })
    }
    let connections = Connections()
    services.append(
      DeviceService(
        listeners: configuration.listeners.map {
          listener(at: $0, credentials, connections, metrics, limits: limits)
        },
        responder: responder(metrics), connections: connections, drain: drain, places: places,
        logger: logger))
    var group = ServiceGroupConfiguration(services: services, logger: quiet)
    group.maximumGracefulShutdownDuration = configuration.drainTimeout
    // A stream of events is a request that would never end.
    try await withGracefulShutdownHandler {
      do { try await ServiceGroup(configuration: group).run() } catch is CancellationError {}
    } onGracefulShutdown: { [streams = endpoint.streams] in
      streams.end()
    }
    logger.notice("The relay has stopped.")
  }

  /// What answers devices, from the outside in.
  private func responder(
    _ metrics: ServerMetrics
  ) -> ClientAddressResponder<ObservedResponder<RelayResponder>> {
    let log = RequestLog(
      logger: logger, isOn: configuration.logsRequests, hasAddresses: configuration.logsAddresses)
    return ClientAddressResponder(
      proxies: configuration.trustedProxies,
      next: ObservedResponder(
        metrics: metrics, log: log, next: RelayResponder(endpoint: endpoint, limits: limits)))
  }

  private func listener(
    at address: Address, _ credentials: TLSCredentials?, _ connections: Connections, _ metrics: ServerMetrics,
    limits: ClientLimits?
  ) -> Listener {
    Listener(
      address: address, configuration: configuration, credentials: credentials, connections: connections,
      metrics: metrics, limits: limits, logger: quiet)
  }

  private func listening(_ place: Listening) async {
    for address in place.addresses { logger.notice("Devices are served at \(address).") }
    if let admin = place.admin { logger.notice("Operators are served at \(admin).") }
    await onListening(place)
  }

  /// Where what libraries say of their own goes: only what is wrong.
  private var quiet: Logger {
    var quiet = logger
    quiet.logLevel = max(.warning, logger.logLevel)
    return quiet
  }

  private func renew(isAsked: Bool) {
    guard let credentials else { return }
    do throws(RelayServerError) {
      if try credentials.reload(isAsked: isAsked) {
        logger.notice("New connections get the new certificate.")
      } else if isAsked {
        logger.notice("The certificate is as it was.")
      }
    } catch {
      logger.error("A new certificate cannot be used, and the old one stays: \(error)")
    }
  }
}
#endif
