internal import TLSCodec

/// The rules that a leaf must keep in a group. RFC 9420 section 7.3.
struct LeafNodeRules: Sendable {
  let suite: CipherSuiteAlgorithms
  let groupID: [UInt8]
  /// The group's extensions.
  let extensions: [Extension]
  let required: RequiredCapabilities?
  let requiredComponents: ComponentSupport
  let authentication: any AuthenticationService
  /// Seconds since 1970.
  let now: UInt64
  let maximumLifetime: UInt64

  init(
    _ suite: CipherSuiteAlgorithms, groupID: [UInt8], extensions: [Extension], client: Client
  ) throws(GroupError) {
    self.suite = suite
    self.groupID = groupID
    self.extensions = extensions
    required = try asGroupError { () throws(TLSError) in try extensions.requiredCapabilities() }
    requiredComponents = try ComponentSupport(in: extensions)
    authentication = client.authentication
    now = client.now()
    maximumLifetime = client.settings.maximumLifetime
  }

  /// Where a leaf is met.
  enum Occasion {
    /// In a key package that is about to be used.
    case keyPackage
    /// In an Update, in place of a member's leaf.
    case update(LeafIndex, former: LeafNode)
    /// In the path of a Commit; a member's has a former leaf.
    case commit(LeafIndex, former: LeafNode?)
    /// In the tree of a group that is joined; its signature is checked with all others.
    case tree
  }

  /// Checks everything that a leaf shows by itself.
  func check(_ leaf: LeafNode, _ occasion: Occasion) throws(GroupError) {
    try checkSource(leaf, occasion)
    try checkCapabilities(leaf)
    try checkSignature(leaf, occasion)
    try checkCredential(leaf, occasion)
  }

  /// "Verify the leaf_node_source field", and the lifetime where there is one.
  private func checkSource(_ leaf: LeafNode, _ occasion: Occasion) throws(GroupError) {
    switch occasion {
    case .keyPackage:
      guard case .keyPackage(let lifetime) = leaf.source else { throw .invalid(.leafSourceNotKeyPackage) }
      guard lifetime.contains(now) else { throw .invalid(.lifetimeNotCurrent) }
      guard lifetime.duration <= maximumLifetime else { throw .invalid(.lifetimeTooLong) }
    case .update(_, let former):
      guard case .update = leaf.source else { throw .invalid(.leafSourceNotUpdate) }
      guard leaf.encryptionKey != former.encryptionKey else { throw .invalid(.encryptionKeyNotReplaced) }
    case .commit(_, let former):
      guard case .commit = leaf.source else { throw .invalid(.leafSourceNotCommit) }
      guard leaf.encryptionKey != former?.encryptionKey else { throw .invalid(.encryptionKeyNotReplaced) }
    case .tree: break
    }
  }

  /// "Verify that the LeafNode is compatible with the group's parameters", and that it lists its extensions.
  func checkCapabilities(_ leaf: LeafNode) throws(GroupError) {
    let capabilities = leaf.capabilities
    guard capabilities.versions.contains(.mls10), capabilities.cipherSuites.contains(suite.suite) else {
      throw .invalid(.suiteNotInCapabilities)
    }
    guard leaf.extensions.hasUniqueTypes else { throw .invalid(.extensionTypeRepeated) }
    guard leaf.extensions.allSatisfy({ capabilities.supports($0.type) }) else {
      throw .invalid(.leafExtensionUnlisted)
    }
    guard capabilities.supports(leaf.credential.type) else { throw .invalid(.credentialTypeUnsupported) }
    try checkGroupSupport(leaf, try ComponentSupport(in: leaf.extensions))
  }

  /// The group's extensions are supported, and what they require. Sections 11.1 and 13.4.
  func checkGroupSupport(_ leaf: LeafNode) throws(GroupError) {
    let none = ComponentSupport()
    try checkGroupSupport(leaf, requiredComponents.isEmpty ? none : ComponentSupport(in: leaf.extensions))
  }

  private func checkGroupSupport(_ leaf: LeafNode, _ components: ComponentSupport) throws(GroupError) {
    if let required, !leaf.capabilities.meets(required) { throw .invalid(.requiredCapabilityMissing) }
    guard extensions.allSatisfy({ leaf.capabilities.supports($0.type) }) else {
      throw .invalid(.groupExtensionUnsupported)
    }
    guard components.covers(requiredComponents) else { throw .invalid(.requiredComponentUnsupported) }
  }

  /// The credentials of those who may propose from outside of a group with these extensions. Section 5.3.1.
  func checkExternalSenders(_ extensions: [Extension]) throws(GroupError) {
    for sender in try asGroupError({ () throws(TLSError) in try extensions.externalSenders() }) {
      guard authentication.accepts(sender.credential, signatureKey: sender.signatureKey) else {
        throw .invalid(.credentialRefused)
      }
    }
  }

  /// "Verify that the signature on the LeafNode is valid using signature_key."
  private func checkSignature(_ leaf: LeafNode, _ occasion: Occasion) throws(GroupError) {
    let index: LeafIndex
    switch occasion {
    case .keyPackage: index = LeafIndex(0)
    case .update(let leaf, _), .commit(let leaf, _): index = leaf
    case .tree: return
    }
    guard leaf.isSignatureValid(in: .init(group: groupID, leaf: index), suite) else {
      throw .invalid(.leafSignatureInvalid)
    }
  }

  /// "Verify that the credential in the LeafNode is valid, as described in Section 5.3.1."
  private func checkCredential(_ leaf: LeafNode, _ occasion: Occasion) throws(GroupError) {
    guard authentication.accepts(leaf.credential, signatureKey: leaf.signatureKey) else {
      throw .invalid(.credentialRefused)
    }
    switch occasion {
    case .update(_, let former), .commit(_, .some(let former)):
      guard authentication.accepts(leaf.credential, replacing: former.credential) else {
        throw .invalid(.successorRefused)
      }
    case .keyPackage, .commit(_, nil), .tree: break
    }
  }
}
