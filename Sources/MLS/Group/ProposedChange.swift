internal import TLSCodec

/// What a list of proposals makes of a group. RFC 9420 section 12.3.
struct ProposedChange: Sendable {
  var tree: RatchetTree
  /// What components made of the list.
  let components: ComponentRules.Outcome
  private(set) var added: [(leaf: LeafIndex, keyPackage: KeyPackage)] = []
  private(set) var updated: [LeafIndex] = []
  private(set) var removed: [(leaf: LeafIndex, node: LeafNode)] = []
  private(set) var preSharedKeys: [PreSharedKeyID] = []
  private(set) var externalInit: ExternalInit?
  private(set) var reInit: ReInit?
  /// The former leaf of who comes back by an external commit.
  private(set) var resynced: LeafNode?

  /// Applies a list that was checked: Updates, SelfRemoves, Removes, then Adds.
  init(
    _ list: ProposalList, to former: RatchetTree, _ components: ComponentRules.Outcome
  ) throws(GroupError) {
    tree = former
    self.components = components
    for item in list.items {
      guard case .update(let update) = item.proposal, let leaf = item.sender.leaf else { continue }
      tree.update(leaf, to: update.leafNode)
      updated.append(leaf)
    }
    for leaf in list.removedLeaves.sorted() {
      guard let node = tree[leaf] else { throw .invalid(.removedLeafBlank) }
      tree.remove(leaf)
      if list.isResync(of: leaf) { resynced = node }
      removed.append((leaf, node))
    }
    for item in list.items {
      switch item.proposal {
      case .add(let add): added.append((try tree.add(add.keyPackage.leafNode), add.keyPackage))
      case .preSharedKey(let key): preSharedKeys.append(key.id)
      case .externalInit(let externalInit): self.externalInit = externalInit
      case .reInit(let reInit): self.reInit = reInit
      case .update, .remove, .groupContextExtensions, .appDataUpdate, .appEphemeral, .selfRemove, .unknown:
        break
      }
    }
  }

  /// The extensions that the group will have.
  var extensions: [Extension] { components.extensions }

  /// The leaves that are new: they learn path secrets from the Welcome.
  var newLeaves: Set<LeafIndex> { Set(added.map(\.leaf)) }

  /// The leaf of an external commit's sender: the leftmost blank one. RFC 9420 section 12.4.2.
  mutating func takeLeafForJoiner(_ leaf: LeafNode) throws(GroupError) -> LeafIndex {
    let index = try tree.takeBlankLeaf()
    // The path is about to replace it and to blank all above, so nobody needs to list it as unmerged.
    tree[index] = leaf
    return index
  }

  /// After the changes the tree is valid. RFC 9420 sections 7.3, 12.1.7 and 12.2.
  func checkMembers(
    _ rules: LeafNodeRules, committer: LeafIndex?, extensionsChanged: Bool
  ) throws(GroupError) {
    try tree.checkMembership(changed: added.map(\.leaf) + updated + (committer.map { [$0] } ?? []))
    guard extensionsChanged else { return }
    try tree.forEachMember { (_, leaf) throws(GroupError) in
      guard rules.required.map(leaf.capabilities.meets) ?? true else {
        throw .invalid(.requiredCapabilitiesUnsupported)
      }
      try rules.checkGroupSupport(leaf)
    }
  }
}
