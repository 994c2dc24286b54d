import CryptoCore

@testable import MLS

/// Clients that do whatever members may do, in an order that a seed decides, over a delivery service that
/// orders commits and proposals, and loses, repeats and reorders application messages.
///
/// Keys are random, so that two runs of a seed take the same steps with other bytes.
final class Simulation {
  private var random: SplitMix64
  private let clients: [SimulatedClient]
  private let suite: CipherSuite
  private let psk = SecretKey(random: 32)
  /// What happened, for the message of a failure and for the report.
  private(set) var counts: [Step: Int] = [:]
  /// How often the members were compared.
  private(set) var comparisons = 0

  /// What a step does.
  enum Step: String, CaseIterable {
    case add, remove, emptyCommit, update, proposeAndCommit, selfRemove
    case externalJoin, resync, externalKey, resumptionKey, componentKey, extensions, componentData
    case fork, refusedCommit, messages, reload, goOffline, reInit
  }

  /// What went wrong, and where.
  struct Failure: Error, CustomStringConvertible {
    let step: Step
    let number: Int
    let reason: String
    var description: String { "step \(number), \(step.rawValue): \(reason)" }
  }

  init(seed: UInt64, clientCount: Int, suite: CipherSuite = .x25519AES128Ed25519) throws {
    random = SplitMix64(state: seed)
    self.suite = suite
    clients = try (0..<clientCount).map { try SimulatedClient("client \($0)", suite) }
    for client in clients {
      client.keys.setPreSharedKey(psk, for: [0x70])
      client.keys.setPreSharedKey(psk, for: [0x70], of: SimulatedClient.component)
    }
    let first = clients[0]
    first.party = Party(first.client, try Group.create(by: first.client))
  }

  /// Takes steps, and compares all members after each.
  func run(steps: Int) throws {
    for number in 0..<steps {
      let step = nextStep()
      do {
        try take(step)
        try compare()
      } catch { throw Failure(step: step, number: number, reason: "\(error)") }
      counts[step, default: 0] += 1
    }
    for client in members { try client.catchUp() }
    try compare()
  }

  /// Growing is likelier than shrinking, until most clients are members.
  private func nextStep() -> Step {
    let steps = Step.allCases
    if members.count < 3 || (random.below(4) == 0 && members.count < clients.count * 3 / 4) { return .add }
    // A group of its own takes the place of all: rarely.
    while true {
      let step = steps[random.below(steps.count)]
      if step == .reInit, random.below(8) != 0 { continue }
      return step
    }
  }

  private var members: [SimulatedClient] { clients.filter { $0.party != nil } }
  private var outsiders: [SimulatedClient] { clients.filter { $0.party == nil } }

  /// A member who has taken every commit.
  private func current() throws -> SimulatedClient {
    let client = members[random.below(members.count)]
    try client.catchUp()
    return client
  }

  private func other(than client: SimulatedClient) -> SimulatedClient? {
    let others = members.filter { $0 !== client }
    return others.isEmpty ? nil : others[random.below(others.count)]
  }

  /// Members that are online agree, and so does nobody who left.
  private func compare() throws {
    comparisons += 1
    for client in members where client.isOnline { try client.catchUp() }
    let online = members.filter(\.isOnline).compactMap(\.party)
    guard let first = online.first else { return }
    for party in online {
      guard party.epoch == first.epoch, party.epochAuthenticator == first.epochAuthenticator else {
        throw SimulationError.disagreement
      }
    }
    try compareComponents(online)
    guard outsiders.allSatisfy({ $0.left?.epochAuthenticator != first.epochAuthenticator }) else {
      throw SimulationError.removedMemberFollows
    }
  }
}

// Components.
extension Simulation {
  /// Members have the same data; and now and then a component takes its secret, which is one for all and there once.
  private func compareComponents(_ online: [Party]) throws {
    guard online.allSatisfy({ $0.group.componentData == online[0].group.componentData }) else {
      throw SimulationError.disagreement
    }
    guard random.below(8) == 0 else { return }
    let component = ComponentID(rawValue: UInt16(random.below(1 << 16)))
    let secrets = online.map { try? $0.group.safeExportSecret(for: component) }
    for case (let secret?, let other?) in zip(secrets, secrets.dropFirst()) where !secret.isEqual(to: other) {
      throw SimulationError.disagreement
    }
    for party in online where (try? party.group.safeExportSecret(for: component)) != nil {
      throw SimulationError.secretExportedTwice
    }
  }

  /// One proposes, another commits that and more: updates, data for the moment, a removal.
  private func changeComponentData(_ actor: SimulatedClient) throws {
    let component = SimulatedClient.component
    let removal = Proposal.removingData(of: component)
    guard try party(actor).group.componentData[component] == nil || random.below(3) != 0 else {
      return try commit(actor, [removal])
    }
    guard let committer = other(than: actor) else { return }
    deliver(
      try party(actor).group.propose(.updating(component, SecureRandom.bytes(random.below(50)))), from: actor)
    try committer.catchUp()
    try commit(committer, [.updating(component, [1]), .sending(SecureRandom.bytes(3), to: component)])
  }
}

/// What must not happen.
enum SimulationError: Error {
  case disagreement, secretExportedTwice, removedMemberFollows, messageLost, repeatedMessageOpened, notSaved
}

// The steps.
extension Simulation {
  private func take(_ step: Step) throws {
    let actor = try current()
    switch step {
    case .add: try add(actor)
    case .remove: try remove(actor)
    case .emptyCommit: try commit(actor, [])
    case .update: try update(actor)
    case .proposeAndCommit: try proposeAndCommit(actor)
    case .selfRemove: try selfRemove(actor)
    case .externalJoin: try joinExternally(actor)
    case .resync: try resync(actor)
    case .externalKey: try commit(actor, [try party(actor).group.preSharedKeyProposal([0x70])])
    case .componentKey:
      try commit(
        actor, [try party(actor).group.preSharedKeyProposal([0x70], of: SimulatedClient.component)])
    case .componentData: try changeComponentData(actor)
    case .resumptionKey:
      let epoch = try party(actor).epoch
      // Those who joined later do not have the key.
      if members.allSatisfy({ $0.joinedEpoch <= epoch }) {
        try commit(actor, [try party(actor).group.resumptionProposal(epoch: epoch)])
      }
    case .extensions:
      let data = try party(actor).group.componentData
      try commit(
        actor,
        [
          .replacing(
            extensions: [.requiredCapabilities(RequiredCapabilities())]
              + (random.below(2) == 0 ? [] : [.appDataDictionary(data)]))
        ])
    case .fork: try fork(actor)
    case .refusedCommit:
      try party(actor).group.commit()
      try party(actor).group.discardPendingCommit()
    case .messages: try exchangeMessages(actor)
    case .reload: try actor.reload()
    case .goOffline: other(than: actor)?.isOnline = false
    case .reInit: try reInit(actor)
    }
  }

  private func party(_ client: SimulatedClient) throws -> Party {
    guard let party = client.party else { throw SimulationError.messageLost }
    return party
  }

  /// The delivery service hands a handshake message to everyone else.
  private func deliver(_ message: MLSMessage, from sender: SimulatedClient) {
    for client in members where client !== sender { client.inbox.append(message) }
  }

  private func commit(_ actor: SimulatedClient, _ proposals: [Proposal]) throws {
    let messages = try party(actor).group.commit(proposals)
    deliver(messages.commit, from: actor)
    try party(actor).group.mergePendingCommit()
    try welcome(messages, actor)
  }

  private func welcome(_ messages: CommitMessages, _ actor: SimulatedClient) throws {
    guard let welcome = messages.welcome else { return }
    for client in outsiders where client.isInvited {
      try client.join(Group.join(welcome, as: client.client))
    }
  }

  private func add(_ actor: SimulatedClient) throws {
    var proposals: [Proposal] = []
    let outsiders = outsiders
    for _ in 0..<1 + random.below(3) where proposals.count < outsiders.count {
      proposals.append(.adding(try outsiders[proposals.count].invite()))
    }
    guard !proposals.isEmpty else { return }
    try commit(actor, proposals)
  }

  private func remove(_ actor: SimulatedClient) throws {
    guard members.count > 2, let target = other(than: actor) else { return }
    let leaf = try leaf(of: target, in: actor)
    try commit(actor, [.removing(leaf)])
    try leave(target)
  }

  /// Who is removed sees the commit, and nothing after it.
  private func leave(_ client: SimulatedClient) throws {
    try client.catchUp()
    client.leave()
  }

  private func leaf(of client: SimulatedClient, in actor: SimulatedClient) throws -> LeafIndex {
    let key = client.client.credential
    guard let member = try party(actor).members.first(where: { $0.leaf.credential == key }) else {
      throw SimulationError.disagreement
    }
    return member.index
  }

  private func update(_ actor: SimulatedClient) throws {
    guard let committer = other(than: actor) else { return }
    deliver(try party(actor).group.proposeUpdate(), from: actor)
    try committer.catchUp()
    try commit(committer, [])
  }

  private func proposeAndCommit(_ actor: SimulatedClient) throws {
    guard let newcomer = outsiders.first, let committer = other(than: actor) else { return }
    deliver(try party(actor).group.propose(.adding(newcomer.invite())), from: actor)
    try committer.catchUp()
    try commit(committer, [])
  }

  private func selfRemove(_ actor: SimulatedClient) throws {
    guard members.count > 2, let committer = other(than: actor) else { return }
    deliver(try party(actor).group.propose(.selfRemove), from: actor)
    try committer.catchUp()
    let messages = try party(committer).group.commit()
    deliver(messages.commit, from: committer)
    try party(committer).group.mergePendingCommit()
    try leave(actor)
  }

  private func joinExternally(_ actor: SimulatedClient) throws {
    guard let newcomer = outsiders.first else { return }
    let info = try party(actor).group.groupInfo()
    let group = try Group.joinExternally(info, as: newcomer.client)
    try enter(newcomer, group)
  }

  /// A member that lost its state comes back by an external commit.
  private func resync(_ actor: SimulatedClient) throws {
    guard let lost = other(than: actor) else { return }
    let former = try leaf(of: lost, in: actor)
    let info = try party(actor).group.groupInfo()
    lost.forget()
    let group = try Group.joinExternally(info, as: lost.client, replacing: former)
    try enter(lost, group)
  }

  private func enter(_ client: SimulatedClient, _ group: consuming Group) throws {
    let party = Party(client.client, group)
    guard let commit = party.externalCommit else { throw SimulationError.messageLost }
    client.enter(party)
    deliver(commit, from: client)
  }

  /// Two members commit at once; the delivery service takes one.
  private func fork(_ actor: SimulatedClient) throws {
    guard let loser = other(than: actor) else { return }
    try loser.catchUp()
    try party(loser).group.commit()
    try commit(actor, [])
    try loser.catchUp()
    guard try !party(loser).hasPendingCommit else { throw SimulationError.disagreement }
  }

  /// All of them arrive late, out of order and twice; some after a commit, one never.
  private func exchangeMessages(_ actor: SimulatedClient) throws {
    guard let reader = other(than: actor) else { return }
    try reader.catchUp()
    var sent: [(MLSMessage, [UInt8])] = []
    for _ in 0..<2 + random.below(6) {
      let data = SecureRandom.bytes(random.below(300))
      sent.append((try party(actor).group.protect(data), data))
    }
    sent.remove(at: random.below(sent.count))
    if random.below(2) == 0 {
      try commit(actor, [])
      try reader.catchUp()
    }
    sent.shuffle(using: &random)
    for (message, data) in sent {
      guard try party(reader).read(message).data == data else { throw SimulationError.messageLost }
      if (try? party(reader).read(message)) != nil { throw SimulationError.repeatedMessageOpened }
    }
  }

  /// All members move to a group of the same suite; those who were offline come back first.
  private func reInit(_ actor: SimulatedClient) throws {
    let others = members.filter { $0 !== actor }
    try commit(actor, [try party(actor).group.reInitProposal()])
    for client in others { try client.catchUp() }
    let packages = try others.map { try $0.invite() }
    var welcome: MLSMessage?
    let group = try party(actor).group.reInitialised(as: actor.client, adding: packages) {
      welcome = $0.welcome
    }
    guard let welcome else { throw SimulationError.messageLost }
    for client in others {
      let successor = try party(client).group.joinSuccessor(welcome, as: client.client)
      client.forget()
      try client.join(successor)
    }
    actor.forget()
    try actor.join(group)
  }
}
