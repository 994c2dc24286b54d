package import CryptoCore
internal import TLSCodec

/// The private keys that a member has: of its leaf, and of the nodes above whose secrets it was told.
package struct TreePrivateKeys: Sendable {
  /// The member.
  package let leaf: LeafIndex
  /// The key of its leaf.
  package var leafKey: HPKEKeyPair
  /// The keys of nodes above.
  package private(set) var parents: [NodeIndex: HPKEKeyPair] = [:]

  package init(leaf: LeafIndex, leafKey: HPKEKeyPair) {
    self.leaf = leaf
    self.leafKey = leafKey
  }

  package subscript(node: NodeIndex) -> HPKEKeyPair? { node == NodeIndex(leaf) ? leafKey : parents[node] }

  /// Keeps the keys of a path from a node up.
  package mutating func keep(_ secrets: PathSecrets, along path: ArraySlice<RatchetTree.PathStep>) {
    for (step, key) in zip(path, secrets.keyPairs) { parents[step.node] = key }
  }

  /// Keeps the key of a node.
  package mutating func keep(_ key: HPKEKeyPair, at node: NodeIndex) { parents[node] = key }

  /// Forgets the keys that the tree has no more: RFC 9420 section 7.5 demands that outdated keys are deleted.
  package mutating func forgetOutdated(in tree: RatchetTree) {
    parents = parents.filter { tree.encryptionKey(of: $0.key) == $0.value.publicKey }
  }
}

/// The path secrets from a node up to the root, and the keys that follow from them. RFC 9420 section 7.4.
package struct PathSecrets: Sendable {
  /// One for each node.
  package let secrets: [SecretKey]
  /// One for each node.
  package let keyPairs: [HPKEKeyPair]
  /// The path secret after the last.
  package let commitSecret: SecretKey

  /// `path_secret[n] = DeriveSecret(path_secret[n - 1], "path")`
  /// `node_secret[n] = DeriveSecret(path_secret[n], "node")`
  /// `node_priv[n], node_pub[n] = KEM.DeriveKeyPair(node_secret[n])`
  package init(from first: SecretKey, count: Int, _ suite: CipherSuiteAlgorithms) throws(GroupError) {
    var secrets: [SecretKey] = []
    var keyPairs: [HPKEKeyPair] = []
    var secret = first
    for _ in 0..<count {
      secrets.append(secret)
      keyPairs.append(try PathSecrets.keyPair(of: secret, suite))
      secret = suite.deriveSecret(secret, "path")
    }
    self.secrets = secrets
    self.keyPairs = keyPairs
    commitSecret = secret
  }

  /// The key pair of a node's path secret.
  package static func keyPair(
    of pathSecret: SecretKey, _ suite: CipherSuiteAlgorithms
  ) throws(GroupError) -> HPKEKeyPair {
    do throws(CipherSuiteError) {
      return try .derive(from: suite.deriveSecret(pathSecret, "node"), suite)
    } catch { throw .cipherSuite(error) }
  }
}

/// A path that its maker has put into the tree, and not yet sealed to the others.
package struct RenewedPath: Sendable {
  package let sender: LeafIndex
  package let steps: [RatchetTree.PathStep]
  package let secrets: PathSecrets
  package let leafKey: HPKEKeyPair

  /// The path secret that a new member below the path learns: of the lowest node above both. RFC 9420 section
  /// 12.4.3.1.
  package func pathSecret(for leaf: LeafIndex) -> SecretKey? {
    steps.firstIndex { $0.node.covers(NodeIndex(leaf)) }.map { secrets.secrets[$0] }
  }
}

// RFC 9420 section 7.5: the side of the member who makes a path.
extension RatchetTree {
  /// Puts fresh keys on a member's filtered direct path and into its leaf, and signs the leaf.
  /// - Parameter leaf: What the leaf shall say; its key, its source and its signature are replaced.
  package mutating func renewPath(
    of sender: LeafIndex, leaf: LeafNode, signedBy signer: SignatureKeyPair, group: [UInt8]
  ) throws(GroupError) -> RenewedPath {
    let steps = filteredDirectPath(of: sender)
    let secrets = try PathSecrets(from: suite.randomSecret(), count: steps.count, suite)
    blankDirectPath(of: sender)
    for (step, key) in zip(steps, secrets.keyPairs) {
      self[parent: step.node] = ParentNode(encryptionKey: key.publicKey)
    }
    let parentHash = setParentHashes(along: steps)
    do throws(CipherSuiteError) {
      let leafKey = try HPKEKeyPair.generate(suite)
      var leaf = leaf
      leaf.encryptionKey = leafKey.publicKey
      leaf.source = .commit(parentHash: parentHash)
      self[sender] = try leaf.signed(by: signer, in: .init(group: group, leaf: sender), suite)
      return RenewedPath(sender: sender, steps: steps, secrets: secrets, leafKey: leafKey)
    } catch { throw .cipherSuite(error) }
  }

  /// Seals the secrets of a path to the members beside it, on all cores.
  /// - Parameters:
  ///   - context: The provisional GroupContext.
  ///   - newLeaves: Members who are added by the same Commit, and learn their secret from the Welcome.
  package func seal(
    _ path: RenewedPath, context: [UInt8], excluding newLeaves: Set<LeafIndex>
  ) throws(GroupError) -> UpdatePath {
    guard let leaf = self[path.sender] else { throw .internalError }
    let recipients = path.steps.map { self.recipients(of: $0, excluding: newLeaves) }
    let work = zip(recipients, path.secrets.secrets).flatMap { nodes, secret in
      nodes.map { (key: encryptionKey(of: $0), secret: secret) }
    }
    let encryption = suite.encryption(label: "UpdatePathNode", context: context)
    let sealed: [Result<HPKECiphertext, CipherSuiteError>] = Parallel.map(work) { key, secret in
      guard let key else { return .failure(.invalidPublicKey) }
      return Result { () throws(CipherSuiteError) in try encryption.encrypt(secret, to: key) }
    }
    var nodes: [UpdatePathNode] = []
    var next = 0
    do throws(CipherSuiteError) {
      for (key, recipients) in zip(path.secrets.keyPairs, recipients) {
        var ciphertexts: [HPKECiphertext] = []
        for result in sealed[next..<next + recipients.count] { ciphertexts.append(try result.get()) }
        next += recipients.count
        nodes.append(UpdatePathNode(encryptionKey: key.publicKey, encryptedPathSecret: ciphertexts))
      }
    } catch { throw .cipherSuite(error) }
    return UpdatePath(leafNode: leaf, nodes: nodes)
  }

  /// The nodes to which a step's path secret is sealed: the resolution of the copath child without new
  /// members. RFC 9420 section 7.6.
  private func recipients(of step: PathStep, excluding newLeaves: Set<LeafIndex>) -> [NodeIndex] {
    let resolution = resolution(of: step.copathChild)
    guard !newLeaves.isEmpty else { return resolution }
    return resolution.filter { node in node.leaf.map { !newLeaves.contains($0) } ?? true }
  }
}

// RFC 9420 section 7.5: the side of the members who receive a path.
extension RatchetTree {
  /// Puts the public keys of a path into the tree.
  package mutating func merge(
    _ path: UpdatePath, from sender: LeafIndex, excluding newLeaves: Set<LeafIndex>
  ) throws(GroupError) -> [PathStep] {
    let steps = filteredDirectPath(of: sender)
    guard steps.count == path.nodes.count else { throw .invalid(.pathLengthMismatch) }
    for (step, node) in zip(steps, path.nodes)
    where recipients(of: step, excluding: newLeaves).count != node.encryptedPathSecret.count {
      throw .invalid(.pathCiphertextCountMismatch)
    }
    blankDirectPath(of: sender)
    for (step, node) in zip(steps, path.nodes) {
      self[parent: step.node] = ParentNode(encryptionKey: node.encryptionKey)
    }
    let parentHash = setParentHashes(along: steps)
    guard case .commit(parentHash) = path.leafNode.source else {
      throw .invalid(.pathParentHashMismatch)
    }
    self[sender] = path.leafNode
    return steps
  }

  /// Opens the secret of a path that is for this member, and keeps the keys that follow.
  /// - Returns: The commit secret.
  package func open(
    _ path: UpdatePath, along steps: [PathStep], context: [UInt8], excluding newLeaves: Set<LeafIndex>,
    with keys: inout TreePrivateKeys
  ) throws(GroupError) -> SecretKey {
    let own = NodeIndex(keys.leaf)
    guard let first = steps.firstIndex(where: { $0.node.covers(own) }) else { throw .internalError }
    let recipients = self.recipients(of: steps[first], excluding: newLeaves)
    for (node, ciphertext) in zip(recipients, path.nodes[first].encryptedPathSecret) {
      guard let key = keys[node] else { continue }
      let secret: SecretKey
      do throws(CipherSuiteError) {
        secret = try suite.decryptWithLabel(key, label: "UpdatePathNode", context: context, ciphertext)
      } catch { throw .cipherSuite(error) }
      return try keep(secret, along: steps[first...], in: &keys)
    }
    throw .invalid(.pathSecretNotForUs)
  }

  /// Derives the keys from a node up, and keeps them if they are the tree's.
  /// - Returns: The commit secret.
  package func keep(
    _ secret: SecretKey, along steps: ArraySlice<PathStep>, in keys: inout TreePrivateKeys
  ) throws(GroupError) -> SecretKey {
    guard secret.byteCount == suite.hashByteCount else { throw .invalid(.pathKeyMismatch) }
    let secrets = try PathSecrets(from: secret, count: steps.count, suite)
    for (step, key) in zip(steps, secrets.keyPairs)
    where self[parent: step.node]?.encryptionKey != key.publicKey {
      throw .invalid(.pathKeyMismatch)
    }
    keys.keep(secrets, along: steps)
    return secrets.commitSecret
  }
}
