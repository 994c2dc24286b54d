package import CryptoCore

/// The keys of an epoch's private messages: a tree of secrets with two ratchets at each leaf, derived only
/// when they are needed. A secret goes as soon as what follows from it is there. RFC 9420 section 9.
///
/// What holds it cannot be copied (`Group`): a copy that went on being used would seal twice with one key.
package struct SecretTree: Sendable {
  private let suite: CipherSuiteAlgorithms
  let labels: RatchetLabels
  /// Of leaves whose ratchets are not there yet.
  private var secrets: NodeSecrets
  /// The ratchets that were needed so far.
  private(set) var leaves: [LeafIndex: LeafRatchets]

  /// The tree under an epoch's `encryption_secret`.
  package init(encryptionSecret: SecretKey, leafCount: LeafCount, _ suite: CipherSuiteAlgorithms) {
    self.init(leafCount: leafCount, nodes: [leafCount.root: encryptionSecret], leaves: [:], suite)
  }

  init(
    leafCount: LeafCount, nodes: [NodeIndex: SecretKey], leaves: [LeafIndex: LeafRatchets],
    _ suite: CipherSuiteAlgorithms
  ) {
    self.suite = suite
    secrets = NodeSecrets(leafCount: leafCount, nodes: nodes)
    self.leaves = leaves
    labels = RatchetLabels(suite)
  }

  /// Which ratchet a kind of message uses: proposals and commits share the handshake ratchet. RFC 9420
  /// section 9.1.
  struct LeafRatchets: Sendable {
    var handshake: HashRatchet
    var application: HashRatchet

    subscript(type: ContentType) -> HashRatchet {
      get { type == .application ? application : handshake }
      set { if type == .application { application = newValue } else { handshake = newValue } }
    }

    /// Lends a ratchet where it is: a copy would keep its secret from being overwritten.
    mutating func withRatchet<Result>(
      _ type: ContentType, _ body: (inout HashRatchet) throws(MessageProtectionError) -> Result
    ) throws(MessageProtectionError) -> Result {
      type == .application ? try body(&application) : try body(&handshake)
    }
  }

  /// The next key for sending.
  package mutating func nextKey(
    of leaf: LeafIndex, _ type: ContentType
  ) throws(MessageProtectionError) -> MessageKey {
    try withRatchet(of: leaf, type) { (ratchet, labels) throws(MessageProtectionError) in
      try ratchet.next(labels)
    }
  }

  /// Writes `key || nonce` for sending, and gives their generation.
  mutating func nextKey(
    of leaf: LeafIndex, _ type: ContentType, into keyAndNonce: inout MutableRawSpan
  ) throws(MessageProtectionError) -> UInt32 {
    try withRatchet(of: leaf, type) { (ratchet, labels) throws(MessageProtectionError) in
      try ratchet.next(labels, into: &keyAndNonce)
    }
  }

  private mutating func withRatchet<Result>(
    of leaf: LeafIndex, _ type: ContentType,
    _ body: (inout HashRatchet, RatchetLabels) throws(MessageProtectionError) -> Result
  ) throws(MessageProtectionError) -> Result {
    if leaves[leaf] == nil { keep(try derive(leaf)) }
    // Taken out and put back: changing a dictionary's value where it is allocates for each layer of the access.
    guard var ratchets = leaves.removeValue(forKey: leaf) else { throw .unknownSender(leaf) }
    defer { leaves.updateValue(ratchets, forKey: leaf) }
    return try ratchets.withRatchet(type) { (ratchet) throws(MessageProtectionError) in
      try body(&ratchet, labels)
    }
  }

  /// Lends the key of a message to `body`. Only if that returns is the key gone and the ratchet moved on.
  package mutating func withKey<Result>(
    of leaf: LeafIndex, _ type: ContentType, generation: UInt32, limits: RatchetLimits,
    _ body: (MessageKey) throws(MessageProtectionError) -> Result
  ) throws(MessageProtectionError) -> Result {
    let derived = leaves[leaf] == nil ? try derive(leaf) : nil
    guard var ratchet = (leaves[leaf] ?? derived?.ratchets)?[type] else { throw .unknownSender(leaf) }
    let result = try body(ratchet.key(of: generation, labels, limits))
    if let derived { keep(derived) }
    leaves[leaf]?[type] = ratchet
    return result
  }

  /// Writes `key || nonce` of a sender's next application message, and the secret that follows, into `output`. False if
  /// `generation` is not that message's; nothing changes until `advance`.
  func peek(_ leaf: LeafIndex, _ generation: UInt32, into output: inout MutableRawSpan) -> Bool {
    guard let ratchet = leaves[leaf]?.application, ratchet.generation == generation, generation < .max else {
      return false
    }
    output.withParts(at: labels.keyAndNonceByteCount) { ratchet.peek(labels, into: &$0, following: &$1) }
    return true
  }

  /// Moves a sender's application ratchet on by the message whose key `peek` gave.
  mutating func advance(_ leaf: LeafIndex, to following: RawSpan) {
    // As in `withRatchet`.
    guard var ratchets = leaves.removeValue(forKey: leaf) else { return }
    ratchets.application.advance(to: following)
    leaves.updateValue(ratchets, forKey: leaf)
  }

  var leafCount: LeafCount { secrets.leafCount }

  var nodes: [NodeIndex: SecretKey] { secrets.nodes }

  private typealias Derivation = (leaf: LeafIndex, descent: NodeSecrets.Descent, ratchets: LeafRatchets)

  ///     tree_node_[leaf]_secret
  ///             |
  ///             +--> ExpandWithLabel(., "handshake", "", KDF.Nh) = handshake_ratchet_secret_[N]_[0]
  ///             |
  ///             +--> ExpandWithLabel(., "application", "", KDF.Nh) = application_ratchet_secret_[N]_[0]
  private func derive(_ leaf: LeafIndex) throws(MessageProtectionError) -> Derivation {
    guard let descent = secrets.descend(to: leaf, suite) else { throw .unknownSender(leaf) }
    return (
      leaf, descent,
      LeafRatchets(
        handshake: HashRatchet(secret: suite.deriveSecret(descent.secret, "handshake")),
        application: HashRatchet(secret: suite.deriveSecret(descent.secret, "application")))
    )
  }

  private mutating func keep(_ derived: Derivation) {
    secrets.take(derived.descent)
    leaves[derived.leaf] = derived.ratchets
  }
}
