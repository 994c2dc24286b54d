#if Server
internal import HTTPTypes
internal import Hummingbird
internal import LetterlockFormat
internal import LetterlockRelayKit
internal import NIOCore

/// What operators ask: whether a server lives, whether it is ready, and what it has measured.
struct AdminResponder: HTTPResponder {
  let relay: any ServedRelay
  let drain: DrainState
  let metrics: PrometheusFactory

  func respond(to request: Request, context: RelayRequestContext) async throws -> Response {
    let path = request.head.path?.prefix { $0 != "?" } ?? ""
    guard ["/health", "/ready", "/metrics"].contains(path) else { return .text(.notFound, "not found\n") }
    guard request.method == .get || request.method == .head else {
      return .text(.methodNotAllowed, "only GET\n")
    }
    switch path {
    case "/health": return .text(.ok, "alive\n")
    case "/ready": return await ready()
    default:
      return .text(.ok, metrics.text, mediaType: "text/plain; version=0.0.4; charset=utf-8")
    }
  }

  private func ready() async -> Response {
    guard !drain.hasBegun else { return .text(.serviceUnavailable, "stopping\n") }
    do throws(RelayError) {
      // An account that is not there is looked for in the store each time.
      _ = try await relay.signingKeys(of: DeviceID(unchecked: [UInt8](repeating: 0, count: 32)), in: .none)
    } catch {
      return .text(.serviceUnavailable, "the store does not answer\n")
    }
    return .text(.ok, "ready\n")
  }
}

extension Response {
  fileprivate static func text(
    _ status: HTTPResponse.Status, _ text: String, mediaType: String = "text/plain; charset=utf-8"
  ) -> Response {
    Response(
      status: status, headers: [.contentType: mediaType, .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
#endif
