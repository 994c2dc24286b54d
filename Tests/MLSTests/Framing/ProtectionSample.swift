import CryptoCore

@testable import MLS

/// One epoch, with nothing of a group around it.
struct ProtectionSample {
  let suite: CipherSuiteAlgorithms
  let signer: SignatureKeyPair
  let context: GroupContext
  let protection: MessageProtection

  init(_ suite: CipherSuite = .x25519AES128Ed25519, leaves: Int = 4, limits: RatchetLimits = .default) throws
  {
    let algorithms = try suite.algorithms()
    self.suite = algorithms
    signer = try SignatureKeyPair.generate(suite)
    context = GroupContext(
      cipherSuite: suite, groupID: [1, 2, 3], epoch: 7, treeHash: [4], confirmedTranscriptHash: [5],
      extensions: [])
    protection = MessageProtection(
      context, senderDataSecret: algorithms.randomSecret(), membershipKey: algorithms.randomSecret(),
      secretTree: SecretTree(
        encryptionSecret: algorithms.randomSecret(), leafCount: LeafCount(holding: leaves), algorithms),
      limits: limits, algorithms)
  }

  func content(_ content: FramedContent.Content, from leaf: UInt32 = 0) -> FramedContent {
    FramedContent(
      groupID: context.groupID, epoch: context.epoch, sender: .member(LeafIndex(leaf)),
      authenticatedData: [9], content: content)
  }

  /// A private message, made as the RFC describes it step by step.
  func seal(
    _ content: FramedContent.Content, with sender: inout MessageProtection, padding: Int = 0
  ) throws -> PrivateMessage {
    try sender.seal(
      sender.sign(self.content(content), .privateMessage, with: signer), paddingByteCount: padding)
  }

  func open(_ message: PrivateMessage, with receiver: inout MessageProtection) throws -> FramedContent.Content
  {
    try receiver.open(message) { _ in signer.publicKey }.content.content
  }
}
