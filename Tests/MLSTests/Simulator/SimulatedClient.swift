import CryptoCore

@testable import MLS

/// A client of a simulation: in the group or not, online or not.
final class SimulatedClient {
  /// What all have.
  static let component = ComponentID.private(0x51)
  let client: Client
  let keys = InMemoryKeyStore()
  private let store = InMemoryGroupStore()
  var party: Party?
  /// Handshake messages, in the order of the delivery service.
  var inbox: [MLSMessage] = []
  var isOnline = true
  private(set) var isInvited = false
  private(set) var joinedEpoch: UInt64 = 0
  /// The group as it was when the client left it.
  private(set) var left: Party?

  init(_ name: String, _ suite: CipherSuite) throws {
    var client = try Client(
      credential: .basic(Array(name.utf8)), suite: suite, authentication: UnauthenticatedCredentials(),
      keys: keys)
    client.components = [PlainComponent(Self.component)]
    self.client = client
  }

  /// A key package, for who adds this client.
  func invite() throws -> KeyPackage {
    isInvited = true
    return try client.keyPackage()
  }

  func join(_ group: consuming Group) throws {
    enter(Party(client, group))
  }

  func enter(_ party: Party) {
    isInvited = false
    isOnline = true
    inbox = []
    left = nil
    joinedEpoch = party.epoch
    self.party = party
  }

  /// The state is lost.
  func forget() {
    party = nil
    inbox = []
  }

  func leave() {
    left = party
    party = nil
    inbox = []
  }

  /// Takes all that waits. A crash before a commit is merged repeats it.
  func catchUp() throws {
    isOnline = true
    guard let party else { return }
    while !inbox.isEmpty, party.isActive {
      let message = inbox.removeFirst()
      guard case .commit(let staged) = try party.group.process(message) else { continue }
      try party.group.merge(staged)
    }
  }

  /// Stops and starts again with what was saved.
  func reload() throws {
    guard let party else { return }
    let id = party.group.id
    try party.group.save(to: store)
    guard let group = try Group.load(id, from: store, as: client) else { throw SimulationError.notSaved }
    self.party = Party(client, group)
  }
}

/// A generator whose numbers a seed decides. Sebastiano Vigna's SplitMix64.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }

  /// A number from 0 to `bound` - 1.
  mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<Swift.max(1, bound), using: &self) }
}
