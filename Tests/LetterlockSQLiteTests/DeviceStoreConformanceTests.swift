#if SQLite
import Letterlock
import LetterlockSQLite
import LetterlockTestKit
import Testing

@Suite("A device's store in a file, by the conformance suite")
struct DeviceStoreConformanceTests {
  @Test(arguments: DeviceStoreConformance.Rule.allCases)
  func `it keeps every rule`(rule: DeviceStoreConformance.Rule) {
    let suite = DeviceStoreConformance {
      let folder = try TemporaryFolder()
      return .init(
        storedBytes: {
          ["store.sqlite", "store.sqlite-wal"].map { Array(folder.contents($0)) }
        }, open: { try SQLiteDeviceStore(path: folder.file("store.sqlite")) })
    }
    #expect(suite.run(rule) == [])
  }
}
#endif
