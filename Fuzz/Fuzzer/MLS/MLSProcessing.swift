import CryptoCore
@testable import MLS
import TLSCodec

/// What Bob makes of messages: such as were altered on the way, such as a member forged, and such as an honest
/// member makes of proposals that were forged. Nothing crashes; nothing changes before it is merged; and what one
/// member commits, the other follows to the same epoch.
struct MLSProcessing: FuzzTarget {
  private let group: FuzzedGroup
  private let messages: [[UInt8]]
  private let contents: [FramedContent]

  init() throws {
    group = try FuzzedGroup()
    (messages, contents) = try Self.templates(of: group)
  }

  /// Messages by Alice, and their contents.
  private static func templates(of group: FuzzedGroup) throws -> ([[UInt8]], [FramedContent]) {
    var alice = group.member(0)
    let lists: [[Proposal]] = [
      [], [.adding(try group.dave.keyPackage())], [.removing(LeafIndex(1))], [.removing(LeafIndex(2))],
      [.replacing(extensions: [])], [alice.preSharedKeyProposal([7])], [alice.reInitProposal()],
      [.updating(FuzzedGroup.component, [1]), .sending([2], to: FuzzedGroup.component)],
    ]
    var (messages, contents) = ([[UInt8]](), [FramedContent]())
    for list in lists {
      for encrypts in [false, true] {
        alice.client.settings.encryptsHandshakes = encrypts
        let message = try alice.commit(list).commit
        alice.discardPendingCommit()
        messages.append(message.encoded)
        if case .publicMessage(let message) = message { contents.append(message.content) }
      }
    }
    messages.append(try alice.protect([1, 2, 3]).encoded)
    messages.append(try alice.proposeUpdate().encoded)
    guard case .groupInfo(let info) = try group.member(1).groupInfo() else { return (messages, contents) }
    let joiner = try Group.joinExternally(.groupInfo(info), as: group.dave, ratchetTree: alice.ratchetTree)
    if case .publicMessage(let message)? = joiner.externalCommit {
      messages.append(MLSMessage.publicMessage(message).encoded)
      contents.append(message.content)
    }
    return (messages, contents)
  }

  var seeds: [[UInt8]] {
    var seeds: [[UInt8]] = messages.indices.map { [0, UInt8($0)] }
    for place in contents.indices {
      for flags in UInt8(0)..<4 { seeds.append([1, UInt8(place), flags & 1, flags >> 1, 0, 0]) }
    }
    for kind in UInt8(0)..<4 { seeds.append([2, kind, 0, 0, 0, 0]) }
    for kind in UInt8(0)..<13 {
      seeds.append([3, 0, 1, kind, 0, 0, 0, 0])
      seeds.append([3, 1, 0, kind, 0, 0, 0, 0, 0])
      seeds.append([3, 1, 0, kind, 0, 0, 0, 1, kind, 0, 0, 0])
    }
    return seeds
  }

  mutating func run(_ input: [UInt8]) {
    var choices = Choices(input)
    switch choices.below(4) {
    case 0: processAltered(&choices)
    case 1: processForged(&choices)
    case 2: processSealed(&choices)
    default: converse(&choices)
    }
  }

  private func processAltered(_ choices: inout Choices) {
    var bytes = choices.element(of: messages)
    choices.alter(&bytes)
    var bob = group.member(1)
    _ = Self.process(&bob) { (bob) throws(GroupError) in try bob.process(bytes) }
  }

  /// A content of Alice's that was changed, as its sender would send it.
  private func processForged(_ choices: inout Choices) {
    guard let content = content(&choices), let message = try? send(content, &choices) else { return }
    var bob = group.member(1)
    _ = Self.process(&bob) { (bob) throws(GroupError) in try bob.process(message) }
  }

  private func content(_ choices: inout Choices) -> FramedContent? {
    var content = choices.element(of: contents)
    if choices.flag() {
      var bytes = content.encoded
      choices.alter(&bytes)
      return try? FramedContent(decoding: bytes)
    }
    if choices.flag() { content.sender = group.sender(&choices) }
    let member = content.sender.leaf.map { min(2, Int($0.rawValue)) } ?? 0
    guard case .commit(var commit) = content.content else { return content }
    for _ in 0..<choices.below(4) {
      switch choices.below(4) {
      case 0: commit.proposals.append(.proposal(group.proposal(by: member, &choices)))
      case 1: commit.proposals.append(.reference(ProposalRef(bytes: choices.some(32))))
      case 2: commit.proposals = Array(commit.proposals.dropFirst())
      default: if choices.flag() { commit.path = nil }
      }
    }
    if var path = commit.path {
      group.alter(&path, &choices, by: content.sender)
      commit.path = path
    }
    content.content = .commit(commit)
    if choices.flag() { content.content = .proposal(group.proposal(by: member, &choices)) }
    return content
  }

  private func send(_ content: FramedContent, _ choices: inout Choices) throws -> MLSMessage {
    var protection = group.states[0].protection
    let isPrivate = content.sender.leaf != nil && choices.flag()
    let wireFormat: MessageWireFormat = isPrivate ? .privateMessage : .publicMessage
    var signed = try protection.sign(content, wireFormat, with: group.signer(of: content.sender))
    if case .commit = content.content { signed.auth.confirmationTag = MAC(bytes: choices.some(32)) }
    return isPrivate
      ? .privateMessage(try protection.seal(signed, paddingByteCount: choices.below(40)))
      : .publicMessage(try protection.protect(signed))
  }

  /// Anything at all inside a PrivateMessage, and any sender data.
  private func processSealed(_ choices: inout Choices) {
    var protection = group.states[0].protection
    let type = choices.element(of: [ContentType.application, .proposal, .commit])
    let leaf = LeafIndex(
      choices.flag() ? UInt32(truncatingIfNeeded: choices.size()) : UInt32(choices.below(3)))
    guard let key = try? protection.secretTree.nextKey(of: LeafIndex(0), type) else { return }
    let generation = choices.flag() ? UInt32(truncatingIfNeeded: choices.size()) : key.generation
    let senderData = SenderData(leaf: leaf, generation: generation, reuseGuard: .random())
    let aad = PrivateMessage.contentAAD(group.context.groupID, group.context.epoch, type, [])
    let plaintext = choices.rest
    guard
      let ciphertext = try? key.seal(
        plaintext, senderData.reuseGuard, authenticating: aad, group.algorithms),
      let sealed = try? protection.seal(senderData, type, sampleOf: ciphertext)
    else { return }
    let message = PrivateMessage(
      groupID: group.context.groupID, epoch: group.context.epoch, contentType: type, authenticatedData: [],
      encryptedSenderData: sealed, ciphertext: ciphertext)
    var bob = group.member(1)
    _ = Self.process(&bob) { (bob) throws(GroupError) in try bob.process(.privateMessage(message)) }
  }

  /// Carol and others propose, Alice and Bob agree on what they take; Alice commits, Bob follows.
  private func converse(_ choices: inout Choices) {
    var alice = group.member(0)
    var bob = group.member(1)
    for _ in 0..<choices.below(4) {
      let sender = choices.flag() ? group.sender(&choices) : .member(LeafIndex(2))
      let content = FramedContent(
        groupID: group.context.groupID, epoch: group.context.epoch, sender: sender, authenticatedData: [],
        content: .proposal(group.proposal(by: sender.leaf == LeafIndex(0) ? 0 : 2, &choices)))
      guard let message = try? send(content, &choices) else { continue }
      let taken = Self.process(&bob) { (bob) throws(GroupError) in try bob.process(message) }
      guard sender != .member(LeafIndex(0)) else { continue }
      let takenByAlice = Self.process(&alice) { (alice) throws(GroupError) in try alice.process(message) }
      require(taken == takenByAlice, "one member takes a proposal, another does not")
    }
    let new = (0..<choices.below(4)).map { _ in group.proposal(by: 0, &choices) }
    guard let commit = try? alice.commit(new) else { return }
    require(alice.epoch == group.context.epoch, "a commit was merged before it was accepted")
    follow(commit, &alice, &bob)
  }

  private func follow(_ messages: CommitMessages, _ alice: inout Group, _ bob: inout Group) {
    do throws(GroupError) {
      guard case .commit(let staged) = try bob.process(messages.commit) else { throw .internalError }
      try alice.mergePendingCommit()
      try bob.merge(staged)
      require(
        bob.isActive == !staged.removesOwnMember && alice.reInit == bob.reInit || !bob.isActive, "closed")
      guard !staged.removesOwnMember else { return }
      require(alice.epoch == bob.epoch && alice.epochAuthenticator == bob.epochAuthenticator, "no agreement")
    } catch GroupError.invalid(.preSharedKeyUnavailable) {
      // Alice has a key that Bob may lack.
    } catch { fatalError("what one member commits, another refuses: \(error)") }
  }

  /// Whether a message is taken. If it is refused, nothing has changed; if it is a commit, nothing has yet.
  private static func process(
    _ group: inout Group, _ body: (inout Group) throws(GroupError) -> ProcessedMessage
  ) -> Bool {
    let (epoch, authenticator, changes) = (group.epoch, group.epochAuthenticator, group.changes())
    let processed: ProcessedMessage?
    do throws(GroupError) { processed = try body(&group) } catch {
      require(error != .internalError, "internal error")
      processed = nil
    }
    require(group.epoch == epoch && group.epochAuthenticator == authenticator, "the epoch has changed")
    if processed == nil { require(group.changes() == changes, "a refused message has changed something") }
    if case .commit(let staged)? = processed {
      try? group.merge(staged)
      require(group.epoch == epoch + 1 || !group.isActive, "the commit was not merged")
    }
    return processed != nil
  }
}
