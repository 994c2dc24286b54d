internal import CryptoCore
internal import TLSCodec

/// The next epoch, from proposals and the key schedule: what creating and processing a commit share. RFC 9420
/// sections 12.4.1 and 12.4.2.
struct EpochTransition: Sendable {
  var change: ProposedChange
  /// The GroupContext of the new epoch; provisional until the transcript hash is in it.
  private(set) var context: GroupContext

  init(_ change: ProposedChange, after context: GroupContext) throws(GroupError) {
    // A GroupInfo may name any epoch.
    guard context.epoch < .max else { throw .epochsExhausted }
    self.change = change
    self.context = context
    self.context.epoch += 1
    self.context.extensions = change.extensions
  }

  /// The provisional GroupContext, encoded: the context of path secrets.
  mutating func provisionalContext() -> [UInt8] {
    context.treeHash = change.tree.rootHash()
    return context.encoded
  }

  /// The secrets of the new epoch.
  mutating func secrets(
    initSecret: SecretKey, commitSecret: SecretKey, preSharedKeys: [(id: PreSharedKeyID, secret: SecretKey)],
    confirmedTranscriptHash: [UInt8]
  ) throws(GroupError) -> (joiner: JoinerSecret, member: MemberSecret, epoch: EpochSecrets) {
    let suite = change.tree.suite
    context.treeHash = change.tree.rootHash()
    context.confirmedTranscriptHash = confirmedTranscriptHash
    let encoded = context.encoded
    let pskSecret = try asGroupError { () throws(CipherSuiteError) in
      try suite.preSharedKeySecret(preSharedKeys)
    }
    let joiner = JoinerSecret(
      initSecret: initSecret, commitSecret: commitSecret, groupContext: encoded, suite)
    let member = joiner.withPreSharedKeys(pskSecret, suite)
    return (joiner, member, member.epochSecrets(groupContext: encoded, suite))
  }
}

extension Group {
  /// Checks and applies proposals. RFC 9420 sections 12.2 and 12.3.
  func change(
    by list: ProposalList, joiner: ComponentRules.Author? = nil, isSuccession: Bool = false
  ) throws(GroupError) -> (ProposedChange, LeafNodeRules) {
    try list.change(state.tree, state.context, client, joiner: joiner, isSuccession: isSuccession)
  }

  /// The secrets of pre-shared keys, in their order.
  func preSharedKeys(
    _ identifiers: [PreSharedKeyID]
  ) throws(GroupError) -> [(id: PreSharedKeyID, secret: SecretKey)] {
    var keys: [(id: PreSharedKeyID, secret: SecretKey)] = []
    for id in identifiers {
      guard let secret = try preSharedKey(id.key) else { throw .invalid(.preSharedKeyUnavailable) }
      keys.append((id, secret))
    }
    return keys
  }

  private func preSharedKey(_ key: PreSharedKeyID.Key) throws(GroupError) -> SecretKey? {
    switch key {
    case .external, .application: return try client.keys.preSharedKey(key)
    case .resumption(_, let groupID, let epoch):
      guard groupID == id else { return nil }
      return resumptionKeys.first { $0.epoch == epoch }?.key
    }
  }
}
