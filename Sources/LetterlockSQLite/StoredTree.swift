#if SQLite
internal import GRDB
internal import Letterlock
internal import SQLiteCore
internal import TLSCodec

/// The nodes of an account's tree that will never change, 256 neighbours of every eighth level in a row: so a
/// proof reads two or three rows for each leaf, and adding leaves writes one row for 256 of them.
struct StoredTree {
  private static let tileCount: UInt64 = 256
  /// A tile holds the hashes of subtrees of `2^(8 * level)` leaves.
  private static let levelsInTile = 8

  let db: Database
  let account: AccountID

  /// Adds leaves after the first `size`.
  func append(_ leaves: LeafHashes, after size: UInt64) throws {
    var (level, first, hashes) = (0, size, leaves.bytes)
    while !hashes.isEmpty {
      var upper: [UInt8] = []
      var (tile, known) = (first / Self.tileCount, Int(first % Self.tileCount))
      var row = known > 0 ? try hashesInTile(level, tile) : []
      guard row.count == 32 * known else { throw damaged }
      var rest = hashes[...]
      while !rest.isEmpty {
        row += rest.prefix(32 * (Int(Self.tileCount) - known))
        rest = rest.dropFirst(32 * (Int(Self.tileCount) - known))
        try db.run(
          "INSERT OR REPLACE INTO tree (account, level, tile, hashes) VALUES (?, ?, ?, ?)",
          [account.bytes.stored, level, Int64(clamping: tile), row.stored])
        if row.count == 32 * Int(Self.tileCount), let whole = LeafHashes(bytes: row) {
          upper += whole.root.bytes
        }
        (tile, known, row) = (tile + 1, 0, [])
      }
      (level, first, hashes) = (level + 1, first / Self.tileCount, upper)
    }
  }

  /// The hashes of leaves that are there.
  func leaves(from first: UInt64, count: Int) throws -> LeafHashes {
    var bytes: [UInt8] = []
    var next = first
    let end = first + UInt64(count)
    while next < end {
      let row = try hashesInTile(0, next / Self.tileCount)
      let start = Int(next % Self.tileCount)
      let taken = min(Int(Self.tileCount) - start, Int(end - next))
      guard row.count >= 32 * (start + taken) else { throw damaged }
      bytes += row[32 * start..<32 * (start + taken)]
      next += UInt64(taken)
    }
    guard let hashes = LeafHashes(bytes: bytes) else { throw damaged }
    return hashes
  }

  /// What proves things about the first `size` leaves. It remembers the rows that it read.
  func prover(size: UInt64) -> TreeProver<any Error> {
    var known: [Tile: [UInt8]] = [:]
    return TreeProver(size: size) { level, index in
      let (height, width) = (level / Self.levelsInTile, level % Self.levelsInTile)
      let first = index << UInt64(width)
      let tile = Tile(level: height, number: first / Self.tileCount)
      let row = try known[tile] ?? hashesInTile(height, tile.number)
      known[tile] = row
      let start = 32 * Int(first % Self.tileCount)
      guard row.count >= start + 32 << width,
        let hashes = LeafHashes(bytes: Array(row[start..<start + 32 << width]))
      else { throw damaged }
      return hashes.root
    }
  }

  private struct Tile: Hashable {
    let level: Int
    let number: UInt64
  }

  /// What is wrong with the nodes above the leaves, in words.
  func problems(size: UInt64) throws -> [String] {
    var problems: [String] = []
    var (level, count) = (1, size / Self.tileCount)
    while count > 0 {
      for index in 0..<count {
        let below = LeafHashes(bytes: try hashesInTile(level - 1, index))
        let row = try hashesInTile(level, index / Self.tileCount)
        let start = 32 * Int(index % Self.tileCount)
        guard row.count >= start + 32, below?.root.bytes == Array(row[start..<start + 32]) else {
          problems.append("a node of the history's tree is damaged at record \(index << UInt64(8 * level))")
          continue
        }
      }
      (level, count) = (level + 1, count / Self.tileCount)
    }
    return problems
  }

  private func hashesInTile(_ level: Int, _ tile: UInt64) throws -> [UInt8] {
    let row = try db.row(
      "SELECT hashes FROM tree WHERE account = ? AND level = ? AND tile = ?",
      [account.bytes.stored, level, Int64(clamping: tile)])
    guard let row else { throw damaged }
    return try row.bytes(0)
  }

  private var damaged: StorageFailure { .corrupted("The history of an account is damaged.") }
}
#endif
