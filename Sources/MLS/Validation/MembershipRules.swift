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
    var encryptionKeys = KeySet<HPKEPublicKey>()
    var signatureKeys = KeySet<SignaturePublicKey>()
    for index in changed {
      guard let leaf = self[index] else { continue }
      guard encryptionKeys.insert(leaf.encryptionKey) else { throw .invalid(.encryptionKeyNotUnique) }
      guard signatureKeys.insert(leaf.signatureKey) else { throw .invalid(.signatureKeyNotUnique) }
    }
    let changed = Set(changed.map { NodeIndex($0) })
    for node in index.nodes(like: encryptionKeys.marks) where !changed.contains(node) {
      guard let key = encryptionKey(of: node) else { continue }
      guard !encryptionKeys.contains(key) else { throw .invalid(.encryptionKeyNotUnique) }
    }
    for leaf in index.leaves(like: signatureKeys.marks) where !changed.contains(NodeIndex(leaf)) {
      guard let key = self[leaf]?.signatureKey else { continue }
      guard !signatureKeys.contains(key) else { throw .invalid(.signatureKeyNotUnique) }
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
    var keys = KeySet<HPKEPublicKey>()
    for key in [path.leafNode.encryptionKey] + path.nodes.map(\.encryptionKey) {
      guard keys.insert(key) else { throw .invalid(.pathKeyInTree) }
    }
    for node in index.nodes(like: keys.marks) {
      guard let key = encryptionKey(of: node) else { continue }
      guard !keys.contains(key) else { throw .invalid(.pathKeyInTree) }
    }
  }
}

/// Keys, and their marks.
private struct KeySet<Key: Hashable & KeyBytes> {
  private var keys: Set<Key> = []
  private(set) var marks = KeyMarks()

  mutating func insert(_ key: Key) -> Bool {
    marks.insert(key.bytes)
    return keys.insert(key).inserted
  }

  func contains(_ key: Key) -> Bool { keys.contains(key) }
}

private protocol KeyBytes {
  var bytes: [UInt8] { get }
}

extension HPKEPublicKey: KeyBytes {}
extension SignaturePublicKey: KeyBytes {}
