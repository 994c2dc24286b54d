#if Server
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOSSL
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
  let watch: ConnectionWatch

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
    channel.eventLoop.makeCompletedFuture {
      try channel.pipeline.syncOperations.addHandler(ConnectionHandler(watch))
    }.flatMap { base.setup(channel: channel, logger: logger) }
      .flatMapThrowing { value in
        let pipeline = channel.pipeline.syncOperations
        if let tls = try? pipeline.handler(type: NIOSSLServerHandler.self) {
          try pipeline.addHandler(FlushBeforeClose(), position: .after(tls))
        }
        return value
      }
  }

  func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}

extension ServerChildChannel {
  /// The same channel, watched.
  func watched(_ watch: ConnectionWatch) -> any ServerChildChannel {
    WatchedChannel(base: self, watch: watch)
  }
}

/// What connections are counted by, and held to.
struct ConnectionWatch: Sendable {
  let connections: Connections
  let metrics: ServerMetrics
  /// Of clients; nil where none hold.
  let limits: ClientLimits?
  /// How long a connection may be there before it speaks HTTP, and twice as long without a request after one.
  let timeout: TimeAmount
}

/// Counts a connection and its bytes, and closes one that is one too many, one that never comes to speak HTTP, and one of
/// HTTP/2 that neither asks nor goes.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = IOData
  typealias OutboundOut = IOData

  private let watch: ConnectionWatch
  private var metrics: ServerMetrics { watch.metrics }
  private var deadline: Scheduled<Void>?
  private var address: ClientAddress?
  /// Whether it has a place among those that there may be; nil before it has asked for one.
  private var isAdmitted: Bool?
  /// The connection of HTTP/1.1, or the streams of one of HTTP/2.
  private var streamCount = 0

  init(_ watch: ConnectionWatch) { self.watch = watch }

  func handlerAdded(context: ChannelHandlerContext) {
    watch.connections.add(context.channel)
    metrics.connections.increment(by: 1)
    setDeadline(watch.timeout, context.channel)
    if context.channel.isActive { admit(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
    watch.connections.remove(context.channel)
    metrics.connections.decrement(by: 1)
    if isAdmitted == true { watch.limits?.connections.close(from: address) }
    isAdmitted = false
  }

  func channelActive(context: ChannelHandlerContext) {
    admit(context)
    context.fireChannelActive()
  }

  private func admit(_ context: ChannelHandlerContext) {
    guard isAdmitted == nil, let limits = watch.limits else { return }
    address = limits.countedAddress(of: context.channel)
    isAdmitted = limits.connections.open(from: address)
    if isAdmitted == false { context.close(promise: nil) }
  }

  private func setDeadline(_ time: TimeAmount, _ channel: any Channel) {
    deadline?.cancel()
    deadline = channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
  }

  /// The connection speaks HTTP: other timeouts hold from now on.
  fileprivate func streamBegan() {
    streamCount += 1
    deadline?.cancel()
    deadline = nil
  }

  /// Hummingbird asks a client that has no stream for long to go, and waits for its answer for ever.
  fileprivate func streamEnded(of channel: any Channel) {
    streamCount -= 1
    guard streamCount == 0, channel.isActive else { return }
    setDeadline(watch.timeout * 2, channel)
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

/// Sends what was written before a connection is closed. Hummingbird closes one of HTTP/2 that drains with the last stream's
/// answer, which TLS would otherwise drop.
private final class FlushBeforeClose: ChannelOutboundHandler {
  typealias OutboundIn = NIOAny
  typealias OutboundOut = NIOAny

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    context.flush()
    context.close(mode: mode, promise: promise)
  }
}

/// Stands where HTTP is spoken: in a connection of HTTP/1.1, or in a stream of one of HTTP/2.
final class NegotiationHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = NIOAny

  private var connection: (handler: ConnectionHandler, channel: any Channel)?

  func handlerAdded(context: ChannelHandlerContext) {
    for channel in [context.channel, context.channel.parent] {
      guard let channel, channel.eventLoop.inEventLoop,
        let handler = try? channel.pipeline.syncOperations.handler(type: ConnectionHandler.self)
      else { continue }
      connection = (handler, channel)
      return handler.streamBegan()
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    if let (handler, channel) = connection { handler.streamEnded(of: channel) }
    connection = nil
  }
}

@available(*, unavailable)
extension ConnectionHandler: Sendable {}

@available(*, unavailable)
extension NegotiationHandler: Sendable {}
#endif
