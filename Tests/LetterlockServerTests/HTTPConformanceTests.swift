#if HTTP && Server
import Foundation
import LetterlockFormat
import LetterlockHTTP
import LetterlockRelayKit
import LetterlockSQLite
import LetterlockTestKit
import Testing

@Suite("Conformance: a relay over HTTP")
struct HTTPConformanceTests {
  @Test func `the relay keeps the rules, over a store in memory`() async throws {
    let servers = TestServers()
    let findings = await RelayConformance.findings { try await servers.client(of: InMemoryRelay()) }
    #expect(findings == [])
  }

  @Test func `the relay keeps the rules, over a file`() async throws {
    let (servers, folder) = (TestServers(), try TemporaryFolder())
    let findings = await RelayConformance.findings {
      try await servers.client(of: SQLiteRelay(path: folder.file("\(UUID()).sqlite")))
    }
    #expect(findings == [])
  }
}
#endif
