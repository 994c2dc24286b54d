internal import TLSCodec

/// The tree hash of every node, kept until something below the node changes. RFC 9420 section 7.8.
struct TreeHashCache: Sendable {
  private static let hashesInChunk = 128

  let suite: CipherSuiteAlgorithms
  private var leafCount: LeafCount
  /// The hashes, in chunks: who edits a copy copies the chunk that it edits, and references to the others.
  private var chunks: [[UInt8]]
  private var isKnown: [Bool]

  init(suite: CipherSuiteAlgorithms, leafCount: LeafCount) {
    self.suite = suite
    self.leafCount = leafCount
    chunks = []
    isKnown = Array(repeating: false, count: leafCount.nodeCount)
    addChunks()
  }

  /// Chunks for every node; the last is no longer than it must be.
  private mutating func addChunks() {
    let total = leafCount.nodeCount
    for (chunk, start) in stride(from: 0, to: total, by: Self.hashesInChunk).enumerated() {
      let byteCount = min(Self.hashesInChunk, total - start) * suite.hashByteCount
      if chunk == chunks.count { chunks.append([]) }
      guard chunks[chunk].count < byteCount else { continue }
      chunks[chunk].append(contentsOf: repeatElement(0, count: byteCount - chunks[chunk].count))
    }
  }

  private func place(of node: NodeIndex) -> (chunk: Int, bytes: Range<Int>) {
    let (chunk, start) = node.place.quotientAndRemainder(dividingBy: Self.hashesInChunk)
    return (chunk, start * suite.hashByteCount..<(start + 1) * suite.hashByteCount)
  }

  subscript(node: NodeIndex) -> [UInt8]? {
    get {
      guard isKnown[node.place] else { return nil }
      let (chunk, bytes) = place(of: node)
      return Array(chunks[chunk][bytes])
    }
    set {
      guard let newValue, newValue.count == suite.hashByteCount else { return isKnown[node.place] = false }
      let (chunk, bytes) = place(of: node)
      chunks[chunk].replaceSubrange(bytes, with: newValue)
      isKnown[node.place] = true
    }
  }

  func isKnown(_ node: NodeIndex) -> Bool { isKnown[node.place] }

  /// Forgets the hash of a node and of all above it. Above a forgotten one, all are forgotten already.
  mutating func invalidate(_ node: NodeIndex) {
    var node = node
    while isKnown[node.place] {
      isKnown[node.place] = false
      guard node != leafCount.root else { return }
      node = node.parent
    }
  }

  mutating func resize(to count: LeafCount) {
    let kept = min(count.nodeCount, isKnown.count)
    isKnown.removeLast(isKnown.count - kept)
    isKnown.append(contentsOf: repeatElement(false, count: count.nodeCount - kept))
    leafCount = count
    let chunkCount = (count.nodeCount + Self.hashesInChunk - 1) / Self.hashesInChunk
    if chunkCount < chunks.count { chunks.removeLast(chunks.count - chunkCount) }
    addChunks()
  }
}

extension RatchetTree {
  /// The hash of the whole tree.
  package mutating func rootHash() -> [UInt8] { treeHash(of: root) }

  /// The tree hash of a node; what is not known of it is computed and kept.
  package mutating func treeHash(of node: NodeIndex) -> [UInt8] {
    if let known = hashes[node] { return known }
    let hash =
      if let leaf = node.leaf {
        leafHash(leaf, self[leaf])
      } else {
        parentNodeHash(
          self[parent: node], left: treeHash(of: node.left), right: treeHash(of: node.right))
      }
    hashes[node] = hash
    return hash
  }

  /// The tree hash of a node in the tree without some leaves: they are blank, and in nobody's
  /// `unmerged_leaves`. Leaves are in ascending order. RFC 9420 section 7.9.
  package mutating func treeHash(of node: NodeIndex, without leaves: ArraySlice<LeafIndex>) -> [UInt8] {
    let range = node.leaves
    let below = leaves.drop { $0.place < range.lowerBound }.prefix { $0.place < range.upperBound }
    guard !below.isEmpty else { return treeHash(of: node) }
    if let leaf = node.leaf { return leafHash(leaf, nil) }
    var parent = self[parent: node]
    parent?.unmergedLeaves.removeAll { below.contains($0) }
    return parentNodeHash(
      parent, left: treeHash(of: node.left, without: below), right: treeHash(of: node.right, without: below))
  }

  /// ```
  /// struct {
  ///   uint32 leaf_index;
  ///   optional<LeafNode> leaf_node;
  /// } LeafNodeHashInput;
  /// ```
  private func leafHash(_ index: LeafIndex, _ leaf: LeafNode?) -> [UInt8] {
    var writer = TLSWriter(reserving: leaf == nil ? 8 : 320)
    writer.write(UInt8(1))
    index.encode(to: &writer)
    leaf.encode(to: &writer)
    return suite.hash(writer.bytes)
  }

  /// ```
  /// struct {
  ///   optional<ParentNode> parent_node;
  ///   opaque left_hash<V>;
  ///   opaque right_hash<V>;
  /// } ParentNodeHashInput;
  /// ```
  private func parentNodeHash(_ parent: ParentNode?, left: [UInt8], right: [UInt8]) -> [UInt8] {
    var writer = TLSWriter(reserving: 256)
    writer.write(UInt8(2))
    parent.encode(to: &writer)
    writer.write(opaque: left)
    writer.write(opaque: right)
    return suite.hash(writer.bytes)
  }
}
