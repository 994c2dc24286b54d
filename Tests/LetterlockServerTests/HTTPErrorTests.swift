#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import LetterlockTestKit
import Testing

@testable import LetterlockServer

/// A transport that answers what it is told.
private struct FixedTransport: HTTPTransport {
  let answer: EndpointAnswer

  func response(to request: RelayHTTPRequest) async throws(HTTPTransportError) -> RelayHTTPResponse {
    RelayHTTPResponse(status: answer.status, fields: answer.fields, body: answer.body)
  }
}

@Suite("SPEC.md section 13.7: errors over HTTP")
struct HTTPErrorTests {
  private let mailbox = MailboxID(unchecked: [UInt8](repeating: 1, count: 32))

  @Test func `a client throws the very error that the relay threw`() async throws {
    for error in try await RelayErrorSamples.all() {
      let relay = HTTPRelay(transport: FixedTransport(answer: EndpointAnswer(.relay(error)))) { _ in }
      await #expect(throws: error) { try await relay.messages(in: mailbox, as: .anyone) }
    }
  }

  @Test func `a time to wait stands in the head too`() {
    let answer = EndpointAnswer(.relay(.tooManyEntries(retryAfter: .milliseconds(1500))))
    #expect((answer.status, answer.fields["Retry-After"]) == (429, "2"))
    #expect(EndpointAnswer(.relay(.unavailable("x"))).fields["Retry-After"] != nil)
    #expect(EndpointAnswer(.relay(.unknownAccount)).fields["Retry-After"] == nil)
    let busy = EndpointAnswer(.tooManyRequests(retryAfter: .milliseconds(2001)))
    #expect((busy.status, busy.fields["Retry-After"]) == (429, "3"))
  }

  @Test func `an answer that is not of this protocol says nothing of the account`() async throws {
    let answers = [
      EndpointAnswer(encoded: [1, 2, 3]), EndpointAnswer(blobStatus: 404), EndpointAnswer(blobStatus: 200),
      EndpointAnswer(.unknownOperation), .done,
    ]
    for answer in answers {
      let relay = HTTPRelay(transport: FixedTransport(answer: answer))
      do {
        _ = try await relay.messages(in: mailbox, as: .anyone)
        Issue.record("it was taken: \(answer.status)")
      } catch {
        guard case .unavailable = error else {
          Issue.record("it is \(error)")
          continue
        }
      }
    }
  }

  @Test func `a relay that cannot be reached is unavailable`() async throws {
    let relay = try HTTPRelay(url: try #require(URL(string: "http://127.0.0.1:1")))
    await #expect(throws: RelayError.self) { try await relay.checkpointKey(as: .anyone) }
  }

  @Test func `what is no address of a relay is refused`() throws {
    for text in ["ftp://x", "http://", "https://x/path", "https://x?a=b", "https://a@x", "x", "/tmp/relay"] {
      let url = try #require(URL(string: text))
      #expect(throws: RelayError.self, "\(text)") { try HTTPRelay(url: url) }
    }
  }
}
#endif
