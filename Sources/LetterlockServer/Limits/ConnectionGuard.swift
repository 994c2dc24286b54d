#if Server
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOHTTPTypes

/// Closes a connection whose client is too slow; over HTTP/2, the stream.
///
/// It stands behind the HTTP codec. Pieces of answers pass it in slices, so that it sees that a slow client goes on.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let rules: ConnectionPace.Rules
  /// What the client is held to; nil before the connection is there, and after it.
  private var pace: ConnectionPace?
  private var timer: Scheduled<Void>?
  private var timerDeadline = NIODeadline.distantFuture
  /// How many bytes one slice has.
  private let sliceByteCount = 1 << 16

  init(_ rules: ConnectionPace.Rules) { self.rules = rules }

  func handlerAdded(context: ChannelHandlerContext) {
    // Over HTTP/2 a request has a channel of its own, and no decoder of bytes.
    let decoder = try? context.pipeline.syncOperations.handler(
      type: ByteToMessageHandler<HTTPRequestDecoder>.self)
    if let decoder {
      keepLittleUnsent(context.channel)
      try? context.pipeline.syncOperations.addHandler(ByteWatcher(self), position: .before(decoder))
    }
    if context.channel.isActive { begin(context) }
  }

  /// Has the system take no more of an answer than can be sent soon: otherwise it takes megabytes at once, and nobody sees
  /// for a long time that a slow client goes on.
  private func keepLittleUnsent(_ channel: any Channel) {
    #if os(Linux)
    let unsentLimit = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 25))
    // A connection that has no such option, such as one of a Unix socket, goes on without it.
    channel.setOption(unsentLimit, value: 1 << 17).whenComplete { _ in }
    #endif
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func begin(_ context: ChannelHandlerContext) {
    guard pace == nil else { return }
    pace = ConnectionPace(rules, at: context.eventLoop.now)
    setTimer(context)
  }

  private func end() {
    timer?.cancel()
    timer = nil
    pace = nil
  }

  /// Bytes came, of whatever they are.
  fileprivate func bytesArrived(at now: NIODeadline) { pace?.bytesArrived(at: now) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let now = context.eventLoop.now
    switch unwrapInboundIn(data) {
    case .head: pace?.headArrived(at: now)
    case .body(let bytes): pace?.bodyArrived(bytes.readableBytes, at: now)
    case .end: pace?.requestEnded()
    }
    if pace?.hasDrainedEnough == true { return context.close(promise: nil) }
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    pace?.readCompleted(at: context.eventLoop.now)
    context.fireChannelReadComplete()
    setTimer(context)
  }

  func read(context: ChannelHandlerContext) {
    pace?.readRequested(at: context.eventLoop.now)
    setTimer(context)
    context.read()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    switch unwrapOutboundIn(data) {
    case .head: context.write(data, promise: promise)
    case .body(var bytes):
      while bytes.readableBytes > sliceByteCount, let slice = bytes.readSlice(length: sliceByteCount) {
        write(.body(slice), nil, context)
      }
      write(.body(bytes), promise, context)
    case .end(let trailers):
      write(.end(trailers), promise, context)
      pace?.answerEnded(at: context.eventLoop.now)
    }
    setTimer(context)
  }

  private func write(
    _ part: HTTPResponsePart, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
  ) {
    let loop = context.eventLoop
    let promise = promise ?? loop.makePromise(of: Void.self)
    pace?.writeBegan(at: loop.now)
    promise.futureResult.assumeIsolated().whenComplete { [weak self] _ in
      self?.pace?.writeEnded(at: loop.now)
    }
    context.write(wrapOutboundOut(part), promise: promise)
  }

  /// Looks again at the next deadline, which may be over already.
  private func setTimer(_ context: ChannelHandlerContext) {
    guard let deadline = pace?.deadline, timer == nil || deadline < timerDeadline else { return }
    timer?.cancel()
    timerDeadline = deadline
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
      self?.timeIsUp(context)
    }
  }

  private func timeIsUp(_ context: ChannelHandlerContext) {
    timer = nil
    guard let deadline = pace?.deadline else { return }
    guard deadline > context.eventLoop.now else { return context.close(promise: nil) }
    setTimer(context)
  }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}

/// Tells a guard that bytes came, before anything is decoded.
private final class ByteWatcher: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: ConnectionGuard

  init(_ connection: ConnectionGuard) { self.connection = connection }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    connection.bytesArrived(at: context.eventLoop.now)
    context.fireChannelRead(data)
  }
}

@available(*, unavailable)
extension ByteWatcher: Sendable {}
#endif
