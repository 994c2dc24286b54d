#if HTTP && Server
import Foundation
import NIOCore
import NIOPosix

/// A connection over which bytes go as they are.
struct RawConnection {
  let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

  init(_ url: URL) async throws {
    channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.allowRemoteHalfClosure, value: true)
      .connect(host: url.host() ?? "", port: url.port ?? 0) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
      }
  }

  /// Sends bytes, and returns all that comes until the server closes the connection.
  static func exchange(_ url: URL, _ bytes: [UInt8], endingInput: Bool = false) async throws -> String {
    try await RawConnection(url).channel.executeThenClose { inbound, outbound in
      // The server may have closed the connection before all of it was sent.
      try? await outbound.write(ByteBuffer(bytes: bytes))
      if endingInput { outbound.finish() }
      var received: [UInt8] = []
      do {
        for try await piece in inbound { received += piece.readableBytesView }
      } catch {
        // A server that drops a client resets the connection.
      }
      return String(decoding: received, as: UTF8.self)
    }
  }
}

/// The statuses of the answers in what a server sent.
func statuses(in text: String) -> [Int] {
  text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
}
#endif
