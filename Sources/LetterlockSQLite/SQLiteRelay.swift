#if SQLite
internal import SQLiteCore
internal import GRDB
public import Letterlock
public import LetterlockRelayKit

/// A relay in one SQLite file: for devices of one machine, and for a folder that several machines mount one after the
/// other.
public typealias SQLiteRelay = RelayService<SQLiteRelayStore>

extension RelayService where Store == SQLiteRelayStore {
  /// Opens the relay at `path`, making it and its checkpoint key if it is not there. Its folder must be.
  ///
  /// A new file takes `checkpointKey`, if its operator keeps one, and a file that has another key is refused. Each account
  /// may keep `quota` bytes; without one, what the file says, and all it wants in a new file. `policy` and `clock` are as in
  /// `RelayService`.
  /// - Throws: `RelayError.unavailable`, also if the file has another key; `.corrupted` if it is something else.
  public convenience init(
    path: String, checkpointKey: CheckpointKey? = nil, quota: UInt64? = nil,
    policy: RelayPolicy = .standard, clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws(RelayError) {
    self.init(try SQLiteRelayStore(path, .made, quota: quota, key: checkpointKey), policy, clock)
  }

  /// Opens the relay at `path`, which must be there.
  /// - Throws: `RelayError.unavailable`, `.corrupted` if the file is something else.
  public convenience init(
    existing path: String, policy: RelayPolicy = .standard,
    clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws(RelayError) {
    self.init(try SQLiteRelayStore(path, .required, quota: nil), policy, clock)
  }

  /// Opens the relay at `path`, which must be there, to be read: one state of it, whatever other processes write
  /// afterwards. It works on a disk that cannot be written, as `SQLiteDeviceStore(readingFrom:)` does.
  /// - Throws: `RelayError.unavailable`, `.corrupted` if the file is something else.
  package convenience init(
    readingFrom path: String, policy: RelayPolicy = .standard,
    clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws(RelayError) {
    self.init(try SQLiteRelayStore(readingFrom: path), policy, clock)
  }

  private convenience init(
    _ store: SQLiteRelayStore, _ policy: RelayPolicy, _ clock: @escaping @Sendable () -> Timestamp
  ) {
    self.init(
      store: store, key: store.settings.key, quota: store.settings.quota, policy: policy, clock: clock)
  }

  /// Whether SQLite itself finds the file whole.
  package func isFileWhole() throws(RelayError) -> Bool {
    do { return try store.file.isWhole() } catch { throw RelayError(storage: error) }
  }
}
#endif
