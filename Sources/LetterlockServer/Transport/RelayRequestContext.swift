#if Server
internal import HTTPTypes
internal import Hummingbird
internal import LetterlockHTTPFormat
internal import NIOCore
internal import Synchronization

/// What is known of a request beside its head and body.
struct RelayRequestContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The connection, or the stream of one, that the request came over.
  let channel: any Channel
  /// Who is at the other end of the connection.
  let peer: Peer
  /// The address from which the request comes, as a trusted proxy says, or as the connection has it; nil if neither
  /// tells.
  var clientAddress: IPAddress?
  /// What was found out while the request was answered.
  let notes = RequestNotes()

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
    peer = Peer(of: source.channel)
    if case .address(let address) = peer { clientAddress = address }
  }
}

/// What whoever answers a request tells whoever measures it.
final class RequestNotes: Sendable {
  private let told = Mutex<HTTPProblem?>(nil)

  /// Why the request was not carried out; nil if it was.
  var problem: HTTPProblem? {
    get { told.withLock { $0 } }
    set { told.withLock { $0 = newValue } }
  }
}

extension Peer {
  fileprivate init(of channel: any Channel) {
    guard let remote = channel.remoteAddress else {
      self = .unknown
      return
    }
    if case .unixDomainSocket = remote {
      self = .unixSocket
    } else {
      self = IPAddress(remote).map(Peer.address) ?? .unknown
    }
  }
}

/// Finds out where a request comes from, before another responder answers it.
struct ClientAddressResponder<Next: HTTPResponder>: HTTPResponder where Next.Context == RelayRequestContext {
  let proxies: [TrustedProxy]
  let next: Next

  func respond(to request: Request, context: RelayRequestContext) async throws -> Response {
    guard !proxies.isEmpty, let name = HTTPField.Name("X-Forwarded-For") else {
      return try await next.respond(to: request, context: context)
    }
    var context = context
    context.clientAddress =
      proxies.client(of: context.peer, forwardedFor: request.headers[values: name])
    return try await next.respond(to: request, context: context)
  }
}
#endif
