import CryptoCore
import Foundation
import MLS
import TLSCodec

/// welcome.json and the passive-client files: somebody joins, and follows the group.
struct MadeGroup {
  private let suite: CipherSuiteAlgorithms
  private let joiner: MadeMember
  private let psk = (id: VectorSeed.bytes("psk id", count: 8), key: VectorSeed.bytes("psk"))

  private init(_ suite: CipherSuiteAlgorithms, sendsTree: Bool = false) throws {
    self.suite = suite
    joiner = try MadeMember("joiner", suite)
    self.sendsTree = sendsTree
  }

  private let sendsTree: Bool

  private func creator() throws -> MadeMember {
    let member = try MadeMember(
      "creator", suite, settings: GroupSettings(maximumLifetime: .max, sendsRatchetTree: sendsTree))
    (member.client.keys as? InMemoryKeyStore)?
      .setPreSharedKey(SecretKey(copying: psk.key), for: psk.id)
    return member
  }

  static func makeWelcome(_ suite: CipherSuiteAlgorithms) throws -> [[String: Any]] {
    let made = try MadeGroup(suite)
    let creator = try made.creator()
    var group = try Group.create(by: creator.client)
    guard let welcome = try group.commit([.adding(made.joiner.package)]).welcome else { return [] }
    return [
      [
        "init_priv": made.joiner.keys.initKey.privateKeyBytes.hex,
        "signer_pub": creator.client.signer.publicKey.bytes.hex,
        "key_package": MLSMessage.keyPackage(made.joiner.package).encoded.hex, "welcome": welcome.encoded.hex,
      ]
    ]
  }

  /// A pre-shared key, and the tree beside the Welcome.
  static func makePassiveWelcome(_ suite: CipherSuiteAlgorithms) throws -> [[String: Any]] {
    let made = try MadeGroup(suite)
    var group = try Group.create(by: try made.creator().client)
    return [try made.joining(&group, with: [group.preSharedKeyProposal(made.psk.id)]) { _ in [] }]
  }

  /// A proposal that was sent before the commit, and a commit without a path.
  static func makePassiveCommit(_ suite: CipherSuiteAlgorithms) throws -> [[String: Any]] {
    let made = try MadeGroup(suite, sendsTree: true)
    var group = try Group.create(by: try made.creator().client)
    return [
      try made.joining(&group) { group in
        let proposal = try group.propose(group.preSharedKeyProposal(made.psk.id))
        var options = CommitOptions()
        options.updatesPath = false
        return [try made.epoch(&group, [proposal], options: options)]
      }
    ]
  }

  /// A commit with a path; where keys are short, members who come and go too.
  static func makePassiveRandom(_ suite: CipherSuiteAlgorithms) throws -> [[String: Any]] {
    let made = try MadeGroup(suite)
    var group = try Group.create(by: try made.creator().client)
    return [
      try made.joining(&group) { group in
        var epochs = [try made.epoch(&group)]
        guard suite.isBrief else { return epochs }
        let third = try MadeMember("third", suite)
        epochs.append(try made.epoch(&group, committing: [.adding(third.package)]))
        epochs.append(try made.epoch(&group, [try group.propose(.removing(LeafIndex(2)))]))
        epochs.append(try made.epoch(&group, committing: [group.resumptionProposal(epoch: group.epoch)]))
        return epochs + [try made.epoch(&group, committing: [.replacing(extensions: [])])]
      }
    ]
  }

  /// The joiner comes in, and `body` is what happens then.
  private func joining(
    _ group: inout Group, with proposals: [Proposal] = [], _ body: (inout Group) throws -> [[String: Any]]
  ) throws -> [String: Any] {
    let messages = try group.commit([.adding(joiner.package)] + proposals)
    try group.mergePendingCommit()
    guard let welcome = messages.welcome else { throw GroupError.internalError }
    var made: [String: Any] = [
      "external_psks": [["psk_id": psk.id.hex, "psk": psk.key.hex]],
      "key_package": MLSMessage.keyPackage(joiner.package).encoded.hex,
      "signature_priv": joiner.client.signer.privateKey.hex,
      "encryption_priv": joiner.keys.leafKey.privateKeyBytes.hex,
      "init_priv": joiner.keys.initKey.privateKeyBytes.hex, "welcome": welcome.encoded.hex,
      "ratchet_tree": sendsTree ? NSNull() : group.ratchetTree.hex as Any,
      "initial_epoch_authenticator": group.epochAuthenticator.hex,
    ]
    made["epochs"] = try body(&group)
    return made
  }

  /// A commit that covers what was proposed.
  private func epoch(
    _ group: inout Group, _ proposals: [MLSMessage] = [], committing new: [Proposal] = [],
    options: CommitOptions = CommitOptions()
  ) throws -> [String: Any] {
    let commit = try group.commit(new, options: options).commit
    try group.mergePendingCommit()
    return [
      "proposals": proposals.map(\.encoded.hex), "commit": commit.encoded.hex,
      "epoch_authenticator": group.epochAuthenticator.hex,
    ]
  }
}
