#if HTTP && Server
import Foundation
import Letterlock
import LetterlockFormat
import LetterlockHTTPFormat
import LetterlockRelayKit
import LetterlockSQLite
import LetterlockTestKit
import Synchronization
import Testing

@testable import LetterlockHTTP

/// A transport that answers each request for events with the next of some streams, and everything else with a challenge.
private final class ScriptedTransport: HTTPTransport {
  enum Answer: Sendable {
    /// Text, after which the stream ends.
    case text(String)
    /// Text, after which nothing comes.
    case silence(String)
    case problem(HTTPProblem)
    case none
  }

  private let answers: Mutex<[Answer]>
  /// What each request for events said was told.
  let asked = Mutex<[String?]>([])

  init(_ answers: [Answer]) { self.answers = Mutex(answers) }

  func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse {
    guard request.path == "/v1/events" else {
      return response(200, RelayOperation.mediaType, RelayHTTPBody([UInt8](repeating: 1, count: 32)))
    }
    asked.withLock { $0.append(request.fields["Last-Event-ID"]) }
    let answer = answers.withLock { $0.isEmpty ? .silence("") : $0.removeFirst() }
    switch answer {
    case .text(let text): return response(200, "text/event-stream", RelayHTTPBody(Array(text.utf8)))
    case .silence(let text):
      let (pieces, continuation) = AsyncStream.makeStream(of: [UInt8].self)
      continuation.yield(Array(text.utf8))
      // Never ended, but by cancelling.
      return response(200, "text/event-stream; charset=utf-8", RelayHTTPBody(pieces, keeping: continuation))
    case .problem(let problem):
      return response(
        problem.status, ProblemDetails.mediaType, RelayHTTPBody(ProblemDetails.body(of: problem)))
    case .none: throw HTTPTransportError("There is no answer.")
    }
  }

  private func response(_ status: Int, _ mediaType: String, _ body: RelayHTTPBody) -> RelayHTTPResponse {
    var fields = HTTPFieldList()
    fields["Content-Type"] = mediaType
    fields["Letterlock-Challenge"] = ":AAAA:"
    return RelayHTTPResponse(status: status, fields: fields, body: body)
  }
}

extension RelayHTTPBody {
  /// Pieces that come for as long as something is kept.
  fileprivate init(_ pieces: AsyncStream<[UInt8]>, keeping kept: AsyncStream<[UInt8]>.Continuation) {
    self.init(
      pieces.map { piece in
        _ = kept
        return piece
      })
  }
}

@Suite("SPEC.md section 13.9: a device that listens over HTTP")
struct HTTPWakeUpTests {
  private let clock = ManualClock()
  private let account = AccountID(unchecked: [UInt8](repeating: 3, count: 32))

  private func events(
    _ transport: ScriptedTransport, after position: AccountPosition? = nil
  ) throws -> RelayEvents.AsyncIterator {
    HTTPRelay(transport: transport)
      .events(
        of: account, after: position, as: .device(try DeviceKeys()),
        pace: EventPace(clock: clock, draw: { 1 })
      ).makeAsyncIterator()
  }

  @Test func `a stream that ends is followed by another, which goes on where it ended`() async throws {
    let transport = ScriptedTransport([
      .text("id: 2.0\ndata: log 2\n\nid: 2.7\ndata: history 7\n\n"), .text(":\n\n"),
      .text("id: 3.7\ndata: log 3\n\n"),
    ])
    var events = try events(transport)
    #expect(try await events.next() == .log(entryCount: 2))
    #expect(try await events.next() == .history(recordCount: 7))
    await clock.pass(.seconds(2), times: 2)
    #expect(try await events.next() == .log(entryCount: 3))
    #expect(transport.asked.withLock { $0 } == [nil, "2.7", "2.7"])
  }

  @Test func `a minute of silence is the end of a stream`() async throws {
    let transport = ScriptedTransport([
      .silence("id: 2.0\ndata: log 2\n\n"), .text("id: 2.9\ndata: history 9\n\n"),
    ])
    var events = try events(transport, after: AccountPosition(entryCount: 1, recordCount: 0))
    #expect(try await events.next() == .log(entryCount: 2))
    await clock.pass(.seconds(15), times: 5)
    await clock.pass(.seconds(2))
    #expect(try await events.next() == .history(recordCount: 9))
    #expect(transport.asked.withLock { $0 } == ["1.0", "2.0"])
  }

  @Test func `a relay that does not answer is asked less and less often`() async throws {
    let failures: [ScriptedTransport.Answer] = [
      .none, .problem(.relay(.unavailable("x"))), .problem(.staleChallenge), .text("\n"), .none, .none, .none,
    ]
    // A challenge that is too old is answered by asking once more.
    let transport = ScriptedTransport(failures + [.text("id: 1.1\ndata: log 1\n\n")])
    var events = try events(transport)
    for seconds in [4, 8, 2, 4, 8, 16] { await clock.pass(.seconds(seconds)) }
    #expect(try await events.next() == .log(entryCount: 1))
  }

  @Test func `what a relay refuses for good ends the events, with the reason`() async throws {
    let transport = ScriptedTransport([
      .text("id: 2.0\ndata: log 2\n\n"), .problem(.relay(.unknownAccount)),
    ])
    var events = try events(transport)
    #expect(try await events.next() == .log(entryCount: 2))
    await clock.pass(.seconds(2))
    await #expect(throws: RelayError.unknownAccount) { try await events.next() }
    #expect(try await events.next() == nil)
  }

  @Test func `a task that is cancelled listens no more`() async throws {
    let transport = ScriptedTransport([.silence("")])
    var events = try events(transport)
    let task = Task { try await events.next() }
    await clock.waitForSleeper(of: .seconds(15))
    task.cancel()
    #expect(try await task.value == nil)
  }
}

@Suite("Devices that are woken up by a relay over HTTP")
struct HTTPDeviceWakeUpTests {
  private let servers = TestServers()
  private let chat = ConversationID()

  private func text(_ text: String) -> Message { .carrier(.sms, from: Address("+15550100"), text: text) }

  private func join(_ phone: Device, at relay: any Relay) async throws -> Device {
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: relay)
    try await phone.approve(request.code)
    return try await request.approved()
  }

  @Test func `a device is woken by what another one sends, and not by what it has`() async throws {
    let folder = try TemporaryFolder()
    let path = folder.file("relay.sqlite")
    // Two processes over one file.
    let first = try HTTPRelay(url: try await servers.serve(SQLiteRelay(path: path)))
    let second = try HTTPRelay(url: try await servers.serve(SQLiteRelay(existing: path)))
    let phone = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: first
    ).device
    let mac = try await join(phone, at: second)
    try await mac.sync()
    var wakeUps = try #require(mac.wakeUps()).makeAsyncIterator()
    for text in ["one", "two"] {
      try phone.append(self.text(text), to: chat)
      try await phone.sync()
      #expect(await wakeUps.next() == .news)
      try await mac.sync()
      #expect(try mac.timeline().messages.last?.text == text)
    }
    // What it sends itself wakes it not: the next is the other's.
    try mac.append(text("three"), to: chat)
    try await mac.sync()
    try await phone.sync()
    try await phone.remove(mac.id)
    #expect(await wakeUps.next() == .news)
    guard case .removed = try await mac.sync().verdict else {
      Issue.record("the device does not know that it was removed")
      return
    }
    // It asks once more, and is told that there is nothing for it.
    var last = await wakeUps.next()
    while last == .news { last = await wakeUps.next() }
    #expect(last == .refused(.unknownAccount))
    #expect(await wakeUps.next() == nil)
  }
}
#endif
