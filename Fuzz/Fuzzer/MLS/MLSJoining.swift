import CryptoCore
@testable import MLS
import TLSCodec

/// Welcomes and GroupInfos that were altered, by somebody on the way or by the member who signs them: they are
/// refused, or the group that was joined can be used.
struct MLSJoining: FuzzTarget {
  private let group: FuzzedGroup
  private let secrets: GroupSecrets
  private let info: GroupInfo
  private let externalInfo: GroupInfo

  init() throws {
    group = try FuzzedGroup()
    let (algorithms, welcome) = (group.algorithms, group.welcome)
    secrets = try GroupSecrets(
      decoding: algorithms.decryptWithLabel(
        group.carolsKeys.initKey, label: "Welcome", context: welcome.encryptedGroupInfo,
        welcome.secrets[0].encryptedGroupSecrets))
    let member = JoinerSecret(secrets.joinerSecret).withPreSharedKeys(algorithms.zeroSecret, algorithms)
    info = try GroupInfo(
      decoding: member.welcomeSecret(algorithms).open(welcome.encryptedGroupInfo, algorithms))
    guard case .groupInfo(let external) = try group.member(1).groupInfo() else {
      throw GroupError.internalError
    }
    externalInfo = external
  }

  var seeds: [[UInt8]] { (0..<3).flatMap { kind in (0..<8).map { [UInt8(kind), UInt8($0), 0, 0, 0, 0] } } }

  mutating func run(_ input: [UInt8]) {
    var choices = Choices(input)
    switch choices.below(3) {
    case 0:
      var bytes = MLSMessage.welcome(group.welcome).encoded
      choices.alter(&bytes)
      guard let message = try? MLSMessage(decoding: bytes) else { return }
      join(message)
    case 1:
      guard let message = try? forgedWelcome(&choices) else { return }
      join(message)
    default: joinExternally(&choices)
    }
  }

  private func join(_ message: MLSMessage) {
    let keys = group.carolsKeys
    let carol = group.clients[2]
    try? carol.keys.save(keys, for: group.algorithms.reference(to: keys.keyPackage))
    guard let joined = try? Group.join(message, as: carol) else { return }
    use(joined)
  }

  private func forgedWelcome(_ choices: inout Choices) throws -> MLSMessage {
    let algorithms = group.algorithms
    var secrets = secrets
    if choices.flag() {
      secrets.preSharedKeys = (0..<choices.below(3)).map { _ in group.preSharedKeyID(&choices) }
    }
    if choices.flag() { secrets.pathSecret = SecretKey(copying: choices.some(33)) }
    let keys = secrets.preSharedKeys.map {
      (id: $0, secret: SecretKey(copying: [UInt8](repeating: 7, count: 32)))
    }
    let member = JoinerSecret(secrets.joinerSecret).withPreSharedKeys(
      try algorithms.preSharedKeySecret(keys), algorithms)
    var info = info
    try forge(&info, &choices)
    if choices.flag() {
      let epoch = member.epochSecrets(groupContext: info.groupContext.encoded, algorithms)
      info.confirmationTag = epoch.confirmationTag(info.groupContext.confirmedTranscriptHash, algorithms)
      try sign(&info)
    }
    var plaintext = info.encoded
    if choices.below(4) == 0 { choices.alter(&plaintext) }
    let encryptedInfo = try member.welcomeSecret(algorithms).seal(plaintext, algorithms)
    var encodedSecrets = secrets.encoded.exportRawBytes()
    if choices.below(4) == 0 { choices.alter(&encodedSecrets) }
    let sealed = try algorithms.encryptWithLabel(
      group.carolsKeys.keyPackage.initKey, label: "Welcome", context: encryptedInfo,
      SecretKey(copying: encodedSecrets))
    let entry = EncryptedGroupSecrets(
      newMember: algorithms.reference(to: group.carolsKeys.keyPackage), encryptedGroupSecrets: sealed)
    return .welcome(
      Welcome(cipherSuite: FuzzedGroup.suite, secrets: [entry], encryptedGroupInfo: encryptedInfo))
  }

  private func joinExternally(_ choices: inout Choices) {
    var info = externalInfo
    guard (try? forge(&info, &choices)) != nil else { return }
    let former = choices.flag() ? nil : LeafIndex(UInt32(choices.below(5)))
    let keys = choices.flag() ? [] : [choices.some(2)]
    guard
      let joined = try? Group.joinExternally(
        .groupInfo(info), as: group.dave, replacing: former, preSharedKeys: keys)
    else { return }
    if info.groupContext == externalInfo.groupContext, let commit = joined.externalCommit {
      tell(commit, joined)
    }
    use(joined)
  }

  /// A member of the real group takes the commit, if it has the keys that go in.
  private func tell(_ commit: MLSMessage, _ joined: borrowing Group) {
    var bob = group.member(1)
    do throws(GroupError) {
      guard case .commit(let staged) = try bob.process(commit) else { throw .internalError }
      try bob.merge(staged)
      require(!bob.isActive || bob.epochAuthenticator == joined.epochAuthenticator, "no agreement")
    } catch { fatalError("an external commit is refused: \(error)") }
  }

  private func use(_ joined: consuming Group) {
    var joined = joined
    _ = joined.members
    _ = try? joined.groupInfo()
    _ = try? joined.protect([1])
    _ = try? joined.commit([.adding(try group.dave.keyPackage())])
    joined.discardPendingCommit()
    _ = try? joined.commit([.removing(LeafIndex(0))])
  }

  private func forge(_ info: inout GroupInfo, _ choices: inout Choices) throws {
    for _ in 0..<choices.below(4) {
      switch choices.below(7) {
      case 0: info.groupContext.epoch = choices.size()
      case 1: info.groupContext.groupID = choices.some(4)
      case 2: info.groupContext.extensions = group.extensions(&choices)
      case 3: info.extensions += group.extensions(&choices)
      case 4: info.groupContext.version = ProtocolVersion(rawValue: UInt16(choices.below(3)))
      case 5: info.signer = LeafIndex(UInt32(choices.below(6)))
      default: try forgeTree(of: &info, &choices)
      }
    }
    if !choices.flag() { try sign(&info) }
  }

  private func sign(_ info: inout GroupInfo) throws {
    try info.sign(with: group.signer(of: .member(info.signer)), group.algorithms)
  }

  private func forgeTree(of info: inout GroupInfo, _ choices: inout Choices) throws {
    guard let place = info.extensions.firstIndex(where: { $0.type == .ratchetTree }) else { return }
    var nodes = try [Node?](decoding: info.extensions[place].data)
    for _ in 0..<choices.below(4) { alter(&nodes, &choices, group: info.groupContext.groupID) }
    info.extensions[place].data = nodes.encoded
    guard choices.flag(), var tree = try? RatchetTree(decoding: nodes.encoded, hash: group.algorithms) else {
      return
    }
    info.groupContext.treeHash = tree.rootHash()
  }

  private func alter(_ nodes: inout [Node?], _ choices: inout Choices, group id: [UInt8]) {
    guard !nodes.isEmpty else { return }
    let place = choices.below(nodes.count)
    switch choices.below(5) {
    case 0: nodes[place] = nil
    case 1: nodes[place] = nodes[choices.below(nodes.count)]
    case 2: nodes += [Node?](repeating: nil, count: choices.below(40)) + [nodes[place]]
    case 3: nodes = Array(nodes[...place])
    default:
      switch nodes[place] {
      case .leaf(var leaf):
        let member = min(2, place / 2)
        let signingPlace = LeafNode.Place(group: id, leaf: LeafIndex(UInt32(place / 2)))
        group.alter(&leaf, &choices, by: group.clients[member].signer, in: signingPlace)
        nodes[place] = .leaf(leaf)
      case .parent(var parent):
        alter(&parent, &choices)
        nodes[place] = .parent(parent)
      case nil: nodes[place] = .parent(ParentNode(encryptionKey: HPKEPublicKey(bytes: choices.some(32))))
      }
    }
  }

  private func alter(_ parent: inout ParentNode, _ choices: inout Choices) {
    switch choices.below(3) {
    case 0: parent.encryptionKey = HPKEPublicKey(bytes: choices.some(32))
    case 1: parent.parentHash = choices.some(33)
    default:
      let leaves = Set((0..<choices.below(4)).map { _ in UInt32(choices.below(6)) })
      parent.unmergedLeaves = leaves.sorted().map { LeafIndex($0) }
    }
  }
}
