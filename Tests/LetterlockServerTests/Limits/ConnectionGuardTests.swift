#if HTTP && Server
import CoreMetrics
import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import LetterlockServer

/// Holds back what is written, as a socket does whose client does not read.
private final class FullSocket: ChannelOutboundHandler {
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private(set) var held: [EventLoopPromise<Void>] = []

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if let promise { held.append(promise) }
  }

  /// Lets the client read one piece.
  func release() { if !held.isEmpty { held.removeFirst().succeed() } }
}

@Suite("Limits: clients that are too slow")
struct ConnectionGuardTests {
  private let channel = EmbeddedChannel()
  private let socket = FullSocket()
  private let head = HTTPRequestPart.head(
    HTTPRequest(method: .post, scheme: "http", authority: "a", path: "/v1/history"))

  init() throws {
    try channel.pipeline.syncOperations.addHandlers(
      socket, ConnectionGuard(ClientLimits(ServerLimits()).paceRules))
    channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1), promise: nil)
    channel.embeddedEventLoop.run()
  }

  private func receive(_ part: HTTPRequestPart) throws {
    try channel.writeInbound(part)
    channel.read()
  }

  private func receive(_ byteCount: Int) throws {
    try receive(.body(ByteBuffer(repeating: 1, count: byteCount)))
  }

  private func pass(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }

  @Test func `a head that takes ten seconds is not waited for`() {
    #expect(channel.isActive)
    pass(9)
    #expect(channel.isActive)
    pass(1)
    #expect(!channel.isActive)
  }

  @Test func `a body that comes too slowly is not waited for`() throws {
    try receive(head)
    pass(9)
    #expect(channel.isActive)
    try receive(1024)
    pass(1)
    #expect(channel.isActive)
    pass(1)
    #expect(!channel.isActive)
  }

  @Test func `a body that comes at one kibibyte a second is taken`() throws {
    try receive(head)
    for _ in 0..<1000 {
      pass(1)
      try receive(1024)
    }
    #expect(channel.isActive)
    try receive(.end(nil))
    pass(1000)
    #expect(channel.isActive)
  }

  @Test func `the time in which the server asks for nothing is not the client's`() throws {
    try channel.writeInbound(head)
    // The server does not read on.
    pass(3600)
    #expect(channel.isActive)
    channel.read()
    pass(9)
    #expect(channel.isActive)
    pass(1)
    #expect(!channel.isActive)
  }

  @Test func `a client that reads nothing for 30 seconds is dropped`() throws {
    try receive(head)
    try receive(.end(nil))
    channel.write(HTTPResponsePart.head(HTTPResponse(status: .ok)), promise: nil)
    channel.write(HTTPResponsePart.body(ByteBuffer(repeating: 1, count: 1 << 18)), promise: nil)
    #expect(socket.held.count == 4)
    for _ in 0..<3 {
      pass(29)
      #expect(channel.isActive)
      socket.release()
    }
    pass(29)
    #expect(channel.isActive)
    pass(1)
    #expect(!channel.isActive)
  }

  @Test func `an answer that was read keeps nobody waiting`() throws {
    try receive(head)
    try receive(.end(nil))
    channel.write(HTTPResponsePart.body(ByteBuffer(repeating: 1, count: 100)), promise: nil)
    socket.release()
    pass(3600)
    #expect(channel.isActive)
  }

  @Test func `the rest of a body that was refused is read for a while only`() throws {
    try receive(head)
    channel.write(HTTPResponsePart.end(nil), promise: nil)
    socket.release()
    try receive(1 << 20)
    #expect(channel.isActive)
    try receive(1)
    #expect(!channel.isActive)
  }

  @Test func `the rest of a body that was refused is not waited for`() throws {
    try receive(head)
    channel.write(HTTPResponsePart.end(nil), promise: nil)
    socket.release()
    for _ in 0..<9 {
      pass(1)
      try receive(1 << 10)
    }
    #expect(channel.isActive)
    pass(1)
    #expect(!channel.isActive)
  }
}

@Suite("Limits: connections")
struct ConnectionLimitTests {
  private let limits: ClientLimits
  private let connections = Connections()

  init() {
    var few = ServerLimits()
    few.connectionCount = 2
    limits = ClientLimits(few)
  }

  private func connect() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel()
    let watch = ConnectionWatch(
      connections: connections, metrics: ServerMetrics(NOOPMetricsHandler.instance), limits: limits,
      timeout: .seconds(60))
    try channel.pipeline.syncOperations.addHandler(ConnectionHandler(watch))
    channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 1), promise: nil)
    channel.embeddedEventLoop.run()
    return channel
  }

  @Test func `one connection too many is closed at once`() throws {
    let channels = try (0..<4).map { _ in try connect() }
    #expect(channels.map(\.isActive) == [true, true, false, false])
    for channel in channels { channel.embeddedEventLoop.run() }
    #expect((limits.connections.count, connections.count) == (2, 2))
    for channel in channels[..<2] {
      channel.close(promise: nil)
      channel.embeddedEventLoop.run()
    }
    #expect((limits.connections.count, connections.count) == (0, 0))
    #expect(try connect().isActive)
  }

  @Test func `a connection that never speaks HTTP is closed`() throws {
    let channel = try connect()
    channel.embeddedEventLoop.advanceTime(by: .seconds(59))
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    channel.embeddedEventLoop.run()
    #expect(!channel.isActive)
    #expect(limits.connections.count == 0)
  }

  @Test func `a connection without a stream is closed after twice the idle time`() throws {
    let channel = try connect()
    let streams = [NegotiationHandler(), NegotiationHandler()]
    for stream in streams { try channel.pipeline.syncOperations.addHandler(stream) }
    channel.embeddedEventLoop.advanceTime(by: .hours(9))
    try channel.pipeline.syncOperations.removeHandler(streams[0]).wait()
    channel.embeddedEventLoop.advanceTime(by: .hours(9))
    try channel.pipeline.syncOperations.removeHandler(streams[1]).wait()
    channel.embeddedEventLoop.advanceTime(by: .seconds(119))
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .seconds(1))
    #expect(!channel.isActive)
  }
}
#endif
