internal import CryptoCore

/// A binary tree of secrets under one root, derived only where they are needed: a secret goes as soon as the two that
/// follow from it are there. RFC 9420 section 9.
struct NodeSecrets: Sendable {
  let leafCount: LeafCount
  /// Secrets of nodes with leaves below them that were not taken.
  private(set) var nodes: [NodeIndex: SecretKey]

  init(root: SecretKey, leafCount: LeafCount) {
    self.init(leafCount: leafCount, nodes: [leafCount.root: root])
  }

  init(leafCount: LeafCount, nodes: [NodeIndex: SecretKey]) {
    self.leafCount = leafCount
    self.nodes = nodes
  }

  /// What was derived on the way from a node down to a leaf.
  struct Descent {
    fileprivate let from: NodeIndex
    fileprivate let siblings: [(NodeIndex, SecretKey)]
    /// `tree_node_[leaf]_secret`.
    let secret: SecretKey
  }

  ///     tree_node_[N]_secret
  ///             |
  ///             +--> ExpandWithLabel(., "tree", "left", KDF.Nh) = tree_node_[left(N)]_secret
  ///             |
  ///             +--> ExpandWithLabel(., "tree", "right", KDF.Nh) = tree_node_[right(N)]_secret
  ///
  /// Nil for a leaf that was taken, or is none of the tree. Nothing changes until `take`.
  func descend(to leaf: LeafIndex, _ suite: CipherSuiteAlgorithms) -> Descent? {
    guard leafCount.contains(leaf), let (from, known) = lowestKnown(above: NodeIndex(leaf)) else {
      return nil
    }
    var node = from
    var secret = known
    var siblings: [(NodeIndex, SecretKey)] = []
    while !node.isLeaf {
      let left = suite.expandBlock(secret, label: "tree", context: Array("left".utf8))
      let right = suite.expandBlock(secret, label: "tree", context: Array("right".utf8))
      let goesLeft = node.left.covers(NodeIndex(leaf))
      siblings.append(goesLeft ? (node.right, right) : (node.left, left))
      (node, secret) = goesLeft ? (node.left, left) : (node.right, right)
    }
    return Descent(from: from, siblings: siblings, secret: secret)
  }

  private func lowestKnown(above leaf: NodeIndex) -> (NodeIndex, SecretKey)? {
    for node in [leaf] + leaf.directPath(in: leafCount) {
      if let secret = nodes[node] { return (node, secret) }
    }
    return nil
  }

  /// Takes a leaf out: from now on nothing here leads to its secret.
  mutating func take(_ descent: Descent) {
    nodes[descent.from] = nil
    for (node, secret) in descent.siblings { nodes[node] = secret }
  }
}
