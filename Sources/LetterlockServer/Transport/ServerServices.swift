#if Server
internal import Hummingbird
internal import Logging
internal import ServiceLifecycle

/// Serves devices, at all places at once.
struct DeviceService<Responder: HTTPResponder>: Service where Responder.Context == RelayRequestContext {
  let listeners: [Listener]
  let responder: Responder
  let connections: Connections
  let drain: DrainState
  let places: BoundPlaces
  let logger: Logger

  func run() async throws {
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await withTaskCancellationHandler {
        try await serve()
      } onCancel: {
        close()
      }
    } onCancelOrGracefulShutdown: {
      drain.begin()
    }
  }

  private func serve() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, listener) in listeners.enumerated() {
        group.addTask { try await listener.run(responder) { await places.add($0, at: index) } }
      }
      try await group.waitForAll()
    }
  }

  /// Closes what is left when the time is up.
  private func close() {
    let count = connections.count
    if count > 0 { logger.warning("Connections that were closed before they were done: \(count)") }
    connections.closeAll()
  }
}

/// Serves operators.
struct AdminService: Service {
  let listener: Listener
  let responder: AdminResponder
  let places: BoundPlaces

  func run() async throws { try await listener.run(responder) { await places.addAdmin($0) } }
}

/// Does something again and again while a server runs.
struct RepeatingService: Service {
  let interval: Duration
  let body: @Sendable () -> Void

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while (try? await Task.sleep(for: interval)) != nil { body() }
    }
  }
}

/// Where a server has come to listen, which is told once it does so everywhere.
actor BoundPlaces {
  private var listening: RelayServer.Listening
  private var missing: Int
  private let tell: @Sendable (RelayServer.Listening) async -> Void

  init(
    _ configuration: RelayServer.Configuration,
    tell: @escaping @Sendable (RelayServer.Listening) async -> Void
  ) {
    listening = RelayServer.Listening(
      addresses: configuration.listeners, usesTLS: configuration.tls != nil, admin: configuration.admin)
    missing = configuration.listeners.count + (configuration.admin == nil ? 0 : 1)
    self.tell = tell
  }

  func add(_ address: RelayServer.Address, at index: Int) async {
    listening.addresses[index] = address
    await count()
  }

  func addAdmin(_ address: RelayServer.Address) async {
    listening.admin = address
    await count()
  }

  private func count() async {
    missing -= 1
    if missing == 0 { await tell(listening) }
  }
}
#endif
