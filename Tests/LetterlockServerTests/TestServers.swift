#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockRelayKit
import Logging
import Synchronization

@testable import LetterlockServer

/// Servers on loopback, until the test is over.
final class TestServers: Sendable {
  private let tasks = Mutex<[Task<Void, Never>]>([])

  deinit { for task in tasks.withLock({ $0 }) { task.cancel() } }

  /// Serves a relay at a port that is free. Returns where.
  func serve(
    _ relay: any ServedRelay, limits: ServerLimits = ServerLimits(), idleTimeout: Duration = .seconds(60),
    clock: ServerClock = .system
  ) async throws -> URL {
    var configuration = RelayServer.Configuration(listeners: [.init(host: "127.0.0.1", port: 0)])
    (configuration.limits, configuration.idleTimeout) = (limits, idleTimeout)
    let place = try await start(relay, configuration, clock: clock).place
    guard let url = place.urls.first.flatMap(URL.init(string:)) else {
      throw RelayError.unavailable("the server does not listen")
    }
    return url
  }

  /// Serves a relay as a configuration says. Returns where.
  func serve(
    _ relay: any ServedRelay, _ configuration: RelayServer.Configuration, log: LogLines = LogLines()
  ) async throws -> RelayServer.Listening {
    try await start(relay, configuration, log: log).place
  }

  /// Serves a relay as a configuration says. Returns the server, and where it is.
  func start(
    _ relay: any ServedRelay, _ configuration: RelayServer.Configuration, clock: ServerClock = .system,
    log: LogLines = LogLines()
  ) async throws -> (server: RelayServer, place: RelayServer.Listening) {
    let (places, listening) = AsyncThrowingStream.makeStream(of: RelayServer.Listening.self)
    let server = try RelayServer(
      serving: relay, configuration: configuration, clock: clock, logger: log.logger,
      onListening: { place in
        listening.yield(place)
        listening.finish()
      })
    let task = Task {
      do { try await server.run() } catch { listening.finish(throwing: error) }
      listening.finish()
    }
    tasks.withLock { $0.append(task) }
    for try await place in places { return (server, place) }
    throw RelayError.unavailable("the server does not listen")
  }

  /// A client of a relay that is served.
  func client(of relay: any ServedRelay) async throws -> HTTPRelay {
    try HTTPRelay(url: try await serve(relay))
  }
}

/// What a server logs.
final class LogLines: Sendable {
  private struct Handler: LogHandler {
    let lines: LogLines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
      lines.lines.withLock { $0.append("\(event.level) \(event.message) \(all)") }
    }
  }

  private let lines = Mutex<[String]>([])

  var all: [String] { lines.withLock { $0 } }

  func contains(_ text: String) -> Bool { all.contains { $0.contains(text) } }

  /// Takes everything.
  var logger: Logger {
    var logger = Logger(label: "test") { _ in Handler(lines: self) }
    logger.logLevel = .trace
    return logger
  }
}

/// A folder of a test's own, gone when the test is.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.path + "/letterlock-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}
#endif
