internal import TLSCodec

// RFC 9420 section 7.9.
extension RatchetTree {
  /// The parent hash of a parent with a copath child.
  ///
  /// ```
  /// struct {
  ///   HPKEPublicKey encryption_key;
  ///   opaque parent_hash<V>;
  ///   opaque original_sibling_tree_hash<V>;
  /// } ParentHashInput;
  /// ```
  package mutating func parentHash(of parent: ParentNode, copathChild: NodeIndex) -> [UInt8] {
    var writer = TLSWriter(reserving: 128)
    parent.encryptionKey.encode(to: &writer)
    writer.write(opaque: parent.parentHash)
    writer.write(opaque: treeHash(of: copathChild, without: parent.unmergedLeaves[...]))
    return suite.hash(writer.bytes)
  }

  /// Gives every node of a path its parent hash, from the root down. RFC 9420 section 7.9.1.
  /// - Returns: The parent hash of the leaf; empty for a path of no nodes.
  package mutating func setParentHashes(along path: [PathStep]) -> [UInt8] {
    var hash: [UInt8] = []
    for step in path.reversed() {
      guard var parent = self[parent: step.node] else { continue }
      parent.parentHash = hash
      self[parent: step.node] = parent
      hash = parentHash(of: parent, copathChild: step.copathChild)
    }
    return hash
  }

  /// The `parent_hash` field of a node; nil if it is blank, or a leaf that was not made by a Commit.
  private func parentHashField(of node: NodeIndex) -> [UInt8]? {
    guard let leaf = node.leaf else { return self[parent: node]?.parentHash }
    guard case .commit(let hash)? = self[leaf]?.source else { return nil }
    return hash
  }

  /// Whether exactly one descendant of a parent has a parent hash that is valid with respect to it. RFC 9420
  /// section 7.9.2.
  package mutating func isParentHashValid(_ node: NodeIndex, _ parent: ParentNode) -> Bool {
    let found =
      [(child: node.left, sibling: node.right), (child: node.right, sibling: node.left)].filter { side in
        let unmerged = parent.unmergedLeaves.filter { side.child.covers(NodeIndex($0)) }
        let resolution = resolution(of: side.child)
        guard resolution.count == unmerged.count + 1 else { return false }
        let others = Set(unmerged.map { NodeIndex($0) })
        let candidates = resolution.filter { !others.contains($0) }
        guard candidates.count == 1, let hash = parentHashField(of: candidates[0]) else { return false }
        return hash == parentHash(of: parent, copathChild: side.sibling)
      }
    return found.count == 1
  }
}
