import MLS

/// tree-math.json.
enum TreeMathVectors {
  static func verify(_ test: JSONCase) -> Bool {
    guard let leaves = test.number("n_leaves"), let nodes = test.number("n_nodes") else { return false }
    let tree = LeafCount(holding: leaves)
    let all = (0..<nodes).map { NodeIndex($0) }
    return tree.value == leaves && tree.nodeCount == nodes && tree.root.place == test.number("root")
      && test.optionalNumbers("left") == all.map { $0.isLeaf ? nil : $0.left.place }
      && test.optionalNumbers("right") == all.map { $0.isLeaf ? nil : $0.right.place }
      && test.optionalNumbers("parent") == all.map { $0 == tree.root ? nil : $0.parent.place }
      && test.optionalNumbers("sibling") == all.map { $0 == tree.root ? nil : $0.sibling.place }
  }
}
