#if SQLite
import Letterlock
import LetterlockFormat
import LetterlockRelayKit
import LetterlockSQLite

/// The relays that must behave alike.
enum RelayKind: CaseIterable {
  case inMemory
  case sqlite

  func open(
    quota: UInt64 = .max, clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws -> RelayUnderTest {
    switch self {
    case .inMemory: RelayUnderTest(relay: try InMemoryRelay(quota: quota, clock: clock), folder: nil)
    case .sqlite: try RelayUnderTest.inFile(quota: quota, clock: clock)
    }
  }
}

/// A relay, and the folder that must outlive it.
struct RelayUnderTest {
  let relay: any Relay
  private let folder: TemporaryFolder?

  init(relay: any Relay, folder: TemporaryFolder?) {
    self.relay = relay
    self.folder = folder
  }

  static func inFile(
    quota: UInt64, clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws -> RelayUnderTest {
    let folder = try TemporaryFolder()
    return RelayUnderTest(
      relay: try SQLiteRelay(path: folder.file("relay.sqlite"), quota: quota, clock: clock), folder: folder)
  }
}
#endif
