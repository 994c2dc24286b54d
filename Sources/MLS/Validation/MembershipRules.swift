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
    var encryptionKeys = KeyFilter<HPKEPublicKey>()
    var signatureKeys = KeyFilter<SignaturePublicKey>()
    for index in changed {
      guard let leaf = self[index] else { continue }
      guard encryptionKeys.insert(leaf.encryptionKey) else { throw .invalid(.encryptionKeyNotUnique) }
      guard signatureKeys.insert(leaf.signatureKey) else { throw .invalid(.signatureKeyNotUnique) }
    }
    let changed = Set(changed)
    try forEachMember { (index, leaf) throws(GroupError) in
      guard !changed.contains(index) else { return }
      guard !encryptionKeys.contains(leaf.encryptionKey) else { throw .invalid(.encryptionKeyNotUnique) }
      guard !signatureKeys.contains(leaf.signatureKey) else { throw .invalid(.signatureKeyNotUnique) }
    }
    for (_, parent) in nonBlankParents where encryptionKeys.contains(parent.encryptionKey) {
      throw .invalid(.encryptionKeyNotUnique)
    }
  }

  /// "Verify that the credential type is supported by all members of the group ... and that the capabilities
  /// field of this LeafNode indicates support for all the credential types currently in use."
  func checkCredentialTypes(_ changed: [LeafIndex]) throws(GroupError) {
    var inUse: Set<CredentialType> = []
    forEachMember { (_, leaf) in
      if !inUse.contains(leaf.credential.type) { inUse.insert(leaf.credential.type) }
    }
    for index in changed {
      guard let leaf = self[index] else { continue }
      guard inUse.allSatisfy(leaf.capabilities.supports) else {
        throw .invalid(.memberCredentialTypeUnsupported)
      }
    }
    let types = Set(changed.compactMap { self[$0]?.credential.type })
    try forEachMember { (_, leaf) throws(GroupError) in
      guard types.allSatisfy(leaf.capabilities.supports) else { throw .invalid(.credentialTypeUnsupported) }
    }
  }

  /// "Verify that none of the public keys in the UpdatePath appear in any node of the new ratchet tree."
  /// RFC 9420 section 12.4.2.
  func checkPathKeys(_ path: UpdatePath) throws(GroupError) {
    var keys = KeyFilter<HPKEPublicKey>()
    for key in [path.leafNode.encryptionKey] + path.nodes.map(\.encryptionKey) {
      guard keys.insert(key) else { throw .invalid(.pathKeyInTree) }
    }
    try forEachMember { (_, leaf) throws(GroupError) in
      guard !keys.contains(leaf.encryptionKey) else { throw .invalid(.pathKeyInTree) }
    }
    for (_, parent) in nonBlankParents where keys.contains(parent.encryptionKey) {
      throw .invalid(.pathKeyInTree)
    }
  }
}

/// A small set of keys that is asked about very many: their last bytes answer nearly every time.
private struct KeyFilter<Key: Hashable & KeyBytes> {
  private var keys: Set<Key> = []
  private var lastBytes = [Bool](repeating: false, count: 256)

  mutating func insert(_ key: Key) -> Bool {
    lastBytes[Int(key.bytes.last ?? 0)] = true
    return keys.insert(key).inserted
  }

  func contains(_ key: Key) -> Bool { lastBytes[Int(key.bytes.last ?? 0)] && keys.contains(key) }
}

private protocol KeyBytes {
  var bytes: [UInt8] { get }
}

extension HPKEPublicKey: KeyBytes {}
extension SignaturePublicKey: KeyBytes {}
