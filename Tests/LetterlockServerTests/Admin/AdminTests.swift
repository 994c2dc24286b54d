#if HTTP && Server
import CoreMetrics
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import LetterlockRelayKit
import LetterlockTestKit
import Synchronization
import TLSCodec
import Testing

@testable import LetterlockServer

/// A store that answers, or does not.
private final class DeafStore: RelayStore {
  let isDeaf = Mutex(false)
  let isBusy = Mutex(false)
  private let base = MemoryRelayStore()

  private func listen() throws(RelayError) {
    if isBusy.withLock({ $0 }) { throw .storeIsBusy }
    if isDeaf.withLock({ $0 }) { throw .unavailable("the store does not answer") }
  }

  func read<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any RelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    try listen()
    return try await base.read(key, body)
  }

  func write<Answer: Sendable>(
    _ key: DistributionKey, _ body: @escaping @Sendable (any WritableRelayRows) throws(RelayError) -> Answer
  ) async throws(RelayError) -> Answer {
    try listen()
    return try await base.write(key, body)
  }

  func removeMessages(expiredBefore time: Int64) async throws(RelayError) {
    try listen()
    try await base.removeMessages(expiredBefore: time)
  }
}

@Suite("What operators are told")
struct AdminTests {
  let servers = TestServers()

  private func serve(
    _ relay: any ServedRelay, log: LogLines = LogLines(), logging: Bool = false
  ) async throws -> (devices: URL, admin: RawClient) {
    var configuration = RelayServer.Configuration(listeners: [.init(host: "127.0.0.1", port: 0)])
    configuration.admin = .init(host: "127.0.0.1", port: 0)
    configuration.logsRequests = logging
    let place = try await servers.serve(relay, configuration, log: log)
    let admin = try #require(place.admin?.url(scheme: "http").flatMap(URL.init(string:)))
    return (try #require(place.urls.first.flatMap(URL.init(string:))), try RawClient(admin))
  }

  private func text(_ client: RawClient, _ path: String) async throws -> String {
    String(decoding: try await client.send(.init(method: "GET", path: path)).body, as: UTF8.self)
  }

  @Test func `a server says that it lives, and that it is ready`() async throws {
    let (devices, admin) = try await serve(InMemoryRelay())
    for path in ["/health", "/ready", "/metrics"] {
      #expect(try await admin.send(.init(method: "GET", path: path)).status == 200)
      #expect(try await RawClient(devices).send(.init(method: "GET", path: path)).status == 404)
      #expect(try await admin.send(.init(method: "POST", path: path)).status == 405)
    }
    #expect(try await admin.send(.init(method: "GET", path: "/v1/relay")).status == 404)
  }

  @Test func `a server whose store does not answer is alive and not ready`() async throws {
    let store = DeafStore()
    let (devices, admin) = try await serve(RelayService(store: store, key: try CheckpointKey()))
    #expect(try await admin.send(.init(method: "GET", path: "/ready")).status == 200)
    store.isDeaf.withLock { $0 = true }
    #expect(try await admin.send(.init(method: "GET", path: "/ready")).status == 503)
    #expect(try await admin.send(.init(method: "GET", path: "/health")).status == 200)
    var request = RelayHTTPRequest(
      method: "POST", path: "/v1/mailbox/read", body: [UInt8](repeating: 1, count: 32))
    request.fields["Content-Type"] = RelayOperation.mediaType
    request.digestBody()
    #expect(try await RawClient(devices).send(request).status == 503)
    #expect(try await text(admin, "/metrics").contains("letterlock_relay_store_errors_total 1\n"))
    store.isDeaf.withLock { $0 = false }
    #expect(try await admin.send(.init(method: "GET", path: "/ready")).status == 200)
  }

  @Test func `a store that others use is no fault, and counted apart`() async throws {
    let store = DeafStore()
    let (devices, admin) = try await serve(RelayService(store: store, key: try CheckpointKey()))
    store.isBusy.withLock { $0 = true }
    var request = RelayHTTPRequest(
      method: "POST", path: "/v1/mailbox/read", body: [UInt8](repeating: 1, count: 32))
    request.fields["Content-Type"] = RelayOperation.mediaType
    request.digestBody()
    let answer = try await RawClient(devices).send(request)
    #expect(answer.status == 503)
    #expect(answer.fields["Retry-After"] == "5")
    #expect(try await text(admin, "/metrics").contains("letterlock_relay_store_errors_total 0\n"))
    #expect(try await text(admin, "/metrics").contains("letterlock_relay_overloads_total 1\n"))
  }

  @Test func `what fails is told from what is busy, and from what is refused for long`() {
    for error in [RelayError.unavailable("The disk is full."), .corrupted(""), .internalError("")] {
      #expect(error.isFault && !error.isOverload)
    }
    for error in [RelayError.storeIsBusy, .hasNoRoom] { #expect(!error.isFault && error.isOverload) }
    for error in [RelayError.waitsForDevices, .unknownAccount, .tooLarge] {
      #expect(!error.isFault && !error.isOverload)
    }
  }

  @Test func `what is measured is named by operation, and by nothing of a person`() async throws {
    let log = LogLines()
    let (url, admin) = try await serve(InMemoryRelay(), log: log, logging: true)
    let http = try HTTPRelay(url: url)
    var account = try await TestAccount(at: http)
    try await account.send([account.record(1)], to: http)
    await #expect(throws: RelayError.unknownAccount) {
      try await http.usage(of: account.id, as: .device(DeviceKeys()))
    }
    let mailbox = try MailboxID(bytes: [UInt8](repeating: 0xa5, count: 32))
    try await http.post([1, 2, 3], to: mailbox, as: .anyone)
    _ = try await RawClient(url).send(.init(method: "GET", path: "/else"))
    let page = try await text(admin, "/metrics")
    for line in [
      "# TYPE letterlock_relay_requests_total counter",
      "letterlock_relay_requests_total{operation=\"createAccount\",status=\"2xx\"} 1",
      "letterlock_relay_requests_total{operation=\"append\",status=\"2xx\"} 1",
      "letterlock_relay_requests_total{operation=\"usage\",status=\"4xx\"} 1",
      "letterlock_relay_requests_total{operation=\"none\",status=\"4xx\"} 1",
      "# TYPE letterlock_relay_request_duration_seconds histogram",
      "letterlock_relay_request_duration_seconds_bucket{operation=\"append\",le=\"+Inf\"} 1",
      "letterlock_relay_request_duration_seconds_count{operation=\"append\"} 1",
      "letterlock_relay_requests_in_flight 0",
      "letterlock_relay_event_streams 0",
      "letterlock_relay_store_errors_total 0",
    ] {
      #expect(page.contains(line + "\n"), "\(line)")
    }
    #expect(!page.contains("letterlock_relay_received_bytes_total 0\n"))
    #expect(!page.contains("letterlock_relay_sent_bytes_total 0\n"))
    let secrets = [
      account.id.description, account.keys.deviceID.description, account.recovery.deviceID.description,
      Hex.encode(mailbox.bytes), "127.0.0.1",
    ]
    for secret in secrets { #expect(!page.contains(secret)) }
    // Nor is it in the log, although each request has a line there.
    #expect(log.contains("notice append 200"))
    let requests = log.all.filter { !$0.contains(" served at ") }
    for secret in secrets { #expect(!requests.contains { $0.contains(secret) }) }
  }

  @Test func `an event stream is counted for as long as it lasts`() async throws {
    let relay = try InMemoryRelay()
    let account = try await TestAccount(at: relay)
    let (url, admin) = try await serve(relay)
    do {
      var request = RelayHTTPRequest(method: "GET", path: "/v1/events")
      request.name(account.id)
      let challenge = try await RawClient(url).challenge()
      try request.sign(by: account.keys, for: try await relay.checkpointKey(as: .anyone), over: challenge)
      let stream = try await AsyncHTTPClientTransport(url: url).response(to: request)
      var pieces = stream.body.makeAsyncIterator()
      _ = try await pieces.next()
      #expect(try await text(admin, "/metrics").contains("letterlock_relay_event_streams 1\n"))
      #expect(try await text(admin, "/metrics").contains("letterlock_relay_requests_in_flight 0\n"))
    }
  }
}

@Suite("Prometheus text format 0.0.4")
struct PrometheusTests {
  let factory = PrometheusFactory(help: ["a_total": "How many."], buckets: [0.5, 1])

  @Test func `counters, gauges and histograms are written as Prometheus reads them`() {
    Counter(label: "a_total", dimensions: [("kind", "x\"\\\ny")], factory: factory).increment(by: 3)
    Counter(label: "a_total", dimensions: [("kind", "z")], factory: factory).increment()
    Meter(label: "b", factory: factory).set(2.5)
    let timer = CoreMetrics.Timer(label: "c_seconds", factory: factory)
    for milliseconds in [500, 501, 2000] { timer.record(duration: .milliseconds(milliseconds)) }
    #expect(
      factory.text == """
        # HELP a_total How many.
        # TYPE a_total counter
        a_total{kind="x\\"\\\\\\ny"} 3
        a_total{kind="z"} 1
        # TYPE b gauge
        b 2.5
        # TYPE c_seconds histogram
        c_seconds_bucket{le="0.5"} 1
        c_seconds_bucket{le="1"} 2
        c_seconds_bucket{le="+Inf"} 3
        c_seconds_sum 3.001
        c_seconds_count 3

        """)
  }

  @Test func `a series that is made again goes on`() {
    for _ in 0..<2 { Counter(label: "a_total", factory: factory).increment() }
    #expect(factory.text.contains("a_total 2\n"))
  }
}
#endif
