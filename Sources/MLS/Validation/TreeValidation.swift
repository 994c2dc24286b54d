// RFC 9420 section 12.4.3.1, "Verify the integrity of the ratchet tree".
extension RatchetTree {
  /// The tree is the one that the group agreed on.
  package mutating func verifyTreeHash(_ expected: [UInt8]) throws(GroupError) {
    guard rootHash() == expected else { throw .invalid(.treeHashMismatch) }
  }

  /// Each parent was made by a member below it. Section 7.9.2.
  package mutating func verifyParentHashes() throws(GroupError) {
    for (node, parent) in nonBlankParents where !isParentHashValid(node, parent) {
      throw .invalid(.parentHashInvalid)
    }
  }

  /// The entries of `unmerged_leaves` are members below, and stand in each node between.
  package func verifyUnmergedLeaves() throws(GroupError) {
    for (node, parent) in nonBlankParents {
      for leaf in parent.unmergedLeaves {
        guard node.covers(NodeIndex(leaf)), self[leaf] != nil else {
          throw .invalid(.unmergedLeafNotDescendant)
        }
        var between = NodeIndex(leaf).parent
        while between != node {
          if let parent = self[parent: between], !parent.unmergedLeaves.contains(leaf) {
            throw .invalid(.unmergedLeafMissingBetween)
          }
          between = between.parent
        }
      }
    }
  }

  /// No two nodes have one encryption key, no two members one signature key. Sections 7.3 and 12.4.3.1.
  package func verifyKeysUnique() throws(GroupError) {
    var encryptionKeys = Set<HPKEPublicKey>(minimumCapacity: 2 * leafCount.value)
    var signatureKeys = Set<SignaturePublicKey>(minimumCapacity: leafCount.value)
    try forEachMember { (_, leaf) throws(GroupError) in
      guard encryptionKeys.insert(leaf.encryptionKey).inserted else {
        throw .invalid(.encryptionKeyNotUnique)
      }
      guard signatureKeys.insert(leaf.signatureKey).inserted else {
        throw .invalid(.signatureKeyNotUnique)
      }
    }
    for (_, parent) in nonBlankParents
    where !encryptionKeys.insert(parent.encryptionKey).inserted {
      throw .invalid(.encryptionKeyNotUnique)
    }
  }

  /// Each member signed its leaf for this place; on all cores. Section 7.3. The hashes of the leaves follow
  /// from the same bytes, and are kept.
  package mutating func verifyLeafSignatures(group: [UInt8]) throws(GroupError) {
    let suite = suite
    let members = members
    let results = Parallel.map(members) { member in
      member.leaf.checkedHash(in: .init(group: group, leaf: member.index), suite)
    }
    for (member, hash) in zip(members, results) {
      guard let hash else { throw .invalid(.leafSignatureInvalid) }
      hashes[NodeIndex(member.index)] = hash
    }
  }
}

extension RatchetTree {
  /// All checks of a tree that is joined.
  mutating func checkIntegrity(treeHash: [UInt8], _ rules: LeafNodeRules) throws(GroupError) {
    try verifyLeafSignatures(group: rules.groupID)
    try verifyTreeHash(treeHash)
    try verifyUnmergedLeaves()
    try verifyParentHashes()
    try verifyKeysUnique()
    try checkLeaves(rules)
    guard index.credentialTypesInUse.allSatisfy(index.isSupportedByAll) else {
      throw .invalid(.memberCredentialTypeUnsupported)
    }
  }

  /// What each leaf shows by itself, on all cores; the first that fails is thrown.
  private func checkLeaves(_ rules: LeafNodeRules) throws(GroupError) {
    let results = Parallel.map(members) { member in
      Result { () throws(GroupError) in try rules.check(member.leaf, .tree) }
    }
    for result in results { try result.get() }
  }
}
