#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockHTTPFormat
import LetterlockRelayKit
import TLSCodec
import Testing

@testable import LetterlockServer

/// A request of Tests/Vectors/http-request.json, and what it is answered with.
private struct VectorRequest: Decodable {
  let name: String
  let method: String
  let path: String
  let query: String?
  let fields: [String]
  let body: String
  let status: Int
  let problem: String?
  let valid: Bool

  var request: RelayHTTPRequest {
    var list = HTTPFieldList()
    for line in fields {
      let parts = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
      list.append(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
    return RelayHTTPRequest(
      method: method, path: path, query: query, fields: list, body: Hex.decode(body) ?? [])
  }
}

private struct VectorFile: Decodable {
  let checkpointSeed: String
  let now: Int64
  let cases: [VectorRequest]
}

@Suite("SPEC.md section 13: the vectors of requests, at a server")
struct ProtocolTests {
  @Test func `a server answers each request of the vectors as they say`() async throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let text = try SpecificationTables.text(of: "Tests/Vectors/http-request.json")
    let file = try decoder.decode(VectorFile.self, from: Data(text.utf8))
    let now = Timestamp(nanosecondsSince1970: file.now * 1_000_000)
    let key = try CheckpointKey(seed: Hex.decode(file.checkpointSeed) ?? [])
    let servers = TestServers()
    let url = try await servers.serve(InMemoryRelay(store: MemoryRelayStore(), key: key, clock: { now }))
    let (client, transport) = (try RawClient(url), try AsyncHTTPClientTransport(url: url))
    for test in file.cases {
      guard test.path != "/v1/events" || !test.valid else {
        // It goes on: its head is enough.
        #expect(try await transport.response(to: test.request).status == test.status)
        continue
      }
      let answer = try await client.send(test.request)
      #expect(answer.status == test.status, "\(test.name)")
      #expect(ProblemDetails.problem(in: answer.body)?.name == test.problem, "\(test.name)")
      #expect(answer.fields["Cache-Control"] == "no-store")
      #expect(answer.fields["Letterlock-Challenge"] != nil)
    }
    #expect(file.cases.filter { !$0.valid }.count >= 70)
  }
}
#endif
