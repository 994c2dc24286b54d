#if SQLite
internal import GRDB
public import Letterlock
internal import LetterlockRelayKit
internal import SQLiteCore
internal import TLSCodec

/// A relay in one SQLite file, readable by its owner alone: for devices of one machine, and for a folder that
/// several machines mount one after the other. Several processes may use the file at once.
///
/// The file holds what a server would hold, and no more. SPEC.md section 9.
public final class SQLiteRelay: Relay {
  let file: StorageFile
  let accounts: StoredAccounts
  private let settings: RelaySettings

  /// Opens the relay at `path`, making it and its checkpoint key if it is not there. Its folder must be.
  ///
  /// Each account may keep `quota` bytes; without one, what the file says, and all it wants in a new file.
  /// - Throws: `RelayError.unavailable`, `.corrupted` if the file is something else.
  public convenience init(path: String, quota: UInt64? = nil) throws(RelayError) {
    try self.init(path, .made, quota: quota)
  }

  /// Opens the relay at `path`, which must be there.
  /// - Throws: `RelayError.unavailable`, `.corrupted` if the file is something else.
  public convenience init(existing path: String) throws(RelayError) {
    try self.init(path, .required, quota: nil)
  }

  private init(
    _ path: String, _ presence: StorageFile.Presence, quota: UInt64?
  ) throws(RelayError) {
    do {
      file = try StorageFile(path: path, presence, schema: RelaySchema.schema)
      settings = try file.queue.write { db in try RelaySettings(db, quota: quota) }
    } catch { throw RelayError(storage: error) }
    accounts = StoredAccounts(quota: settings.quota)
  }

  /// What the relay signs checkpoints with.
  public func checkpointKey() async throws(RelayError) -> [UInt8] { settings.key.publicKey }

  /// What the account keeps.
  public func usage(of account: AccountID) async throws(RelayError) -> RelayUsage {
    try await read { [accounts] db in try accounts.rules(of: account, db).usage }
  }

  /// Whether SQLite itself finds the file whole.
  package func isFileWhole() throws(RelayError) -> Bool {
    do { return try file.isWhole() } catch { throw RelayError(storage: error) }
  }

  func checkpoint(_ rules: RelayAccount) throws(RelayError) -> Checkpoint {
    try rules.checkpoint(by: settings.key)
  }

  var quota: UInt64 { settings.quota }

  func read<Answer: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Answer
  ) async throws(RelayError) -> Answer {
    do { return try await file.queue.read(body) } catch { throw RelayError(storage: error) }
  }

  /// Reads where the caller can wait.
  func readNow<Answer>(_ body: (Database) throws -> Answer) throws(RelayError) -> Answer {
    do { return try file.queue.read(body) } catch { throw RelayError(storage: error) }
  }

  func write<Answer: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Answer
  ) async throws(RelayError) -> Answer {
    do { return try await file.queue.write(body) } catch { throw RelayError(storage: error) }
  }

  /// Changes an account in one transaction: all of it is on disk when the call returns, or none.
  func change<Answer: Sendable>(
    _ account: AccountID,
    _ body: @escaping @Sendable (Database, inout RelayAccount) throws -> Answer
  ) async throws(RelayError) -> Answer {
    try await write { [accounts] db in
      var rules = try accounts.rules(of: account, db)
      let answer = try body(db, &rules)
      try accounts.keep(rules, db)
      return answer
    }
  }
}
#endif
