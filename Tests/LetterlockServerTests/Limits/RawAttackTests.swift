#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTPFormat
import LetterlockRelayKit
import TLSCodec
import Testing

@testable import LetterlockServer

@Suite("SPEC.md section 13: bytes that are no request, or more than one")
struct RawAttackTests {
  private let servers = TestServers()
  private static let mailbox = "POST /v1/mailbox/post HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
  private static let key = "GET /v1/relay HTTP/1.1\r\nHost: a\r\n"

  /// A server that answers, however long it takes on a machine that is busy: these requests end by themselves.
  private func patientServer() async throws -> URL { try await servers.serve(InMemoryRelay()) }

  /// A server that waits for nobody for long.
  private func serve(_ change: (inout ServerLimits) -> Void = { _ in }) async throws -> URL {
    var limits = ServerLimits()
    limits.headTimeout = .milliseconds(300)
    limits.bodyGrace = .milliseconds(300)
    change(&limits)
    return try await servers.serve(InMemoryRelay(), limits: limits, idleTimeout: limits.headTimeout * 2)
  }

  @Test(arguments: [
    "\(key)X: \(String(repeating: "a", count: 9000))\r\n\r\n",
    "\(key)\((0..<70).map { "X\($0): a\r\n" }.joined())\r\n",
    "\(key)\((0..<20).map { "X\($0): \(String(repeating: "a", count: 1000))\r\n" }.joined())\r\n",
    "\(mailbox)Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "\(mailbox)Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "\(mailbox)Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "\(mailbox)Content-Length: 4, 5\r\n\r\nabcde", "\(mailbox)Content-Length: -1\r\n\r\n",
    "\(mailbox)Content-Length: +4\r\n\r\nabcd", "\(mailbox)Content-Length: 99999999999999999999\r\n\r\n",
    "\(mailbox)Transfer-Encoding: gzip, chunked, x\r\n\r\n0\r\n\r\n",
    "\(mailbox)Transfer-Encoding: chunked\r\n\r\nzz\r\n", "\(key)X: a\0b\r\n\r\n", "\(key)X: a\rb\r\n\r\n",
    "\(key)X : a\r\n\r\n", "\(key): a\r\n\r\n", "\(key)X\r\n\r\n", "GET\r\n\r\n", "\0\0\0\0\r\n\r\n",
    "GET /v1/relay HTTP/9.9\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "GET /v1/relay\0 HTTP/1.1\r\nHost: a\r\n\r\n",
  ])
  func `what is no request is refused, and ends the connection`(_ bytes: String) async throws {
    let url = try await serve()
    // What follows must not be taken for a request of its own.
    let text = try await RawConnection.exchange(url, Array((bytes + Self.key + "\r\n").utf8))
    let answers = statuses(in: text)
    #expect(answers.count <= 1, "\(text)")
    #expect(answers.allSatisfy { (400..<500).contains($0) }, "\(text)")
  }

  @Test(arguments: [
    "http://evil.example//v1/relay", "//v1/relay", "/v1//relay", "/v1/../v1/relay", "/v1/./relay",
    "/v1/%72elay", "/v1/relay/", "/V1/relay", "/v1/relay%00", "/v1/relay;a", "*", "/v1/relay#a",
    "/v1/blobs/../relay", "/v1\\relay",
  ])
  func `a path stands for itself alone`(_ target: String) async throws {
    let request = "GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    let text = try await RawConnection.exchange(try await serve(), Array(request.utf8))
    #expect(statuses(in: text).allSatisfy { $0 == 404 || $0 == 400 }, "\(text)")
  }

  /// RFC 9112 section 3.2.2: a server takes it. What a device signs is the path.
  @Test func `a target in absolute form stands for its path`() async throws {
    let request = "GET http://evil.example/v1/relay HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    let text = try await RawConnection.exchange(try await patientServer(), Array(request.utf8))
    #expect(statuses(in: text) == [200], "\(text)")
  }

  @Test func `bytes that are no text in a path or a field are refused`() async throws {
    let url = try await serve()
    let parts: [([UInt8], [UInt8])] = [
      (Array("GET /v1/relay".utf8) + [0xff], Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)),
      (
        Array("GET /v1/usage HTTP/1.1\r\nLetterlock-Account: :".utf8) + [0xc3, 0x28], Array(":\r\n\r\n".utf8)
      ),
    ]
    for (start, end) in parts {
      let answers = statuses(in: try await RawConnection.exchange(url, start + end))
      #expect(answers.allSatisfy { (400..<500).contains($0) })
    }
  }

  @Test func `requests in one piece are answered one by one, in order`() async throws {
    let requests =
      Self.key + "\r\n" + "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
      + "GET /v1/hold HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    let text = try await RawConnection.exchange(try await patientServer(), Array(requests.utf8))
    #expect(statuses(in: text) == [200, 404, 405], "\(text)")
  }

  @Test(arguments: ["Content-Length: 42\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n2a;x=\"y\"\r\n"])
  func `a request in a body is no request`(_ framing: String) async throws {
    let inner = "GET /v1/relay HTTP/1.1\r\nHost: aaaaaaaaa\r\n\r\n".prefix(42)
    let isChunked = framing.hasPrefix("Transfer")
    let end = isChunked ? "\r\n0;a=b\r\nX-Trailer: 1\r\n\r\n" : ""
    let request = Self.mailbox + framing + inner + end
    let text = try await RawConnection.exchange(try await patientServer(), Array(request.utf8))
    #expect(statuses(in: text).count == 1, "\(text)")
    #expect(statuses(in: text).allSatisfy { (400..<500).contains($0) }, "\(text)")
  }

  @Test func `a body that is cut off is not carried out`() async throws {
    let relay = try InMemoryRelay()
    let url = try await servers.serve(relay)
    let mailbox = MailboxID(unchecked: [UInt8](repeating: 1, count: 32))
    let body = PostRequest(mailbox: mailbox, message: Opaque([1, 2, 3])).encoded
    let head =
      Self.mailbox + "Content-Type: \(RelayOperation.mediaType)\r\n"
      + "Content-Digest: \(ContentDigest.value(of: body))\r\nContent-Length: \(body.count)\r\n\r\n"
    let cut = try await RawConnection.exchange(url, Array(head.utf8) + body.dropLast(), endingInput: true)
    #expect(!statuses(in: cut).contains(204))
    #expect(try await relay.messages(in: mailbox, as: .anyone) == [])
    let whole = try await RawConnection.exchange(url, Array(head.utf8) + body)
    #expect(statuses(in: whole) == [204], "\(whole)")
    #expect(try await relay.messages(in: mailbox, as: .anyone) == [[1, 2, 3]])
  }

  @Test func `a length that is too large is refused before a byte of the body is sent`() async throws {
    let head = Self.mailbox + "Content-Type: \(RelayOperation.mediaType)\r\nContent-Length: 99999999\r\n\r\n"
    let text = try await RawConnection.exchange(try await patientServer(), Array(head.utf8))
    #expect(statuses(in: text) == [413], "\(text)")
  }

  @Test(arguments: [
    "GET /v1/relay HTTP/1.1\r\nHost: a\r\nX: ", "", "G", "\(mailbox)Content-Length: 9\r\n\r\na",
  ])
  func `a client that stops in the middle is dropped`(_ bytes: String) async throws {
    let text = try await RawConnection.exchange(try await serve(), Array(bytes.utf8))
    #expect(statuses(in: text).allSatisfy { $0 >= 400 }, "\(text)")
  }

  @Test func `of 300 connections of one address 20 stay`() async throws {
    let url = try await serve { limits in
      limits.headTimeout = .seconds(60)
      limits.countsLoopback = true
      limits.connectionCountPerAddress = 20
    }
    let (closed, closing) = AsyncStream.makeStream(of: Void.self)
    var connections: [RawConnection] = []
    for _ in 0..<300 {
      let connection = try await RawConnection(url)
      connection.channel.channel.closeFuture.whenComplete { _ in closing.yield() }
      connections.append(connection)
    }
    let readers = connections.map { connection in
      Task { try? await connection.channel.executeThenClose { inbound, _ in for try await _ in inbound {} } }
    }
    var count = 0
    for await _ in closed {
      count += 1
      if count == 280 { break }
    }
    #expect(connections.count { $0.channel.channel.isActive } == 20)
    for reader in readers { reader.cancel() }
  }
}
#endif
