import CryptoCore
import MLS
import Testing

/// A group that can stand in an array of tests: groups themselves cannot be copied.
final class Party {
  let client: Client
  var group: Group

  init(_ client: Client, _ group: consuming Group) {
    self.client = client
    self.group = group
  }

  // What expectations look at: their macros cannot reach into a value that cannot be copied.
  var cipherSuite: CipherSuite { group.cipherSuite }
  var epoch: UInt64 { group.epoch }
  var epochAuthenticator: [UInt8] { group.epochAuthenticator }
  var members: [Group.Member] { group.members }
  var ownIndex: LeafIndex { group.ownIndex }
  var isActive: Bool { group.isActive }
  var hasPendingCommit: Bool { group.hasPendingCommit }
  var extensions: [Extension] { group.extensions }
  var externalCommit: MLSMessage? { group.externalCommit }

  /// The party that a process would have that started from the store.
  func reloaded(from store: InMemoryGroupStore) throws -> Party {
    var stored: Group? = try Group.load(group.id, from: store, as: client)
    guard let loaded = stored.take() else { throw GroupError.internalError }
    return Party(client, loaded)
  }

  /// A component's secret of the epoch.
  func safeExportSecret(for component: ComponentID) throws -> SecretKey {
    try group.safeExportSecret(for: component)
  }

  /// Opens application data.
  func read(_ message: MLSMessage) throws -> ApplicationMessage {
    guard case .application(let message) = try group.process(message) else {
      throw GroupError.internalError
    }
    return message
  }

  /// Takes a commit at once.
  @discardableResult
  func follow(_ message: MLSMessage) throws -> StagedCommit {
    guard case .commit(let commit) = try group.process(message) else { throw GroupError.internalError }
    try group.merge(commit)
    return commit
  }

  /// Receives a proposal.
  @discardableResult
  func hear(_ message: MLSMessage) throws -> ReceivedProposal {
    guard case .proposal(let proposal) = try group.process(message) else { throw GroupError.internalError }
    return proposal
  }
}

/// Several clients and their groups.
enum Parties {
  /// The suite of most tests: the quickest in debug builds.
  static let suite = CipherSuite.x25519AES128Ed25519

  static func client(
    _ name: String, suite: CipherSuite = suite, settings: GroupSettings = GroupSettings(),
    authentication: any AuthenticationService = UnauthenticatedCredentials()
  ) throws -> Client {
    try Client(
      credential: .basic(Array(name.utf8)), suite: suite, authentication: authentication,
      settings: settings)
  }

  /// A group of as many members.
  static func make(
    _ count: Int, suite: CipherSuite = suite, settings: GroupSettings = GroupSettings(),
    extensions: [Extension] = []
  ) throws -> [Party] {
    let clients = try (0..<count).map { try client("member \($0)", suite: suite, settings: settings) }
    let first = Party(clients[0], try Group.create(by: clients[0], extensions: extensions))
    guard count > 1 else { return [first] }
    let packages = try clients.dropFirst().map { try $0.keyPackage() }
    let messages = try first.group.commit(packages.map { .adding($0) })
    try first.group.mergePendingCommit()
    let welcome = try #require(messages.welcome)
    return [first] + (try clients.dropFirst().map { Party($0, try Group.join(welcome, as: $0)) })
  }

  /// One makes a commit, the others follow.
  @discardableResult
  static func commit(
    _ committer: Party, _ proposals: [Proposal], _ others: [Party]
  ) throws -> CommitMessages {
    let messages = try committer.group.commit(proposals)
    for party in others where party !== committer { try party.follow(messages.commit) }
    try committer.group.mergePendingCommit()
    return messages
  }

  /// One makes an empty commit, the others follow.
  @discardableResult
  static func commit(_ committer: Party, _ others: [Party]) throws -> CommitMessages {
    try commit(committer, [], others)
  }

  /// All are in one epoch, and agree on its secrets.
  static func agree(_ parties: [Party], sourceLocation: SourceLocation = #_sourceLocation) {
    for party in parties {
      #expect(
        party.epochAuthenticator == parties[0].epochAuthenticator, sourceLocation: sourceLocation)
      #expect(party.epoch == parties[0].epoch, sourceLocation: sourceLocation)
    }
  }
}
