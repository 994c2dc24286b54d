#if Server
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import Synchronization

/// The connections that a server has.
final class Connections: Sendable {
  private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

  /// Closes them, whatever is under way.
  func closeAll() {
    for channel in open.withLock({ Array($0.values) }) { channel.close(promise: nil) }
  }

  var count: Int { open.withLock { $0.count } }

  fileprivate func add(_ channel: any Channel) {
    open.withLock { $0[ObjectIdentifier(channel)] = channel }
  }

  fileprivate func remove(_ channel: any Channel) {
    _ = open.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
  }
}

/// A connection's channel, watched from its socket on.
struct WatchedChannel<Base: ServerChildChannel>: ServerChildChannel {
  let base: Base
  let connections: Connections
  let metrics: ServerMetrics
  let timeout: TimeAmount

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(
        ConnectionHandler(connections: connections, metrics: metrics, timeout: timeout))
    }.flatMap { base.setup(channel: channel, logger: logger) }
  }

  func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

extension ServerChildChannel {
  /// The same channel, watched.
  func watched(
    _ connections: Connections, _ metrics: ServerMetrics, timeout: TimeAmount
  ) -> any ServerChildChannel {
    WatchedChannel(base: self, connections: connections, metrics: metrics, timeout: timeout)
  }
}

/// Counts a connection and its bytes, and closes one that never comes to speak HTTP.
private final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = IOData
  typealias OutboundOut = IOData

  private let connections: Connections
  private let metrics: ServerMetrics
  private let timeout: TimeAmount
  private var deadline: Scheduled<Void>?

  init(connections: Connections, metrics: ServerMetrics, timeout: TimeAmount) {
    (self.connections, self.metrics, self.timeout) = (connections, metrics, timeout)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    connections.add(context.channel)
    metrics.connections.increment(by: 1)
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    negotiated()
    connections.remove(context.channel)
    metrics.connections.decrement(by: 1)
  }

  /// The connection speaks HTTP: other timeouts hold from now on.
  func negotiated() {
    deadline?.cancel()
    deadline = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    metrics.receivedBytes.increment(by: unwrapInboundIn(data).readableBytes)
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    metrics.sentBytes.increment(by: unwrapOutboundIn(data).readableBytes)
    context.write(data, promise: promise)
  }
}

/// Stands where HTTP is spoken: in a connection of HTTP/1.1, or in a stream of one of HTTP/2.
final class NegotiationHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  func handlerAdded(context: ChannelHandlerContext) {
    for channel in [context.channel, context.channel.parent] {
      guard let channel, channel.eventLoop.inEventLoop,
        let handler = try? channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
      else { continue }
      return handler.negotiated()
    }
  }
}
#endif
