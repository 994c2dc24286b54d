import Foundation
import LetterlockFormat
import LetterlockRelayKit
#if HTTP && Server
import LetterlockHTTP
import LetterlockHTTPFormat
import Logging
import Synchronization

@testable import LetterlockServer
#endif

/// How the relay behind a test is reached.
///
/// The suites say what holds of any relay. With `LETTERLOCK_OVER_HTTP=1`, and the traits `HTTP` and `Server`, every call
/// that reaches the relay in memory goes as a signed HTTP request to its server, and the answer comes back as one.
enum RelayRoute {
  /// By a socket on loopback, or in this process, where a test goes by its own order of events.
  enum Line {
    case socket
    case process
  }

  /// A relay in memory, as devices reach it.
  static func reaching(_ relay: any ServedRelay, by line: Line = .socket) -> any Relay {
    #if HTTP && Server
    guard isOverHTTP else { return relay }
    return switch line {
    case .socket: HTTPRelay(transport: SocketTransport(relay))
    case .process: HTTPRelay(transport: EndpointTransport(relay))
    }
    #else
    return relay
    #endif
  }

  #if HTTP && Server
  private static let isOverHTTP = ProcessInfo.processInfo.environment["LETTERLOCK_OVER_HTTP"] == "1"
  #endif
}

#if HTTP && Server
/// Carries requests to an endpoint without a network, one after the other.
struct EndpointTransport: HTTPTransport {
  private let relay: any ServedRelay

  init(_ relay: any ServedRelay) { self.relay = relay }

  func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse {
    let endpoint: RelayEndpoint
    do { endpoint = try RelayEndpoint(relay) } catch { throw HTTPTransportError("There is no endpoint.") }
    let answer: EndpointAnswer
    do throws(HTTPProblem) { answer = try await Self.answer(to: request, endpoint) } catch {
      answer = EndpointAnswer(error)
    }
    let finished = endpoint.finished(answer)
    return RelayHTTPResponse(status: finished.status, fields: finished.fields, body: finished.body)
  }

  private static func answer(
    to request: RelayHTTPRequest, _ endpoint: RelayEndpoint
  ) async throws(HTTPProblem) -> EndpointAnswer {
    // As it stands in the first line of a message.
    var received = RelayHTTPRequest(
      method: request.method, target: request.target, fields: request.fields, body: [])
    let admission = try await endpoint.admit(received)
    guard request.body.count <= admission.operation.maximumBodyByteCount else { throw .relay(.tooLarge) }
    received.body = request.body
    return try await endpoint.answer(to: received, admission)
  }
}

/// Carries requests to a server of its own on loopback, which begins with the first one.
private actor SocketTransport: HTTPTransport {
  private let relay: any ServedRelay
  private var connecting: Task<AsyncHTTPClientTransport, any Error>?
  private let serving = Mutex<Task<Void, Never>?>(nil)

  init(_ relay: any ServedRelay) { self.relay = relay }

  deinit { serving.withLock { $0 }?.cancel() }

  func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse {
    let connecting = connecting ?? connect()
    self.connecting = connecting
    let transport: AsyncHTTPClientTransport
    do { transport = try await connecting.value } catch {
      throw HTTPTransportError("The server did not start.")
    }
    return try await transport.response(to: request)
  }

  private func connect() -> Task<AsyncHTTPClientTransport, any Error> {
    let (addresses, listening) = AsyncStream.makeStream(of: RelayServer.Listening.self)
    let task = Task { [relay] in
      let server = try? RelayServer(
        serving: relay, configuration: .init(listeners: [.init(host: "127.0.0.1", port: 0)]),
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onListening: { listening.yield($0) })
      try? await server?.run()
      listening.finish()
    }
    serving.withLock { $0 = task }
    return Task {
      for await place in addresses {
        if let url = place.urls.first.flatMap(URL.init(string:)) {
          return try AsyncHTTPClientTransport(url: url)
        }
      }
      throw HTTPTransportError("The server did not start.")
    }
  }
}
#endif
