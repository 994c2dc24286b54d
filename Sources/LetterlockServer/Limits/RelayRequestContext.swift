#if Server
internal import Hummingbird
internal import NIOCore

/// What a request came with that does not stand in it.
struct RelayRequestContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The connection, or the stream of one, that the request came over.
  let channel: any Channel
  /// The client's address; nil if there is none, or it is not known.
  let clientAddress: String?

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
    clientAddress = source.channel.remoteAddress?.ipAddress
  }
}
#endif
