#if HTTP && Server
import Foundation
import LetterlockHTTPFormat
import LetterlockRelayKit
import Testing

@testable import LetterlockServer

@Suite("A client's address")
struct ClientAddressTests {
  private func client(
    _ peer: String, _ fields: String..., trusting proxies: String...
  ) throws -> String? {
    let peer = try peer == "unix" ? Peer.unixSocket : .address(#require(IPAddress(peer)))
    let trusted = try proxies.map { try #require(TrustedProxy($0), "\($0)") }
    return trusted.client(of: peer, forwardedFor: fields)?.description
  }

  @Test func `nobody's word counts who is not listed`() throws {
    #expect(try client("192.0.2.9", "203.0.113.7") == "192.0.2.9")
    #expect(try client("192.0.2.9", "203.0.113.7", trusting: "192.0.2.8", "10.0.0.0/8") == "192.0.2.9")
    #expect(try client("unix", "203.0.113.7") == nil)
  }

  @Test func `a listed proxy names its client`() throws {
    #expect(try client("192.0.2.9", "203.0.113.7", trusting: "192.0.2.9") == "203.0.113.7")
    #expect(try client("10.1.2.3", " \t203.0.113.7 ", trusting: "10.0.0.0/8") == "203.0.113.7")
    #expect(try client("2001:db8::5", "2001:DB8:0::7", trusting: "2001:db8::/32") == "2001:db8::7")
    #expect(try client("unix", "203.0.113.7", trusting: "unix") == "203.0.113.7")
  }

  @Test func `what a client made up stands left of what the proxies added`() throws {
    let made = "198.51.100.1, 203.0.113.7, 10.0.0.2"
    #expect(try client("10.0.0.1", made, trusting: "10.0.0.0/24") == "203.0.113.7")
    #expect(
      try client("10.0.0.1", "198.51.100.1", "203.0.113.7", trusting: "10.0.0.1") == "203.0.113.7")
  }

  @Test func `what is no address is ignored, with all that stands left of it`() throws {
    for text in [
      "unknown", "", "203.0.113.7:80", "[2001:db8::7]", "_x", "1.2.3", "1.2.3.4.5", "::1%eth0", "300.1.1.1",
      "[2001:db8::7]:443", "for=203.0.113.7", "\"203.0.113.7\"", "203.0.113.7;x", "fe80::7%25eth0",
      "203.0.113.7 10.0.0.1",
    ] {
      #expect(try client("10.0.0.1", "198.51.100.1, \(text)", trusting: "10.0.0.1") == "10.0.0.1", "\(text)")
      #expect(try client("unix", "198.51.100.1, \(text)", trusting: "unix") == nil, "\(text)")
    }
    #expect(try client("10.0.0.1", trusting: "10.0.0.1") == "10.0.0.1")
  }

  @Test func `a list that a client wrote is taken from no proxy that is not listed`() throws {
    let list = "127.0.0.1, ::1, 10.0.0.1, 203.0.113.7"
    // Nor from one that only a part of the list names as a proxy.
    #expect(try client("192.0.2.9", list, trusting: "10.0.0.1", "127.0.0.1", "unix") == "192.0.2.9")
    #expect(try client("::ffff:192.0.2.9", list, trusting: "10.0.0.0/8") == "192.0.2.9")
    #expect(try client("10.0.0.1", list, trusting: "10.0.0.0/8", "127.0.0.0/8") == "203.0.113.7")
    #expect(
      try client("10.0.0.1", "203.0.113.7, 198.51.100.2, 10.0.0.3, 10.0.0.2", trusting: "10.0.0.0/8")
        == "198.51.100.2")
    #expect(try client("10.0.0.1", "10.0.0.9, 10.0.0.2", trusting: "10.0.0.0/8") == "10.0.0.9")
    #expect(
      try client("10.0.0.1", String(repeating: "10.0.0.2,", count: 10_000), trusting: "10.0.0.0/8")
        == "10.0.0.2")
    #expect(try client("10.0.0.1", ",,,", " ", trusting: "10.0.0.1") == "10.0.0.1")
  }

  @Test func `the field Forwarded is not read`() async throws {
    let servers = TestServers()
    let log = LogLines()
    var configuration = RelayServer.Configuration(listeners: [.init(host: "127.0.0.1", port: 0)])
    configuration.trustedProxies = [try #require(TrustedProxy("127.0.0.1"))]
    (configuration.logsRequests, configuration.logsAddresses) = (true, true)
    let place = try await servers.serve(InMemoryRelay(), configuration, log: log)
    let client = try RawClient(#require(place.urls.first.flatMap { URL(string: $0) }))
    for (name, value) in [
      ("Forwarded", "for=203.0.113.7"), ("X-Real-IP", "203.0.113.7"), ("X-Forwarded-For", "203.0.113.8"),
    ] {
      var request = RelayHTTPRequest(method: "GET", path: "/v1/relay")
      request.fields[name] = value
      #expect(try await client.send(request).status == 200)
    }
    #expect(!log.contains("203.0.113.7"))
    #expect(log.contains("from 203.0.113.8"))
  }

  @Test func `an IPv4 address in an IPv6 one is that IPv4 address`() throws {
    #expect(try client("::ffff:10.0.0.1", "::ffff:203.0.113.7", trusting: "10.0.0.1") == "203.0.113.7")
    #expect(IPAddress("::ffff:10.0.0.1")?.bytes == [10, 0, 0, 1])
    #expect(
      try #require(IPAddress("1:2:3:4:5:6:7:8")).bytes == [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8])
    #expect(try #require(IPAddress("::")).bytes == [UInt8](repeating: 0, count: 16))
    #expect(try #require(IPAddress("64:ff9b::192.0.2.1")).bytes.suffix(4) == [192, 0, 2, 1])
  }

  @Test func `a network ends at its last bit`() throws {
    let odd = try #require(TrustedProxy("192.0.2.128/25"))
    for (text, isIncluded) in [("192.0.2.128", true), ("192.0.2.255", true), ("192.0.2.127", false)] {
      #expect(odd.includes(.address(try #require(IPAddress(text)))) == isIncluded, "\(text)")
    }
    #expect(try #require(TrustedProxy("0.0.0.0/0")).includes(.address(try #require(IPAddress("1.2.3.4")))))
    #expect(try !#require(TrustedProxy("0.0.0.0/0")).includes(.address(try #require(IPAddress("::1")))))
    for text in [
      "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/", "::/129", "name", "", "unix:", "/8",
    ] {
      #expect(TrustedProxy(text) == nil, "\(text)")
    }
  }

  @Test func `an address to listen at is a port or a socket`() throws {
    for text in ["127.0.0.1:0", "[::1]:8460", "localhost:65535", "unix:/run/relay.sock"] {
      #expect(try #require(RelayServer.Address(text), "\(text)").description == text)
    }
    let long = "unix:/" + String(repeating: "x", count: 200)
    for text in [
      "", "8460", ":8460", "host:", "host:65536", "host:-1", "::1:80", "unix:", "unix:x", "unix:/a\0b", long,
    ] {
      #expect(RelayServer.Address(text) == nil, "\(text)")
    }
  }
}
#endif
