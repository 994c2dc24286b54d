#if HTTP && Server
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import Synchronization
import Testing

@testable import LetterlockServer

/// Answers in turn; the last one from then on.
private final class TurnTransport: HTTPTransport {
  private let answers: Mutex<[EndpointAnswer]>
  private let received = Mutex<[RelayHTTPRequest]>([])

  init(_ answers: [EndpointAnswer]) { self.answers = Mutex(answers) }

  var requests: [RelayHTTPRequest] { received.withLock { $0 } }

  func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse {
    received.withLock { $0.append(request) }
    let answer = answers.withLock { $0.count > 1 ? $0.removeFirst() : $0.first }
    guard let answer else { throw HTTPTransportError("There is no answer.") }
    return RelayHTTPResponse(status: answer.status, fields: answer.fields, body: answer.body)
  }
}

/// How long somebody waited.
private final class Waits: Sendable {
  private let durations = Mutex<[Duration]>([])
  var all: [Duration] { durations.withLock { $0 } }
  func add(_ duration: Duration) { durations.withLock { $0.append(duration) } }
}

@Suite("A client of a relay over HTTP waits when it is asked to")
struct HTTPPatienceTests {
  private let mailbox = MailboxID(unchecked: [UInt8](repeating: 1, count: 32))
  private let waits = Waits()
  private let empty = EndpointAnswer(encoded: [0])

  private func busy(_ seconds: Int64) -> EndpointAnswer {
    EndpointAnswer(.tooManyRequests(retryAfter: .seconds(seconds)))
  }

  private func relay(_ transport: TurnTransport) -> HTTPRelay {
    HTTPRelay(transport: transport) { [waits] in waits.add($0) }
  }

  private func messages(_ answers: [EndpointAnswer]) async throws -> [[UInt8]] {
    try await relay(TurnTransport(answers)).messages(in: mailbox, as: .anyone)
  }

  @Test func `it asks again after the time that the relay names`() async throws {
    #expect(try await messages([busy(1), busy(2), empty]) == [])
    #expect(waits.all == [.seconds(1), .seconds(2)])
  }

  @Test func `it asks again when a relay has no room`() async throws {
    #expect(try await messages([EndpointAnswer(.relay(.unavailable("full"))), empty]) == [])
    #expect(waits.all == [.seconds(5)])
  }

  @Test func `it asks twice more at most`() async throws {
    await #expect(throws: RelayError.unavailable(HTTPProblem.tooManyRequests(retryAfter: .zero).title)) {
      try await messages([busy(1), busy(1), busy(1), empty])
    }
    #expect(waits.all == [.seconds(1), .seconds(1)])
  }

  @Test func `it waits a few seconds at most, all together`() async throws {
    await #expect(throws: RelayError.self) { try await messages([busy(7), empty]) }
    #expect(waits.all == [])
    await #expect(throws: RelayError.self) { try await messages([busy(4), busy(3), empty]) }
    #expect(waits.all == [.seconds(4)])
  }

  @Test func `a device that made too many entries is told so at once`() async throws {
    let error = RelayError.tooManyEntries(retryAfter: .seconds(1))
    await #expect(throws: error) { try await messages([EndpointAnswer(.relay(error)), empty]) }
    #expect(waits.all == [])
  }

  @Test func `whoever cancels does not wait`() async throws {
    let transport = TurnTransport([busy(1), empty])
    let relay = HTTPRelay(transport: transport) { _ in throw CancellationError() }
    await #expect(throws: RelayError.self) { try await relay.messages(in: mailbox, as: .anyone) }
    #expect(transport.requests.count == 1)
  }

  @Test func `each try of a signed request is signed anew`() async throws {
    var (key, again) = (EndpointAnswer(encoded: [UInt8](repeating: 7, count: 32)), busy(1))
    key.fields["Letterlock-Challenge"] = ":AA==:"
    again.fields["Letterlock-Challenge"] = ":AQ==:"
    let transport = TurnTransport([key, again, EndpointAnswer(.relay(.unknownAccount))])
    let account = AccountID(unchecked: [UInt8](repeating: 5, count: 32))
    let keys = try DeviceKeys()
    await #expect(throws: RelayError.unknownAccount) {
      try await relay(transport).usage(of: account, as: .device(keys))
    }
    #expect(transport.requests.map { $0.fields["Letterlock-Challenge"] } == [nil, ":AA==:", ":AQ==:"])
  }
}
#endif
