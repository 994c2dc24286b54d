#if HTTP && Server && X509
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// A frame of HTTP/2. RFC 9113 section 4.1.
struct RawFrame: Equatable {
  enum Kind: UInt8 { case data, headers, priority, reset, settings, push, ping, goAway, window, continuation }

  static let (endStream, acknowledgement, endHeaders): (UInt8, UInt8, UInt8) = (1, 1, 4)

  var kind: Kind
  var flags: UInt8 = 0
  var stream: UInt32 = 0
  var payload: [UInt8] = []

  var bytes: [UInt8] {
    let count = payload.count
    return [UInt8(count >> 16 & 0xff), UInt8(count >> 8 & 0xff), UInt8(count & 0xff), kind.rawValue, flags]
      + Self.number(stream) + payload
  }

  static func number(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// The number that the payload has at a place.
  func number(at place: Int) -> UInt32 {
    payload.dropFirst(place).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// A request's head, without the table of HPACK but for names. RFC 7541 section 6.2.2.
  static func head(
    _ stream: UInt32, post path: String? = nil, fields: [(String, String)] = [], flags: UInt8 = endHeaders
  ) -> RawFrame {
    func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }
    var block: [UInt8] = [path == nil ? 0x82 : 0x83, 0x87, 0x01] + text("a")
    block += [0x04] + text(path ?? "/v1/relay")
    for (name, value) in fields { block += [0x00] + text(name) + text(value) }
    return RawFrame(
      kind: .headers, flags: flags | (path == nil ? endStream : 0), stream: stream, payload: block)
  }
}

/// A connection of HTTP/2 over TLS, over which frames go as they are.
struct RawHTTP2 {
  private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

  init(_ url: URL, trusting certificate: String) async throws {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)))
    tls.certificateVerification = .noHostnameVerification
    tls.applicationProtocols = ["h2"]
    let context = try NIOSSLContext(configuration: tls)
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: url.host() ?? "", port: url.port ?? 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: context, serverHostname: nil))
          return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
        }
      }
  }

  /// What a test says over the connection.
  struct Talk {
    fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    fileprivate var buffer: [UInt8] = []

    /// Sends frames. The server may have closed the connection meanwhile.
    func send(_ frames: [RawFrame]) async {
      try? await outbound.write(ByteBuffer(bytes: frames.flatMap(\.bytes)))
    }

    /// The next frame; nil at the connection's end.
    mutating func next() async -> RawFrame? {
      while true {
        if let frame = frame() { return frame }
        guard let more = try? await inbound.next() else { return nil }
        buffer += more.readableBytesView
      }
    }

    /// The next frame of a kind; nil if the connection ends without one.
    mutating func next(_ kind: RawFrame.Kind, where isWanted: (RawFrame) -> Bool = { _ in true }) async
      -> RawFrame?
    {
      while let frame = await next() { if frame.kind == kind, isWanted(frame) { return frame } }
      return nil
    }

    /// All frames until the connection ends.
    mutating func rest() async -> [RawFrame] {
      var frames: [RawFrame] = []
      while let frame = await next() { frames.append(frame) }
      return frames
    }

    private mutating func frame() -> RawFrame? {
      guard buffer.count >= 9 else { return nil }
      let count = buffer[..<3].reduce(0) { $0 << 8 | Int($1) }
      guard buffer.count >= 9 + count, let kind = RawFrame.Kind(rawValue: buffer[3]) else { return nil }
      let stream = buffer[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let frame = RawFrame(
        kind: kind, flags: buffer[4], stream: stream, payload: Array(buffer[9..<9 + count]))
      buffer.removeFirst(9 + count)
      return frame
    }
  }

  /// Begins the connection, and closes it after `body`.
  func talk<Answer>(_ body: (inout Talk) async throws -> Answer) async throws -> Answer {
    try await channel.executeThenClose { inbound, outbound in
      let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
      try? await outbound.write(ByteBuffer(bytes: preface + RawFrame(kind: .settings).bytes))
      var talk = Talk(outbound: outbound, inbound: inbound.makeAsyncIterator())
      return try await body(&talk)
    }
  }
}
#endif
