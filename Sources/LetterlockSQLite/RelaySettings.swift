#if SQLite
internal import CryptoCore
internal import GRDB
internal import Letterlock
internal import SQLiteCore
internal import TLSCodec

/// The relay's one row of its own: its checkpoint key, and what an account may keep.
struct RelaySettings: Sendable {
  let key: CheckpointKey
  let quota: UInt64

  /// Reads the row, makes it on first use, with a key that is given or a new one, and changes the quota if another is
  /// given.
  init(_ db: Database, quota wanted: UInt64?, key given: CheckpointKey?) throws {
    guard let stored = try Self.stored(db) else {
      self.init(key: try given ?? CheckpointKey(), quota: wanted ?? .max)
      try save(db)
      return
    }
    // Accounts pin the key for ever.
    guard given == nil || given?.publicKey == stored.key.publicKey else {
      throw RelayError.unavailable("The relay's file was made with another checkpoint key.")
    }
    self.init(key: stored.key, quota: wanted ?? stored.quota)
    if quota != stored.quota { try save(db) }
  }

  /// Reads the row of a file that is not written to.
  init(reading db: Database) throws {
    guard let stored = try Self.stored(db) else {
      throw RelayError.unavailable("The relay's file has no key yet: no relay has been served from it.")
    }
    self = stored
  }

  private init(key: CheckpointKey, quota: UInt64) {
    self.key = key
    self.quota = quota
  }

  private static func stored(_ db: Database) throws -> RelaySettings? {
    guard let row = try db.row("SELECT checkpoint_seed, quota, digest FROM relay") else { return nil }
    let (seed, quota) = (try row.bytes(0), UInt64(bitPattern: try row.integer(1)))
    guard try row.bytes(2) == digest(seed: seed, quota: quota) else {
      throw StorageFailure.corrupted("The relay's key is damaged.")
    }
    return RelaySettings(key: try CheckpointKey(seed: seed), quota: quota)
  }

  private func save(_ db: Database) throws {
    let seed = key.exportSeed()
    try db.run(
      "INSERT OR REPLACE INTO relay (id, checkpoint_seed, quota, digest) VALUES (1, ?, ?, ?)",
      [
        seed.stored, Int64(bitPattern: quota), Self.digest(seed: seed, quota: quota).stored,
      ])
  }

  private static func digest(seed: [UInt8], quota: UInt64) -> [UInt8] {
    var writer = TLSWriter()
    writer.write(opaque: seed)
    writer.write(quota)
    return SHA256Hash.hash(writer.bytes)
  }
}
#endif
