import CryptoCore
import MLS
import TLSCodec

/// message-protection.json: leaf 1 of two sends a proposal, a commit and application data.
enum MadeMessageProtection {
  static func make(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let epoch = try MadeEpoch(suite)
    let proposal = Proposal.remove(Remove(removed: LeafIndex(0)))
    let commit = Commit(proposals: [.proposal(proposal)], path: nil)
    let data = VectorSeed.bytes("application", count: 50)
    var made = epoch.shown
    made["proposal"] = proposal.encoded.hex
    made["proposal_pub"] = try epoch.publicMessage(.proposal(proposal)).hex
    made["proposal_priv"] = try epoch.privateMessage(.proposal(proposal)).hex
    made["commit"] = commit.encoded.hex
    made["commit_pub"] = try epoch.publicMessage(.commit(commit)).hex
    made["commit_priv"] = try epoch.privateMessage(.commit(commit)).hex
    made["application"] = data.hex
    made["application_priv"] = try epoch.privateMessage(.application(data)).hex
    return made
  }
}

/// transcript-hashes.json.
enum MadeTranscriptHashes {
  static func make(_ suite: CipherSuiteAlgorithms) throws -> [String: Any] {
    let epoch = try MadeEpoch(suite)
    let before = TranscriptHash(confirmed: [], interim: suite.hash([1]))
    let confirmationKey = suite.seed("confirmation")
    var commit = try epoch.signed(.commit(Commit(proposals: [], path: nil)), .publicMessage)
    let confirmed = before.confirmed(after: commit, suite)
    let tag = suite.mac(confirmationKey, confirmed)
    commit.auth.confirmationTag = tag
    let after = TranscriptHash(confirmed: confirmed, confirmationTag: tag, suite)
    return [
      "confirmation_key": confirmationKey.hex, "authenticated_content": commit.encoded.hex,
      "interim_transcript_hash_before": before.interim.hex,
      "confirmed_transcript_hash_after": confirmed.hex, "interim_transcript_hash_after": after.interim.hex,
    ]
  }
}

/// An epoch of two members with secrets that are the same in each run.
struct MadeEpoch {
  private let suite: CipherSuiteAlgorithms
  private let context: GroupContext
  private let key: SignatureKeyPair

  init(_ suite: CipherSuiteAlgorithms) throws {
    self.suite = suite
    context = GroupContext(
      cipherSuite: suite.suite, groupID: VectorSeed.bytes("group id", count: 16), epoch: 0x1234,
      treeHash: suite.hash([1]), confirmedTranscriptHash: suite.hash([2]), extensions: [])
    key = try SignatureKeyPair.generate(suite.suite)
  }

  private var secrets: [(name: String, secret: SecretKey)] {
    ["encryption_secret", "sender_data_secret", "membership_key"].map { ($0, suite.seed($0)) }
  }

  /// What the file says of the epoch.
  var shown: [String: Any] {
    var shown: [String: Any] = [
      "group_id": context.groupID.hex, "epoch": Int(context.epoch), "tree_hash": context.treeHash.hex,
      "confirmed_transcript_hash": context.confirmedTranscriptHash.hex,
      "signature_priv": key.privateKey.hex, "signature_pub": key.publicKey.bytes.hex,
    ]
    for (name, secret) in secrets { shown[name] = secret.hex }
    return shown
  }

  private var protection: MessageProtection {
    MessageProtection(
      context, senderDataSecret: secrets[1].secret, membershipKey: secrets[2].secret,
      secretTree: SecretTree(
        encryptionSecret: secrets[0].secret, leafCount: LeafCount(holding: 2), suite), suite)
  }

  func signed(
    _ content: FramedContent.Content, _ wireFormat: MessageWireFormat
  ) throws -> AuthenticatedContent {
    var message = try protection.sign(
      FramedContent(
        groupID: context.groupID, epoch: context.epoch, sender: .member(LeafIndex(1)),
        authenticatedData: [], content: content), wireFormat, with: key)
    if content.type == .commit { message.auth.confirmationTag = suite.mac(secrets[2].secret, [1]) }
    return message
  }

  func publicMessage(_ content: FramedContent.Content) throws -> [UInt8] {
    MLSMessage.publicMessage(try protection.protect(signed(content, .publicMessage))).encoded
  }

  /// As no member sends application data.
  func unprotected(_ content: FramedContent.Content) throws -> [UInt8] {
    let signed = try signed(content, .privateMessage)
    return MLSMessage.publicMessage(
      PublicMessage(
        content: signed.content, auth: signed.auth, membershipTag: suite.mac(secrets[2].secret, []))
    ).encoded
  }

  func privateMessage(_ content: FramedContent.Content) throws -> [UInt8] {
    var sending = protection
    return MLSMessage.privateMessage(try sending.seal(signed(content, .privateMessage))).encoded
  }
}
