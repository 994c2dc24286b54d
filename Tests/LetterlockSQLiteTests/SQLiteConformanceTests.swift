#if SQLite
import Foundation
import LetterlockFormat
import LetterlockTestKit
import Testing

@testable import LetterlockSQLite

@Suite("Conformance: the relay in a file")
struct SQLiteConformanceTests {
  @Test func `the store puts rows in and gets them out`() async throws {
    let folder = try TemporaryFolder()
    let findings = await RelayStoreConformance.findings {
      try SQLiteRelay(path: folder.file("\(UUID()).sqlite")).store
    }
    #expect(findings == [])
  }

  @Test func `the relay keeps the rules`() async throws {
    let folder = try TemporaryFolder()
    let findings = await RelayConformance.findings {
      try SQLiteRelay(path: folder.file("\(UUID()).sqlite"))
    }
    #expect(findings == [])
  }
}
#endif
