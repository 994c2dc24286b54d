// RFC 9420 section 7.3: what members must be with respect to each other, after a commit or in a tree that is
// joined.
extension RatchetTree {
  /// No two members share a key, and all support each other's credentials.
  /// - Parameter changed: The leaves that are new; those that were there before need not be compared with
  ///   each other.
  func checkMembership(changed: [LeafIndex]) throws(GroupError) {
    try checkKeysUnique(changed)
    try checkCredentialTypes(changed)
  }

  /// "Verify that the following fields are unique among the members of the group."
  private func checkKeysUnique(_ changed: [LeafIndex]) throws(GroupError) {
    var (encryptionKeys, signatureKeys) = (Set<HPKEPublicKey>(), Set<SignaturePublicKey>())
    let changedLeaves = Set(changed)
    for own in changed {
      guard let leaf = self[own] else { continue }
      let others = index.nodes(like: leaf.encryptionKey).filter {
        $0.leaf.map(changedLeaves.contains) != true
      }
      guard encryptionKeys.insert(leaf.encryptionKey).inserted,
        others.allSatisfy({ encryptionKey(of: $0) != leaf.encryptionKey })
      else { throw .invalid(.encryptionKeyNotUnique) }
      let members = index.leaves(like: leaf.signatureKey).filter { !changedLeaves.contains($0) }
      guard signatureKeys.insert(leaf.signatureKey).inserted,
        members.allSatisfy({ self[$0]?.signatureKey != leaf.signatureKey })
      else { throw .invalid(.signatureKeyNotUnique) }
    }
  }

  /// "Verify that the credential type is supported by all members of the group ... and that the capabilities
  /// field of this LeafNode indicates support for all the credential types currently in use."
  func checkCredentialTypes(_ changed: [LeafIndex]) throws(GroupError) {
    let inUse = index.credentialTypesInUse
    var types: Set<CredentialType> = []
    for index in changed {
      guard let leaf = self[index] else { continue }
      types.insert(leaf.credential.type)
      guard inUse.allSatisfy(leaf.capabilities.supports) else {
        throw .invalid(.memberCredentialTypeUnsupported)
      }
    }
    guard types.allSatisfy(index.isSupportedByAll) else { throw .invalid(.credentialTypeUnsupported) }
  }

  /// "Verify that none of the public keys in the UpdatePath appear in any node of the new ratchet tree."
  /// RFC 9420 section 12.4.2.
  func checkPathKeys(_ path: UpdatePath) throws(GroupError) {
    var keys = Set<HPKEPublicKey>()
    for key in [path.leafNode.encryptionKey] + path.nodes.map(\.encryptionKey) {
      guard keys.insert(key).inserted,
        index.nodes(like: key).allSatisfy({ encryptionKey(of: $0) != key })
      else { throw .invalid(.pathKeyInTree) }
    }
  }
}
