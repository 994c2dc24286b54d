#if Server
import ArgumentParser
import Foundation
import LetterlockFormat
import LetterlockRelayKit
import LetterlockServer
import LetterlockSQLite
import Logging
import ServiceLifecycle

/// `letterlock-relay serve`
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serves the relay of a store until it is told to stop.",
    discussion: """
      On SIGTERM and SIGINT it takes no new connections, answers the requests that it has begun, and ends. Devices trust \
      no network for their history; put TLS in front of it all the same (docs/operating.md).
      """)

  @Option(help: "Where to listen: HOST:PORT. Port 0 takes one that is free.")
  var listen: ListenAddress = ListenAddress(host: "127.0.0.1", port: 8460)
  @Option(help: "Where the relay keeps its rows: sqlite:FILE. The file is made if it is not there.")
  var store: StoreLocation
  @Option(help: "How many bytes each account may keep; without it, what the store says.")
  var quota: UInt64?
  @Option(
    help: """
      A file with the seed of the checkpoint key, 64 hexadecimal digits. A new store takes it; without it, a new store \
      makes a key. A store that has another key is refused.
      """)
  var checkpointKeyFile: String?
  @OptionGroup(title: "Limits") var limits: LimitOptions
  @Flag(help: "The store was put back from a backup: takes back from devices what it lost, and nothing new.")
  var restored = false

  func run() async throws {
    do { try await serve() } catch let error as RelayError {
      throw ServeError("The relay cannot be opened: \(error.sentence)")
    }
  }

  private func serve() async throws {
    let relay = try open()
    var logger = Logger(label: "letterlock-relay") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .notice
    let address = RelayServer.Address(host: listen.host, port: listen.port)
    let server =
      restored
      ? try RelayServer(
        restored: RestoredRelay(relay), at: address, limits: limits.limits, logger: logger,
        onListening: Self.announce)
      : try RelayServer(relay, at: address, limits: limits.limits, logger: logger, onListening: Self.announce)
    let group = ServiceGroup(
      configuration: .init(
        services: [server], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    do { try await group.run() } catch {
      throw ServeError("The relay cannot listen on \(listen.host):\(listen.port), or stopped: \(error)")
    }
  }

  private func open() throws -> SQLiteRelay {
    let key = try checkpointKeyFile.map(CheckpointKeyFile.key(in:))
    return try SQLiteRelay(path: store.path, checkpointKey: key, quota: quota)
  }

  /// Says where the relay is, once it takes connections.
  @Sendable private static func announce(_ address: RelayServer.Address) async {
    let host = address.host.contains(":") ? "[\(address.host)]" : address.host
    FileHandle.standardOutput.write(Data("Listening on http://\(host):\(address.port)\n".utf8))
  }
}

/// `HOST:PORT`, the host in brackets if it is an IPv6 address.
struct ListenAddress: ExpressibleByArgument, CustomStringConvertible {
  let host: String
  let port: Int

  init(host: String, port: Int) { (self.host, self.port) = (host, port) }

  init?(argument: String) {
    guard let colon = argument.lastIndex(of: ":"),
      let port = UInt16(argument[argument.index(after: colon)...])
    else { return nil }
    var host = String(argument[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard !host.isEmpty else { return nil }
    self.init(host: host, port: Int(port))
  }

  var description: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
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
