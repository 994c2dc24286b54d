internal import CryptoCore

/// Everything that a member knows of one epoch. RFC 9420 section 8.
package struct EpochState: Sendable {
  var context: GroupContext
  var tree: RatchetTree
  /// Without those that went into the secret tree and the exporter tree.
  var secrets: EpochSecrets
  var exporter: ExporterTree
  var protection: MessageProtection
  var transcript: TranscriptHash
  var confirmationTag: MAC
  var keys: TreePrivateKeys
  var signer: SignatureKeyPair

  package init(
    context: GroupContext, tree: RatchetTree, secrets: EpochSecrets, confirmationTag: MAC,
    keys: TreePrivateKeys, signer: SignatureKeyPair, limits: RatchetLimits
  ) {
    let suite = tree.suite
    self.context = context
    self.tree = tree
    self.confirmationTag = confirmationTag
    self.keys = keys
    self.signer = signer
    transcript = TranscriptHash(
      confirmed: context.confirmedTranscriptHash, confirmationTag: confirmationTag, suite)
    protection = MessageProtection(
      context, senderDataSecret: secrets.senderDataSecret, membershipKey: secrets.membershipKey,
      secretTree: SecretTree(
        encryptionSecret: secrets.encryptionSecret, leafCount: tree.leafCount, suite),
      limits: limits, suite)
    exporter = ExporterTree(applicationExportSecret: secrets.applicationExportSecret)
    self.secrets = secrets
    self.secrets.encryptionSecret = SecretKey(copying: [])
    self.secrets.applicationExportSecret = SecretKey(copying: [])
  }

  var suite: CipherSuiteAlgorithms { tree.suite }

  /// This member's leaf.
  var ownIndex: LeafIndex { keys.leaf }
}

/// What is left of an epoch that is over: enough to open messages that come late. RFC 9420 section 15.3.
struct PastEpoch: Sendable {
  let epoch: UInt64
  let context: GroupContext
  var protection: MessageProtection
  /// The signature keys of the leaves that were different in this epoch than in the next; nil for a leaf
  /// that was blank.
  let formerKeys: [LeafIndex: SignaturePublicKey?]
}
