import LetterlockFormat
import LetterlockRelayKit
import LetterlockTestKit
import Testing

@Suite("Conformance: the relay in memory")
struct MemoryConformanceTests {
  @Test func `the store puts rows in and gets them out`() async {
    #expect(await RelayStoreConformance.findings { MemoryRelayStore() } == [])
  }

  @Test func `the relay keeps the rules`() async {
    #expect(await RelayConformance.findings { try InMemoryRelay() } == [])
  }
}
