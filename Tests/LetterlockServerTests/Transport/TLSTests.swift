#if HTTP && Server && X509
import AsyncHTTPClient
import Crypto
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import LetterlockRelayKit
import LetterlockTestKit
import NIOCore
import NIOSSL
import SwiftASN1
import Testing
import X509

@testable import LetterlockServer

/// A certificate that a relay of this machine signed for itself, and its key, in PEM.
struct SelfSignedCertificate {
  let certificate: String
  let key: String

  /// A certificate for names; for this machine's address if none are given.
  init(for names: [GeneralName] = [.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))]) throws {
    let key = P256.Signing.PrivateKey()
    let name = try DistinguishedName { CommonName("Relay") }
    let certificate = try X509.Certificate(
      version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
      notValidBefore: Date(timeIntervalSinceNow: -3600), notValidAfter: Date(timeIntervalSinceNow: 86_400),
      issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
      extensions: try X509.Certificate.Extensions {
        SubjectAlternativeNames(names)
      },
      issuerPrivateKey: .init(key))
    self.certificate = try certificate.serializeAsPEM().pemString
    self.key = key.pemRepresentation
  }
}

/// Carries a relay's requests over TLS, to whom one certificate shows.
private struct TrustingTransport: HTTPTransport {
  let url: String
  let client: HTTPClient

  func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse {
    var outgoing = HTTPClientRequest(url: url + request.target)
    outgoing.method = .init(rawValue: request.method)
    for field in request.fields.all { outgoing.headers.add(name: field.name, value: field.value) }
    if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
    do {
      let response = try await client.execute(outgoing, timeout: .seconds(30))
      var fields = HTTPFieldList()
      for (name, value) in response.headers { fields.append(name, value) }
      return RelayHTTPResponse(
        status: Int(response.status.code), fields: fields,
        body: RelayHTTPBody(response.body.map { Array(buffer: $0) }))
    } catch { throw HTTPTransportError("\(error)") }
  }
}

@Suite("A relay behind TLS")
struct TLSTests {
  let servers = TestServers()
  let folder: TemporaryFolder
  let files: RelayServer.TLSFiles
  let log = LogLines()

  init() throws {
    folder = try TemporaryFolder()
    files = .init(certificateChain: folder.file("chain.pem"), privateKey: folder.file("key.pem"))
  }

  private func write(_ certificate: String, _ key: String) throws {
    try Data(certificate.utf8).write(to: URL(fileURLWithPath: files.certificateChain))
    try Data(key.utf8).write(to: URL(fileURLWithPath: files.privateKey))
  }

  private var configuration: RelayServer.Configuration {
    var configuration = RelayServer.Configuration(listeners: [.init(host: "127.0.0.1", port: 0)])
    configuration.tls = files
    return configuration
  }

  /// The version of HTTP and the status that curl gets when it trusts a certificate alone; nil if it gets none.
  private func curl(_ url: String, trusting certificate: String, _ options: String...) async throws -> String?
  {
    let trusted = folder.file("trusted-\(UUID()).pem")
    try Data(certificate.utf8).write(to: URL(fileURLWithPath: trusted))
    let output = folder.file("output-\(UUID())")
    let outcome = try await ShortProcess.run(
      "/usr/bin/curl",
      ["-sS", "--max-time", "20", "--noproxy", "*", "--cacert", trusted, "-o", "/dev/null"]
        + options + ["-w", "%{stderr}%{http_version} %{http_code}", "\(url)/v1/relay"], errors: output)
    return outcome == 0 ? try String(contentsOfFile: output, encoding: .utf8) : nil
  }

  @Test func `clients choose HTTP/2 or HTTP/1.1, and TLS 1.2 or later`() async throws {
    let pair = try SelfSignedCertificate()
    try write(pair.certificate, pair.key)
    let url = try #require(try await servers.serve(InMemoryRelay(), configuration, log: log).urls.first)
    #expect(url.hasPrefix("https://127.0.0.1:"))
    #expect(try await curl(url, trusting: pair.certificate, "--http2") == "2 200")
    #expect(try await curl(url, trusting: pair.certificate, "--http1.1") == "1.1 200")
    #expect(try await curl(url, trusting: pair.certificate, "--tlsv1.2", "--tls-max", "1.2") == "2 200")
    #expect(
      try await curl(url, trusting: pair.certificate, "--tls-max", "1.1", "--ciphers", "ALL@SECLEVEL=0")
        == nil)
    #expect(try await curl(url, trusting: try SelfSignedCertificate().certificate) == nil)
  }

  @Test(arguments: [HTTPClient.Configuration.HTTPVersion.automatic, .http1Only])
  func `a device uses its relay over TLS`(_ version: HTTPClient.Configuration.HTTPVersion) async throws {
    let pair = try SelfSignedCertificate()
    try write(pair.certificate, pair.key)
    let relay = try InMemoryRelay()
    let url = try #require(try await servers.serve(relay, configuration).urls.first)
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pair.certificate.utf8)))
    var client = HTTPClient.Configuration(tlsConfiguration: tls)
    client.httpVersion = version
    try await HTTPClient.withHTTPClient(configuration: client) { client in
      let http = HTTPRelay(transport: TrustingTransport(url: url, client: client))
      var account = try await TestAccount(at: http)
      try await account.send([account.record(1)], to: http)
      let content = [UInt8](repeating: 7, count: 300_000)
      let upload = try account.upload(of: content)
      _ = try await http.beginBlob(upload, of: account.id, as: account.caller)
      try await http.writeBlob(upload.blob, of: account.id, at: 0, content, as: account.caller)
      let read = try await http.readBlob(
        upload.blob, of: account.id, at: 0, byteCount: content.count, as: account.caller)
      #expect(read == content)
    }
  }

  @Test func `a device trusts the authorities that it is given, and checks the name in either case`()
    async throws
  {
    let (pair, other) = (try SelfSignedCertificate(), try SelfSignedCertificate())
    try write(pair.certificate, pair.key)
    let place = try await servers.serve(InMemoryRelay(), configuration)
    let url = try #require(place.urls.first.flatMap { URL(string: $0) })
    func key(_ url: URL, trusting authorities: String?) async throws -> [UInt8] {
      try await HTTPRelay(url: url, trusting: authorities.map { Array($0.utf8) }).checkpointKey(as: .anyone)
    }
    #expect(try await !key(url, trusting: pair.certificate).isEmpty)
    for authorities in [nil, other.certificate] {
      await #expect(throws: RelayError.self) { try await key(url, trusting: authorities) }
    }
    // One that is trusted, and of another name.
    let foreign = try SelfSignedCertificate(for: [.dnsName("relay.example")])
    try write(foreign.certificate, foreign.key)
    let second = try await servers.serve(InMemoryRelay(), configuration)
    let wrong = try #require(second.urls.first.flatMap { URL(string: $0) })
    await #expect(throws: RelayError.self) { try await key(wrong, trusting: foreign.certificate) }
    for text in ["", "no PEM", pair.key] {
      #expect(throws: RelayError.self) { try HTTPRelay(url: url, trusting: Array(text.utf8)) }
    }
  }

  @Test func `a new certificate is used without a new start, and a bad one is not`() async throws {
    let (old, new) = (try SelfSignedCertificate(), try SelfSignedCertificate())
    try write(old.certificate, old.key)
    let (server, place) = try await servers.start(InMemoryRelay(), configuration, log: log)
    let url = try #require(place.urls.first)
    for (certificate, key) in [
      (new.certificate, old.key), ("no PEM", new.key), (new.certificate, "no PEM"), ("", ""),
    ] {
      try write(certificate, key)
      server.reloadCertificate()
      #expect(log.all.last?.hasPrefix("error A new certificate cannot be used") == true)
      #expect(try await curl(url, trusting: old.certificate) == "2 200")
    }
    try FileManager.default.removeItem(atPath: files.privateKey)
    server.reloadCertificate()
    #expect(log.all.last?.contains("cannot be read") == true)
    try write(new.certificate, new.key)
    server.reloadCertificate()
    #expect(log.all.last?.contains("get the new certificate") == true)
    #expect(try await curl(url, trusting: new.certificate) == "2 200")
    #expect(try await curl(url, trusting: old.certificate) == nil)
  }

  @Test func `files that change are seen, and judged once`() async throws {
    let (old, new) = (try SelfSignedCertificate(), try SelfSignedCertificate())
    try write(old.certificate, old.key)
    let credentials = try TLSCredentials(files)
    #expect(try !credentials.reload(isAsked: false))
    try write(new.certificate, old.key)
    #expect(throws: RelayServerError.self) { try credentials.reload(isAsked: false) }
    #expect(try !credentials.reload(isAsked: false))
    #expect(throws: RelayServerError.self) { try credentials.reload(isAsked: true) }
    try write(new.certificate, new.key)
    #expect(try credentials.reload(isAsked: false))
  }

  @Test func `a server without a certificate that can be used does not start`() async throws {
    let (one, other) = (try SelfSignedCertificate(), try SelfSignedCertificate())
    for (certificate, key) in [(one.certificate, other.key), ("", one.key), (one.certificate, "")] {
      try write(certificate, key)
      await #expect(throws: RelayServerError.self) { try await servers.serve(InMemoryRelay(), configuration) }
    }
  }

  @Test func `a Unix socket has no TLS`() async throws {
    let pair = try SelfSignedCertificate()
    try write(pair.certificate, pair.key)
    var configuration = configuration
    configuration.listeners = [.unixSocket(path: folder.file("s"))]
    _ = try await servers.serve(InMemoryRelay(), configuration)
    #expect(
      try await curl("http://localhost", trusting: pair.certificate, "--unix-socket", folder.file("s"))
        == "1.1 200")
  }
}

/// Another program, run to its end without holding up a thread of tests.
enum ShortProcess {
  static func run(_ program: String, _ arguments: [String], errors path: String) async throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    process.standardInput = FileHandle.nullDevice
    return try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch {
        process.terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
  }
}
#endif
