public import CryptoCore
internal import TLSCodec

/// One member's view of a group. RFC 9420.
///
/// A group cannot be copied: a copied ratchet would seal two messages with one key. What must outlive the
/// process is written by an explicit snapshot.
public struct Group: ~Copyable, Sendable {
  /// This member.
  public internal(set) var client: Client
  var state: EpochState
  /// What was proposed in this epoch, in order of arrival.
  var proposals: [CommittedProposal] = []
  /// The private keys of this member's own Updates, until they are committed or the epoch is over.
  var updateKeys: [HPKEPublicKey: HPKEKeyPair] = [:]
  var pending: PendingCommit?
  var pastEpochs: [PastEpoch] = []
  var resumptionKeys: [(epoch: UInt64, key: SecretKey)] = []
  /// What the group was closed for, if it was re-initialised.
  public internal(set) var reInit: ReInit?
  var wasRemoved = false
  var unsaved = UnsavedChanges()
  /// What components told this member when it joined, in the GroupInfo. draft-ietf-mls-extensions, section "Attaching
  /// Application Data to MLS Messages".
  public internal(set) var joinData = AppDataDictionary()
  /// The commit by which this member joined from outside: send it to the others. RFC 9420 section 12.4.3.2.
  public internal(set) var externalCommit: MLSMessage?

  package init(client: Client, state: EpochState) {
    self.client = client
    self.state = state
    keepResumptionKey()
  }

  /// Creates a group of one. RFC 9420 section 11.
  /// - Parameters:
  ///   - id: The group's identifier; random if nil.
  ///   - extensions: The GroupContext extensions.
  public static func create(
    by client: Client, id: [UInt8]? = nil, extensions: [Extension] = []
  ) throws(GroupError) -> Group {
    let suite = try client.algorithms
    guard extensions.hasUniqueTypes else { throw .invalid(.extensionTypeRepeated) }
    let leafKey = try asGroupError { () throws(CipherSuiteError) in try HPKEKeyPair.generate(suite) }
    let now = client.now()
    let lifetime = Lifetime(notBefore: now, from: now, lasting: client.settings.maximumLifetime)
    let leaf = try asGroupError { () throws(CipherSuiteError) in
      try client.leaf(leafKey.publicKey, .keyPackage(lifetime)).signed(by: client.signer, in: nil, suite)
    }
    var tree = RatchetTree(creator: leaf, hash: suite)
    let context = GroupContext(
      cipherSuite: client.suite, groupID: id ?? SecureRandom.bytes(suite.hashByteCount), epoch: 0,
      treeHash: tree.rootHash(), confirmedTranscriptHash: [], extensions: extensions)
    let rules = try LeafNodeRules(
      suite, groupID: context.groupID, extensions: extensions, client: client)
    try rules.checkCapabilities(leaf)
    try rules.checkExternalSenders(extensions)
    let secrets = EpochSecrets(epochSecret: suite.randomSecret(), suite)
    let state = EpochState(
      context: context, tree: tree, secrets: secrets, confirmationTag: secrets.confirmationTag([], suite),
      keys: TreePrivateKeys(leaf: LeafIndex(0), leafKey: leafKey), signer: client.signer,
      limits: client.settings.ratchetLimits)
    return Group(client: client, state: state)
  }

  /// Messages cannot be sent once the group was re-initialised or this member removed.
  func checkOpen() throws(GroupError) {
    guard reInit == nil, !wasRemoved else { throw .closed }
  }

  mutating func keepResumptionKey() {
    resumptionKeys.append((state.context.epoch, state.secrets.resumptionPSK))
    let excess = resumptionKeys.count - max(1, client.settings.keptResumptionKeys)
    if excess > 0 { resumptionKeys.removeFirst(excess) }
  }
}

// What the application may know.
extension Group {
  /// A member, as others see it.
  public struct Member: Hashable, Sendable {
    /// Its place.
    public let index: LeafIndex
    /// Its leaf.
    public let leaf: LeafNode
  }

  /// The group's identifier.
  public var id: [UInt8] { state.context.groupID }
  /// The current epoch.
  public var epoch: UInt64 { state.context.epoch }
  /// The group's suite.
  public var cipherSuite: CipherSuite { state.context.cipherSuite }
  /// The GroupContext extensions.
  public var extensions: [Extension] { state.context.extensions }
  /// What all members agree on.
  public var context: GroupContext { state.context }
  /// This member's place.
  public var ownIndex: LeafIndex { state.ownIndex }
  /// Whether messages can be sent: not after a re-initialisation or this member's removal.
  public var isActive: Bool { reInit == nil && !wasRemoved }
  /// The members, by place.
  public var members: [Member] { state.tree.members.map { Member(index: $0.index, leaf: $0.leaf) } }
  /// How many proposals wait for a commit.
  public var pendingProposalCount: Int { proposals.count }

  /// The member at a place; nil if there is none.
  public func member(at index: LeafIndex) -> Member? {
    state.tree[index].map { Member(index: index, leaf: $0) }
  }

  /// Equal for all who agree on the epoch: the application may compare it by other means. RFC 9420 section
  /// 8.7.
  public var epochAuthenticator: [UInt8] { state.secrets.epochAuthenticator.exportRawBytes() }

  /// A secret of the epoch for another use. RFC 9420 section 8.5.
  /// - Throws: `GroupError.cipherSuite` for more than 255 times the hash's size.
  public func export(label: String, context: [UInt8], byteCount: Int) throws(GroupError) -> SecretKey {
    try asGroupError { () throws(CipherSuiteError) in
      try state.secrets.export(label: label, context: context, byteCount: byteCount, state.suite)
    }
  }

  /// The ratchet tree, for who joins without one in its Welcome. RFC 9420 section 12.4.3.3.
  public var ratchetTree: [UInt8] { state.tree.encoded }
}
