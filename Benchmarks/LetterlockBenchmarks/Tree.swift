import Benchmark
import Crypto
import Letterlock

/// The history tree over 1,000,000 records, beside SHA-256 alone of as many leaves and nodes of the same lengths.
func registerTree() {
  Benchmark("tree: append 1,000,000 leaves of 340 B", configuration: .long) { (benchmark, tree: Tree) in
    benchmark.compare(1) {
      blackHole(tree.appendLeaves())
    } with: {
      blackHole(tree.hashAlone(leafByteCount: tree.leaf.count + 1))
    }
  } setup: {
    Tree()
  }
  Benchmark("tree: append 1,000,000 leaf hashes", configuration: .long) { (benchmark, tree: Tree) in
    benchmark.compare(1) {
      blackHole(tree.appendHashes())
    } with: {
      blackHole(tree.hashAlone(leafByteCount: nil))
    }
  } setup: {
    Tree()
  }
}

private struct Tree {
  private let leafCount = 1_000_000
  let leaf = BareCipher.random(340)

  func appendLeaves() -> Digest32 {
    var tree = HistoryTree()
    for _ in 0..<leafCount { tree.append(HistoryTree.leafHash(leaf)) }
    return tree.root
  }

  func appendHashes() -> Digest32 {
    var tree = HistoryTree()
    let hash = HistoryTree.leafHash(leaf)
    for _ in 0..<leafCount { tree.append(hash) }
    return tree.root
  }

  /// A tree of n leaves has n - 1 nodes, of two hashes and a byte.
  func hashAlone(leafByteCount: Int?) -> UInt8 {
    var last: UInt8 = 0
    if let leafByteCount {
      let bytes = [UInt8](repeating: 1, count: leafByteCount)
      for _ in 0..<leafCount { last ^= Self.firstByte(SHA256.hash(data: bytes)) }
    }
    let node = [UInt8](repeating: 1, count: 65)
    for _ in 1..<leafCount { last ^= Self.firstByte(SHA256.hash(data: node)) }
    return last
  }

  @inline(__always)
  private static func firstByte(_ digest: SHA256Digest) -> UInt8 {
    unsafe digest.withUnsafeBytes { unsafe $0[0] }
  }
}
