import CryptoCore
import MLS
import TLSCodec

/// message-protection.json. The sender is always leaf 1 of two.
struct MessageProtectionVectors {
  private let suite: CipherSuiteAlgorithms
  private let test: JSONCase
  private let context: GroupContext
  private let key: SignatureKeyPair
  private let sender = LeafIndex(1)

  static func verify(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    let vectors = try MessageProtectionVectors(test, suite)
    let proposal = FramedContent.Content.proposal(try Proposal(decoding: test.bytes("proposal")))
    let commit = FramedContent.Content.commit(try Commit(decoding: test.bytes("commit")))
    let application = FramedContent.Content.application(test.bytes("application"))
    return try vectors.opensPublic("proposal_pub", proposal)
      && vectors.opensPrivate("proposal_priv", proposal)
      && vectors.opensPublic("commit_pub", commit) && vectors.opensPrivate("commit_priv", commit)
      && vectors.opensPrivate("application_priv", application)
      && vectors.protects(proposal) && vectors.protects(commit) && vectors.protects(application)
      && vectors.refusesPublic(application)
  }

  private init(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws {
    self.suite = suite
    self.test = test
    context = GroupContext(
      cipherSuite: suite.suite, groupID: test.bytes("group_id"), epoch: UInt64(test.number("epoch") ?? 0),
      treeHash: test.bytes("tree_hash"),
      confirmedTranscriptHash: test.bytes("confirmed_transcript_hash"), extensions: [])
    key = try SignatureKeyPair(privateKey: test.secret("signature_priv"), suite: suite.suite)
  }

  /// The protection of the epoch, with no key used.
  private var protection: MessageProtection {
    MessageProtection(
      context, senderDataSecret: test.secret("sender_data_secret"),
      membershipKey: test.secret("membership_key"),
      secretTree: SecretTree(
        encryptionSecret: test.secret("encryption_secret"), leafCount: LeafCount(holding: 2), suite),
      suite)
  }

  private var publicKey: SignaturePublicKey { SignaturePublicKey(bytes: test.bytes("signature_pub")) }

  private func opensPublic(_ name: String, _ content: FramedContent.Content) throws -> Bool {
    guard case .publicMessage(let message) = try MLSMessage(decoding: test.bytes(name)) else { return false }
    return try protection.unprotect(message, by: publicKey).content.content == content
  }

  private func opensPrivate(_ name: String, _ content: FramedContent.Content) throws -> Bool {
    guard case .privateMessage(let message) = try MLSMessage(decoding: test.bytes(name)) else { return false }
    var protection = protection
    let opened = try protection.open(message) { $0 == sender ? publicKey : nil }
    return opened.content.content == content
  }

  /// What is protected here opens here, both ways.
  private func protects(_ content: FramedContent.Content) throws -> Bool {
    var sending = protection
    var receiving = protection
    let sealed = try sending.seal(
      signed(content, .privateMessage), paddingByteCount: 7)
    guard try receiving.open(sealed, signatureKey: { _ in publicKey }).content.content == content else {
      return false
    }
    guard content.type != .application else { return true }
    let message = try sending.protect(signed(content, .publicMessage))
    return try receiving.unprotect(message, by: publicKey).content.content == content
  }

  private func refusesPublic(_ content: FramedContent.Content) -> Bool {
    (try? signed(content, .publicMessage)) == nil
  }

  private func signed(
    _ content: FramedContent.Content, _ wireFormat: MessageWireFormat
  ) throws -> AuthenticatedContent {
    var message = try protection.sign(
      FramedContent(
        groupID: context.groupID, epoch: context.epoch, sender: .member(sender), authenticatedData: [],
        content: content),
      wireFormat, with: key)
    if content.type == .commit { message.auth.confirmationTag = suite.mac(suite.zeroSecret, [1]) }
    return message
  }
}
