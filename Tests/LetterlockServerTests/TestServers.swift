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
    _ relay: any ServedRelay, limits: ServerLimits = ServerLimits(), clock: ServerClock = .system
  ) async throws -> URL {
    let (addresses, listening) = AsyncStream.makeStream(of: RelayServer.Address.self)
    let server = try RelayServer(
      serving: relay, at: .init(host: "127.0.0.1", port: 0), limits: limits, clock: clock,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      onListening: { address in
        listening.yield(address)
        listening.finish()
      })
    let task = Task {
      try? await server.run()
      listening.finish()
    }
    tasks.withLock { $0.append(task) }
    for await address in addresses {
      if let url = URL(string: "http://127.0.0.1:\(address.port)") { return url }
    }
    throw RelayError.unavailable("the server does not listen")
  }

  /// A client of a relay that is served.
  func client(of relay: any ServedRelay) async throws -> HTTPRelay {
    try HTTPRelay(url: try await serve(relay))
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
