/// The members of a group and the keys that they share, as everyone sees them. RFC 9420 sections 4.1 and 7.
///
/// Leaves and parents lie in two arrays, a blank node is nil, and tree hashes are kept beside them until something
/// below changes. A Commit edits a copy, which shares what it does not edit and replaces the tree when it is merged.
package struct RatchetTree: Sendable {
  /// How many leaves there are, blank ones included.
  package private(set) var leafCount: LeafCount
  private var leaves: ChunkedArray<LeafNode?>
  /// The node at place 2i + 1 at i.
  private var parents: ChunkedArray<ParentNode?>
  /// What is asked of all nodes at once.
  private(set) var index: TreeIndex
  /// No leaf before this one is blank.
  private var firstBlankHint = 0
  /// All nodes are blank whose first leaf is this one or after it.
  private var filledEnd = 0
  /// The tree hash of every node whose subtree has not changed since.
  var hashes: TreeHashCache

  /// The tree of a group of one. RFC 9420 section 11.
  package init(creator: LeafNode, hash: CipherSuiteAlgorithms) {
    self.init(leaves: [creator], parents: [], LeafCount(holding: 1), hash: hash)
  }

  /// A tree of nodes that are known; those that are missing at the end are blank.
  init(leaves: [LeafNode?], parents: [ParentNode?], _ leafCount: LeafCount, hash: CipherSuiteAlgorithms) {
    self.leafCount = leafCount
    self.leaves = ChunkedArray(leaves)
    self.parents = ChunkedArray(parents)
    index = TreeIndex(leafCount)
    hashes = TreeHashCache(suite: hash, leafCount: leafCount)
    self.leaves.append(repeating: nil, count: leafCount.value - leaves.count)
    self.parents.append(repeating: nil, count: leafCount.value - 1 - parents.count)
    makeIndex()
  }

  /// Fills the index and `filledEnd` from all nodes.
  private mutating func makeIndex() {
    index = TreeIndex(leafCount)
    filledEnd = 0
    forEachMember { place, leaf in
      index.replace(nil, by: leaf, at: place)
      filledEnd = place.place + 1
    }
    for (node, parent) in nonBlankParents {
      index.replace(nil, by: parent, at: node)
      filledEnd = max(filledEnd, node.leaves.lowerBound + 1)
    }
  }

  /// The suite whose hash the tree uses.
  package var suite: CipherSuiteAlgorithms { hashes.suite }

  /// The root.
  package var root: NodeIndex { leafCount.root }

  /// A member; nil if the leaf is blank or outside of the tree.
  package subscript(leaf: LeafIndex) -> LeafNode? {
    get { leafCount.contains(leaf) ? leaves[leaf.place] : nil }
    set {
      guard leafCount.contains(leaf) else { return }
      index.replace(leaves[leaf.place], by: newValue, at: leaf)
      leaves[leaf.place] = newValue
      if newValue == nil {
        firstBlankHint = min(firstBlankHint, leaf.place)
      } else {
        filledEnd = max(filledEnd, leaf.place + 1)
      }
      hashes.invalidate(NodeIndex(leaf))
    }
  }

  /// A parent; nil if the node is blank, a leaf, or outside of the tree.
  package subscript(parent node: NodeIndex) -> ParentNode? {
    get { node.isLeaf || !leafCount.contains(node) ? nil : parents[node.place / 2] }
    set {
      guard !node.isLeaf, leafCount.contains(node) else { return }
      index.replace(parents[node.place / 2], by: newValue, at: node)
      parents[node.place / 2] = newValue
      if newValue != nil { filledEnd = max(filledEnd, node.leaves.lowerBound + 1) }
      hashes.invalidate(node)
    }
  }

  /// Whether a node is blank.
  package func isBlank(_ node: NodeIndex) -> Bool {
    guard leafCount.contains(node) else { return true }
    if node.isLeaf {
      if case nil = leaves[node.place / 2] { return true }
    } else if case nil = parents[node.place / 2] {
      return true
    }
    return false
  }

  /// Whether everything below a node is known to be blank.
  func isKnownBlankBelow(_ node: NodeIndex) -> Bool { node.leaves.lowerBound >= filledEnd }

  /// The public key of a node; nil if it is blank.
  package func encryptionKey(of node: NodeIndex) -> HPKEPublicKey? {
    guard leafCount.contains(node) else { return nil }
    return node.isLeaf
      ? leaves[node.place / 2]?.encryptionKey : parents[node.place / 2]?.encryptionKey
  }

  /// The leaves that are not blank, in order.
  package var members: [(index: LeafIndex, leaf: LeafNode)] {
    var members: [(index: LeafIndex, leaf: LeafNode)] = []
    members.reserveCapacity(index.memberCount)
    forEachMember { members.append(($0, $1)) }
    return members
  }

  /// Visits the leaves that are not blank, in order.
  package func forEachMember<Failure: Error>(
    _ body: (LeafIndex, LeafNode) throws(Failure) -> Void
  ) throws(Failure) {
    try leaves.forEach { (place, leaf) throws(Failure) in
      if let leaf, let index = LeafIndex(exactly: place) { try body(index, leaf) }
    }
  }

  /// The first member of whose leaf `predicate` is true.
  package func firstMember(where predicate: (LeafNode) -> Bool) -> LeafIndex? {
    for place in leaves.indices {
      if let leaf = leaves[place], predicate(leaf) { return LeafIndex(exactly: place) }
    }
    return nil
  }

  /// The parents that are not blank, in order.
  package var nonBlankParents: [(node: NodeIndex, parent: ParentNode)] {
    var found: [(node: NodeIndex, parent: ParentNode)] = []
    parents.forEach { place, parent in
      if let parent { found.append((NodeIndex(2 * place + 1), parent)) }
    }
    return found
  }
}

// RFC 9420 section 7.7.
extension RatchetTree {
  /// The leaf that the next new member takes: the leftmost blank one, for which the tree is extended if it has
  /// none. RFC 9420 section 12.1.1.
  package mutating func takeBlankLeaf() throws(GroupError) -> LeafIndex {
    var place = firstBlankHint
    while place < leaves.count, leaves[place] != nil { place += 1 }
    firstBlankHint = place
    if place == leaves.count { try extend() }
    guard let leaf = LeafIndex(exactly: place) else { throw .groupTooLarge }
    return leaf
  }

  /// Doubles the tree: a new blank root, whose right subtree is blank.
  private mutating func extend() throws(GroupError) {
    // A member's place is a uint32; no group comes near.
    guard leafCount.value < 1 << 30 else { throw .groupTooLarge }
    resize(to: leafCount.doubled)
  }

  /// Halves the tree as long as its right half has no member.
  package mutating func truncate() {
    var last = leaves.count - 1
    while last > 0, leaves[last] == nil { last -= 1 }
    resize(to: LeafCount(holding: last + 1))
  }

  private mutating func resize(to count: LeafCount) {
    guard count != leafCount else { return }
    if count > leafCount {
      leaves.append(repeating: nil, count: count.value - leaves.count)
      parents.append(repeating: nil, count: count.value - 1 - parents.count)
    } else {
      leaves.removeLast(leaves.count - count.value)
      parents.removeLast(parents.count - (count.value - 1))
    }
    leafCount = count
    firstBlankHint = min(firstBlankHint, count.value)
    hashes.resize(to: count)
    makeIndex()
  }
}
