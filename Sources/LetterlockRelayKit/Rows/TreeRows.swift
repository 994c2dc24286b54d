internal import LetterlockFormat

/// The nodes of an account's tree that will never change, 256 neighbours of every eighth level in a row: so a proof
/// reads two or three rows for each leaf, and adding leaves writes one row for 256 of them.
struct TreeRows {
  private static let tileCount: UInt64 = 256
  /// A tile holds the hashes of subtrees of `2^(8 * level)` leaves.
  private static let levelsInTile = 8

  let rows: any RelayRows

  /// Adds leaves after the first `size`.
  static func append(
    _ leaves: LeafHashes, after size: UInt64, to rows: any WritableRelayRows
  ) throws(RelayError) {
    let tree = TreeRows(rows: rows)
    var (level, first, hashes) = (0, size, leaves.bytes)
    while !hashes.isEmpty {
      var (upper, new): ([UInt8], [RelayRow]) = ([], [])
      var (tile, known) = (first / tileCount, Int(first % tileCount))
      var row = known > 0 ? try tree.hashesInTile(level, tile) : []
      guard row.count == 32 * known else { throw damaged }
      var rest = hashes[...]
      while !rest.isEmpty {
        let taken = rest.prefix(32 * (Int(tileCount) - known))
        row += taken
        rest = rest.dropFirst(taken.count)
        new.append(RelayRow([.integer(Int64(level)), .count(tile), .bytes(row)]))
        if row.count == 32 * Int(tileCount), let whole = LeafHashes(bytes: row) { upper += whole.root.bytes }
        (tile, known, row) = (tile + 1, 0, [])
      }
      try rows.put(new, in: .tree)
      (level, first, hashes) = (level + 1, first / tileCount, upper)
    }
  }

  /// The hashes of leaves that are there.
  func leaves(from first: UInt64, count: Int) throws(RelayError) -> LeafHashes {
    var bytes: [UInt8] = []
    var next = first
    let end = first + UInt64(count)
    while next < end {
      let row = try hashesInTile(0, next / Self.tileCount)
      let start = Int(next % Self.tileCount)
      let taken = min(Int(Self.tileCount) - start, Int(end - next))
      guard row.count >= 32 * (start + taken) else { throw Self.damaged }
      bytes += row[32 * start..<32 * (start + taken)]
      next += UInt64(taken)
    }
    guard let hashes = LeafHashes(bytes: bytes) else { throw Self.damaged }
    return hashes
  }

  /// What proves things about the first `size` leaves. It remembers the rows that it read.
  func prover(size: UInt64) -> TreeProver<RelayError> {
    var known: [Tile: [UInt8]] = [:]
    return TreeProver(size: size) { (level, index) throws(RelayError) in
      let (height, width) = (level / Self.levelsInTile, level % Self.levelsInTile)
      let first = index << UInt64(width)
      let tile = Tile(level: height, number: first / Self.tileCount)
      let row: [UInt8]
      if let hashes = known[tile] { row = hashes } else { row = try hashesInTile(height, tile.number) }
      known[tile] = row
      let start = 32 * Int(first % Self.tileCount)
      guard row.count >= start + 32 << width,
        let hashes = LeafHashes(bytes: Array(row[start..<start + 32 << width]))
      else { throw Self.damaged }
      return hashes.root
    }
  }

  private struct Tile: Hashable {
    let level: Int
    let number: UInt64
  }

  /// What is wrong with the nodes above the leaves, in words.
  func problems(size: UInt64) throws(RelayError) -> [String] {
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

  private func hashesInTile(_ level: Int, _ tile: UInt64) throws(RelayError) -> [UInt8] {
    guard let row = try rows.row(in: .tree, .integer(Int64(level)), .count(tile)) else { throw Self.damaged }
    return try row.bytes(2)
  }

  static var damaged: RelayError { .corrupted("The history of an account is damaged.") }
}
