#if HTTP
internal import AsyncHTTPClient
public import Foundation
internal import NIOCore
internal import NIOSSL
public import LetterlockHTTPFormat

/// Carries requests by async-http-client.
public final class AsyncHTTPClientTransport: HTTPTransport {
  private let origin: String
  private let client: HTTPClient

  /// A transport to the server at an `http` or `https` URL, of which only scheme, host and port count.
  /// - Parameters:
  ///   - url: Where the server is.
  ///   - authorities: Certificates, in PEM, of the authorities that the server's own must lead to; nil for those of the
  ///     system. Its name must be the URL's in either case.
  /// - Throws: `HTTPTransportError` if it is no such URL, or if there is no certificate in `authorities`.
  public init(url: URL, trusting authorities: [UInt8]? = nil) throws(HTTPTransportError) {
    guard let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
      let host = url.host(percentEncoded: true), !host.isEmpty, ["", "/"].contains(url.path()),
      url.query() == nil, url.fragment() == nil, url.user() == nil
    else { throw HTTPTransportError("A relay's address is http or https, a host, and if need be a port.") }
    let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    origin = "\(scheme)://\(name)" + (url.port.map { ":\($0)" } ?? "")
    var configuration = HTTPClient.Configuration()
    configuration.tlsConfiguration = try authorities.map(Self.tls)
    configuration.redirectConfiguration = .disallow
    configuration.decompression = .disabled
    configuration.timeout = .init(connect: .seconds(10), read: .seconds(60))
    // Shorter than servers keep one, so that none is closed just when it is used again.
    configuration.connectionPool.idleTimeout = .seconds(30)
    client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
  }

  /// TLS with a server whose certificate leads to one of these, and to no other.
  private static func tls(trusting authorities: [UInt8]) throws(HTTPTransportError) -> TLSConfiguration {
    guard let certificates = try? NIOSSLCertificate.fromPEMBytes(authorities), !certificates.isEmpty else {
      throw HTTPTransportError("There is no certificate in PEM among those that are to be trusted.")
    }
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates(certificates)
    return configuration
  }

  deinit { client.shutdown { _ in } }

  /// Sends a request.
  public func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse {
    var outgoing = HTTPClientRequest(url: origin + request.target)
    outgoing.method = .init(rawValue: request.method)
    for field in request.fields.all { outgoing.headers.add(name: field.name, value: field.value) }
    if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
    do {
      let response = try await execute(outgoing)
      var fields = HTTPFieldList()
      for (name, value) in response.headers { fields.append(name, value) }
      return RelayHTTPResponse(
        status: Int(response.status.code), fields: fields,
        // The client stays for as long as the body is read.
        body: RelayHTTPBody(
          response.body.map { buffer in withExtendedLifetime(self) { Array(buffer: buffer) } }))
    } catch {
      throw HTTPTransportError("The relay at \(origin) cannot be reached (\(error)).")
    }
  }

  /// How many connections may turn out to be closed before one request is given up.
  private static let closedConnectionCount = 2

  /// Sends a request. A server may close a connection that was kept just when it is used again: then no byte of an answer
  /// comes, and the request goes once more, over another one. Whether it was carried out does not matter: each request may
  /// be (SPEC.md section 13.4).
  private func execute(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
    for _ in 0..<Self.closedConnectionCount {
      do { return try await client.execute(request, deadline: .distantFuture) } catch {
        guard Self.isClosedConnection(error), !Task.isCancelled else { throw error }
      }
    }
    return try await client.execute(request, deadline: .distantFuture)
  }

  private static func isClosedConnection(_ error: any Error) -> Bool {
    switch error {
    case let error as HTTPClientError: error == .remoteConnectionClosed
    case let error as ChannelError: error == .ioOnClosedChannel || error == .alreadyClosed || error == .eof
    case let error as IOError: [ECONNRESET, EPIPE, ECONNABORTED].contains(error.errnoCode)
    default: false
    }
  }
}
#endif
