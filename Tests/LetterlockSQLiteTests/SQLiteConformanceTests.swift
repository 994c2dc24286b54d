#if SQLite
import LetterlockFormat
import LetterlockTestKit
import Testing

@testable import LetterlockSQLite

@Suite("Conformance: the relay in a file")
struct SQLiteConformanceTests {
  @Test func `the store puts rows in and gets them out`() async throws {
    let folder = try TemporaryFolder()
    var count = 0
    let findings = await RelayStoreConformance.findings {
      count += 1
      return try SQLiteRelay(path: folder.file("relay\(count).sqlite")).store
    }
    #expect(findings == [])
    #expect(count > 5)
  }

  @Test func `the relay keeps the rules`() async throws {
    let folder = try TemporaryFolder()
    var count = 0
    let findings = await RelayConformance.findings {
      count += 1
      return try SQLiteRelay(path: folder.file("relay\(count).sqlite"))
    }
    #expect(findings == [])
    #expect(count > 5)
  }
}
#endif
