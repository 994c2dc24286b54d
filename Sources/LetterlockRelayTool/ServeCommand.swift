#if Server
import ArgumentParser
import CryptoCore
import Foundation
import LetterlockFormat
import LetterlockRelayKit
import LetterlockServer
import LetterlockSQLite
import Logging
import ServiceLifecycle
import TLSCodec
import UnixSignals

/// `letterlock-relay serve`
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serves the relay of a store until it is told to stop.",
    discussion: """
      Each option can also be given by the environment (--tls-key as LETTERLOCK_RELAY_TLS_KEY) and by a file in YAML \
      (tls-key: FILE); the command line counts before the environment, and that before the file. On SIGTERM and SIGINT \
      it takes no new connections, answers the requests that it has begun, and ends. On SIGHUP it reads the certificate \
      again. docs/operating.md has the rest.
      """)

  @Option(help: "A file with settings in YAML; also LETTERLOCK_RELAY_CONFIG.") var config: String?
  @OptionGroup var options: ServeOptions
  @Flag(help: "Prints what it would run with, as such a file, and ends.") var printConfig = false

  func run() async throws {
    do { try await serve() } catch let error as RelayError {
      throw ServeError("The relay cannot be opened: \(error.sentence)")
    }
  }

  private func serve() async throws {
    let sources = try await SettingSources(
      flags: options.given, file: config, environment: ProcessInfo.processInfo.environment)
    let settings = try ServeSettings(from: sources)
    guard !printConfig else {
      for line in try PrintedSettings(sources: sources).lines() { print(line) }
      return
    }
    let relay = try open(settings)
    var logger = Logger(label: "letterlock-relay") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .notice
    let fingerprint = Hex.encode(SHA256Hash.hash(relay.key.publicKey))
    logger.notice("The relay starts. The SHA-256 of its checkpoint key is \(fingerprint).")
    let server =
      settings.restored
      ? try RelayServer(
        restored: RestoredRelay(relay), configuration: settings.server, logger: logger,
        onListening: Self.announce)
      : try RelayServer(
        relay, configuration: settings.server, logger: logger, onListening: Self.announce)
    logger.logLevel = .warning
    let group = ServiceGroup(
      configuration: .init(
        services: [HangUpService(server: server), server], gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger))
    do { try await group.run() } catch let error as RelayServerError {
      throw ServeError(error.description)
    }
  }

  private func open(_ settings: ServeSettings) throws -> SQLiteRelay {
    guard let store = settings.store else { throw ServeError("store is not set: it must be sqlite:FILE.") }
    let key = try settings.signingKey()
    return try SQLiteRelay(path: store.path, checkpointKey: key, quota: settings.quota)
  }

  /// Says where the relay is, once it takes connections.
  @Sendable private static func announce(_ place: RelayServer.Listening) async {
    let scheme = place.usesTLS ? "https" : "http"
    let lines = place.addresses.map { "Listening on \($0.url(scheme: scheme) ?? "\($0)")\n" }
    FileHandle.standardOutput.write(Data(lines.joined().utf8))
  }
}

/// Has a server read its certificate again on SIGHUP, by which nothing else happens.
private struct HangUpService: Service {
  let server: RelayServer

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await _ in await UnixSignalsSequence(trapping: .sighup) { server.reloadCertificate() }
    }
  }
}

/// `sqlite:FILE`
struct StoreLocation: ExpressibleByArgument {
  let path: String

  init?(argument: String) {
    let scheme = "sqlite:"
    guard argument.hasPrefix(scheme), argument.count > scheme.count else { return nil }
    path = String(argument.dropFirst(scheme.count))
  }
}

/// What a person is told when the relay does not start.
struct ServeError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension RelayError {
  /// What went wrong, for whoever runs the relay.
  var sentence: String {
    switch self {
    case .unavailable(let reason), .corrupted(let reason): reason
    default: "\(self)"
    }
  }
}
#endif
