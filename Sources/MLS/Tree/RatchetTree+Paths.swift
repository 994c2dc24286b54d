// RFC 9420 sections 4.1.1 and 4.1.2.
extension RatchetTree {
  /// The non-blank nodes that cover every non-blank descendant, left to right. RFC 9420 section 4.1.1.
  package func resolution(of node: NodeIndex) -> [NodeIndex] {
    var nodes: [NodeIndex] = []
    appendResolution(of: node, to: &nodes)
    return nodes
  }

  private func appendResolution(of node: NodeIndex, to nodes: inout [NodeIndex]) {
    guard !isKnownBlankBelow(node) else { return }
    if !isBlank(node) {
      nodes.append(node)
      guard !node.isLeaf else { return }
      for leaf in self[parent: node]?.unmergedLeaves ?? [] { nodes.append(NodeIndex(leaf)) }
    } else if !node.isLeaf {
      appendResolution(of: node.left, to: &nodes)
      appendResolution(of: node.right, to: &nodes)
    }
  }

  /// Whether a node's resolution is empty: nobody is below it.
  package func isResolutionEmpty(_ node: NodeIndex) -> Bool {
    if isKnownBlankBelow(node) { return true }
    guard !node.isLeaf, isBlank(node) else { return isBlank(node) }
    return isResolutionEmpty(node.left) && isResolutionEmpty(node.right)
  }

  /// A node of a path, with its child beside the path.
  package struct PathStep: Hashable, Sendable {
    package let node: NodeIndex
    package let copathChild: NodeIndex
  }

  /// The direct path of a leaf without the nodes whose copath child has an empty resolution, from the leaf
  /// up. RFC 9420 section 4.1.2.
  package func filteredDirectPath(of leaf: LeafIndex) -> [PathStep] {
    var steps: [PathStep] = []
    var child = NodeIndex(leaf)
    for node in child.directPath(in: leafCount) {
      let copathChild = child < node ? node.right : node.left
      if !isResolutionEmpty(copathChild) { steps.append(PathStep(node: node, copathChild: copathChild)) }
      child = node
    }
    return steps
  }

  /// Blanks every node above a leaf.
  package mutating func blankDirectPath(of leaf: LeafIndex) {
    for node in NodeIndex(leaf).directPath(in: leafCount) where !isBlank(node) {
      self[parent: node] = nil
    }
  }
}

// RFC 9420 sections 12.1.1 to 12.1.3.
extension RatchetTree {
  /// Adds a member at the leftmost blank leaf. RFC 9420 section 12.1.1.
  package mutating func add(_ leaf: LeafNode) throws(GroupError) -> LeafIndex {
    let index = try takeBlankLeaf()
    for node in NodeIndex(index).directPath(in: leafCount) {
      guard var parent = self[parent: node] else { continue }
      let place = parent.unmergedLeaves.firstIndex { $0 > index } ?? parent.unmergedLeaves.endIndex
      parent.unmergedLeaves.insert(index, at: place)
      self[parent: node] = parent
    }
    self[index] = leaf
    return index
  }

  /// Replaces a member's leaf. RFC 9420 section 12.1.2.
  package mutating func update(_ index: LeafIndex, to leaf: LeafNode) {
    self[index] = leaf
    blankDirectPath(of: index)
  }

  /// Removes a member, and the part of the tree that nobody is left in. RFC 9420 section 12.1.3.
  package mutating func remove(_ index: LeafIndex) {
    self[index] = nil
    blankDirectPath(of: index)
    truncate()
  }
}
