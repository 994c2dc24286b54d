import CryptoCore
@testable import MLS
import TLSCodec

/// A group of three of which all secrets are known, and somebody outside. One epoch of it is what inputs act on:
/// each of them gets it afresh.
///
/// Keys are random: two runs of an input take the same steps with other bytes.
struct FuzzedGroup {
  static let suite = CipherSuite.x25519AES128Ed25519
  /// A component that everybody has.
  static let component = ComponentID.private(1)

  let algorithms: CipherSuiteAlgorithms
  /// Alice, Bob and Carol, by place.
  let clients: [Client]
  let states: [EpochState]
  /// Who is not in the group.
  let dave: Client
  let external: SignatureKeyPair
  /// The Welcome by which Carol joined, and the keys of her package.
  let welcome: Welcome
  let carolsKeys: KeyPackageKeys

  init() throws {
    let algorithms = try Self.suite.algorithms()
    let external = try SignatureKeyPair.generate(Self.suite)
    let clients = try ["alice", "bob", "carol", "dave"].map(Self.client)
    let senders = Extension.externalSenders([
      ExternalSender(signatureKey: external.publicKey, credential: .basic([1]))
    ])
    var alice = try Group.create(by: clients[0], extensions: [senders])
    let first = try alice.commit([.adding(try clients[1].keyPackage())])
    try alice.mergePendingCommit()
    var bob = try Group.join(try Self.unwrapped(first.welcome), as: clients[1])
    let package = try clients[2].keyPackage()
    let reference = algorithms.reference(to: package)
    carolsKeys = try Self.unwrapped(clients[2].keys.keyPackage(reference))
    let second = try bob.commit([.adding(package)])
    try Self.follow(second.commit, &alice)
    try bob.mergePendingCommit()
    var carol = try Group.join(try Self.unwrapped(second.welcome), as: clients[2])
    let third = try carol.commit([]).commit
    try Self.follow(third, &alice)
    try Self.follow(third, &bob)
    try carol.mergePendingCommit()
    guard case .welcome(let welcome) = try Self.unwrapped(second.welcome) else {
      throw GroupError.internalError
    }
    self.algorithms = algorithms
    self.external = external
    self.welcome = welcome
    self.clients = Array(clients[..<3])
    dave = clients[3]
    states = [alice.state, bob.state, carol.state]
  }

  private static func client(_ name: String) throws -> Client {
    var client = try Client(
      credential: .basic(Array(name.utf8)), suite: suite, authentication: UnauthenticatedCredentials(),
      keys: RecentKeys(), settings: GroupSettings(encryptsHandshakes: false))
    client.components = [PlainComponent(component, understandsSafeAAD: true), PlainComponent(.safeAAD)]
    return client
  }

  private static func unwrapped<Value>(_ value: Value?) throws -> Value {
    guard let value else { throw GroupError.internalError }
    return value
  }

  private static func follow(_ commit: MLSMessage, _ group: inout Group) throws {
    guard case .commit(let staged) = try group.process(commit) else { throw GroupError.internalError }
    try group.merge(staged)
  }

  /// A member's view of the epoch.
  func member(_ place: Int) -> Group { Group(client: clients[place], state: states[place]) }

  var context: GroupContext { states[0].context }

  /// One of everything that has an encoding.
  func samples() throws -> [[UInt8]] {
    var alice = member(0)
    var samples: [[UInt8]] = []
    let package = try dave.keyPackage()
    let commit = try alice.commit([.adding(package)])
    let proposals: [Proposal] = [
      .adding(package), .removing(LeafIndex(1)), .replacing(extensions: context.extensions),
      alice.reInitProposal(), .selfRemove, .unknown(ProposalType(rawValue: 0xf0f0), [1, 2]),
      .externalInit(ExternalInit(kemOutput: [1])), .updating(Self.component, [1, 2]),
      .removingData(of: Self.component), .sending([3], to: Self.component),
      .preSharedKey(
        PreSharedKey(id: PreSharedKeyID(key: .external(id: [7]), nonce: [UInt8](repeating: 1, count: 32)))),
    ]
    samples += proposals.map(\.encoded)
    let dictionary: AppDataDictionary = [Self.component: [1], .safeAAD: ComponentsList([.safeAAD]).encoded]
    samples += [dictionary.encoded, ComponentsList([.appComponents, Self.component]).encoded]
    samples += [commit.commit.encoded, try Self.unwrapped(commit.welcome).encoded, package.encoded]
    samples += [welcome.encoded, package.leafNode.encoded, context.encoded, states[0].tree.encoded]
    guard case .publicMessage(let message) = commit.commit,
      case .commit(let content) = message.content.content
    else { return samples }
    samples += [message.encoded, message.content.encoded, content.encoded]
    samples += [try Self.unwrapped(content.path).encoded, context.extensions.encoded]
    var bob = member(1)
    bob.client.settings.encryptsHandshakes = true
    samples.append(try bob.protect([1, 2, 3]).encoded)
    samples.append(try bob.propose(.removing(LeafIndex(2))).encoded)
    guard case .groupInfo(let info) = try bob.groupInfo() else { return samples }
    samples.append(info.encoded)
    return samples
  }
}
