import CryptoCore
import TLSCodec
import Testing

@testable import MLS

/// Makes what an honest client would not: signed by who it should be, and against a rule.
enum Forger {
  static let suite = CipherSuiteAlgorithms.bySuite[Parties.suite]

  static func algorithms() throws -> CipherSuiteAlgorithms { try Parties.suite.algorithms() }

  /// A key package that was altered before its client signed it.
  static func keyPackage(
    of client: Client, leaf change: (inout LeafNode) -> Void = { _ in },
    package changePackage: (inout KeyPackage) -> Void = { _ in }
  ) throws -> KeyPackage {
    let suite = try algorithms()
    var package = try client.keyPackage()
    change(&package.leafNode)
    package.leafNode = try package.leafNode.signed(by: client.signer, in: nil, suite)
    changePackage(&package)
    return try package.signed(by: client.signer, suite)
  }

  /// A leaf for a member's place, altered before the member signed it.
  static func leaf(
    of party: Party, source: LeafNodeSource = .update, _ change: (inout LeafNode) -> Void
  ) throws -> LeafNode {
    let suite = try algorithms()
    var leaf = party.client.leaf(try HPKEKeyPair.generate(suite).publicKey, source)
    change(&leaf)
    return try leaf.signed(
      by: party.client.signer, in: .init(group: party.group.id, leaf: party.ownIndex), suite)
  }

  /// A commit of anything, signed by a member and with a tag that confirms nothing.
  static func commit(
    by party: Party, _ proposals: [ProposalOrRef], path: UpdatePath? = nil
  ) throws -> MLSMessage {
    let content = FramedContent(
      groupID: party.group.id, epoch: party.epoch, sender: .member(party.ownIndex), authenticatedData: [],
      content: .commit(Commit(proposals: proposals, path: path)))
    var signed = try party.group.sign(content, format: .publicMessage)
    signed.auth.confirmationTag = MAC(bytes: [UInt8](repeating: 0, count: 32))
    return try party.group.protect(signed)
  }

  static func commit(by party: Party, _ proposals: [Proposal], path: UpdatePath? = nil) throws -> MLSMessage {
    try commit(by: party, proposals.map { .proposal($0) }, path: path)
  }

  /// A proposal that its author signed and does not keep.
  static func proposal(by party: Party, _ proposal: Proposal) throws -> MLSMessage {
    let content = FramedContent(
      groupID: party.group.id, epoch: party.epoch, sender: .member(party.ownIndex), authenticatedData: [],
      content: .proposal(proposal))
    return try party.group.protect(try party.group.sign(content, format: .publicMessage))
  }

  /// A message from outside of the group.
  static func outside(
    _ sender: Sender, _ content: FramedContent.Content, to party: Party, signedBy key: SignatureKeyPair,
    tag: MAC? = nil
  ) throws -> MLSMessage {
    let content = FramedContent(
      groupID: party.group.id, epoch: party.epoch, sender: sender, authenticatedData: [], content: content)
    let signature = try algorithms().signWithLabel(
      key, label: "FramedContentTBS",
      content.toBeSigned(.publicMessage, groupContext: party.group.context.encoded))
    return .publicMessage(
      PublicMessage(
        content: content, auth: FramedContentAuthData(signature: signature, confirmationTag: tag),
        membershipTag: nil))
  }

  /// The path that a member would send now.
  static func path(of party: Party) throws -> UpdatePath {
    let messages = try party.group.commit()
    party.group.discardPendingCommit()
    return try #require(commit(in: messages.commit).path)
  }

  /// The commit in a public message.
  static func commit(in message: MLSMessage) throws -> Commit {
    guard case .publicMessage(let message) = message, case .commit(let commit) = message.content.content
    else { throw GroupError.internalError }
    return commit
  }

  /// Members whose handshakes can be read.
  static func parties(_ count: Int, extensions: [Extension] = []) throws -> [Party] {
    try Parties.make(
      count, settings: GroupSettings(encryptsHandshakes: false), extensions: extensions)
  }
}

/// What a group refuses, and for which rule; the group is as it was before.
func expect(
  _ rule: ValidationError, from party: Party, _ message: @autoclosure () throws -> MLSMessage,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let message = try message()
  let before = party.group.changes()
  #expect(throws: GroupError.invalid(rule), sourceLocation: sourceLocation) {
    _ = try party.group.process(message)
  }
  #expect(party.group.changes() == before, sourceLocation: sourceLocation)
}
