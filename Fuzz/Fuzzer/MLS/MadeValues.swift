import CryptoCore
@testable import MLS
import TLSCodec

/// Values that an input chooses: mostly such as members make, with a few things changed, and signed again where
/// the input says so. So what is tested is the judgement behind a signature, and not the signature alone.
extension FuzzedGroup {
  func extensionType(_ choices: inout Choices) -> ExtensionType {
    ExtensionType(rawValue: choices.flag() ? UInt16(choices.below(12)) : 0x0a0a)
  }

  func extensions(_ choices: inout Choices) -> [Extension] {
    (0..<choices.below(4)).map { _ in
      switch choices.below(8) {
      case 6: dictionary(&choices)
      case 0: .requiredCapabilities(required(&choices))
      case 1: context.extensions[0]
      case 2: .applicationID(choices.some(4))
      case 3: .lastResort
      case 4: Extension(type: .ratchetTree, data: states[0].tree.encoded)
      case 5: .externalPub(HPKEPublicKey(bytes: choices.some(33)))
      default: Extension(type: extensionType(&choices), data: choices.some(8))
      }
    }
  }

  func component(_ choices: inout Choices) -> ComponentID {
    choices.flag() ? Self.component : ComponentID(rawValue: UInt16(choices.below(6)))
  }

  private func dictionary(_ choices: inout Choices) -> Extension {
    var dictionary = AppDataDictionary()
    for _ in 0..<choices.below(4) {
      let list = ComponentsList((0..<choices.below(3)).map { _ in component(&choices) })
      dictionary[component(&choices)] = choices.flag() ? list.encoded : choices.some(6)
    }
    var bytes = dictionary.encoded
    if choices.below(4) == 0 { choices.alter(&bytes) }
    return Extension(type: .appDataDictionary, data: bytes)
  }

  private func required(_ choices: inout Choices) -> RequiredCapabilities {
    RequiredCapabilities(
      extensionTypes: (0..<choices.below(3)).map { _ in extensionType(&choices) },
      proposalTypes: (0..<choices.below(3)).map { _ in ProposalType(rawValue: UInt16(choices.byte())) },
      credentialTypes: (0..<choices.below(3)).map { _ in CredentialType(rawValue: UInt16(choices.below(4))) })
  }

  func credential(_ choices: inout Choices) -> Credential {
    switch choices.below(4) {
    case 0: .basic(choices.some(6))
    case 1: .x509(certificates: (0..<choices.below(3)).map { _ in Certificate(bytes: choices.some(6)) })
    case 2: .unknown(CredentialType(rawValue: 0x0a0a), choices.some(6))
    default: clients[choices.below(3)].credential
    }
  }

  /// Changes some fields of a leaf, and signs it as `signer` if the input says so.
  func alter(
    _ leaf: inout LeafNode, _ choices: inout Choices, by signer: SignatureKeyPair, in place: LeafNode.Place?
  ) {
    for _ in 0..<choices.below(4) {
      switch choices.below(8) {
      case 0: leaf.encryptionKey = HPKEPublicKey(bytes: choices.some(40))
      case 1:
        leaf.encryptionKey =
          states[0].tree[LeafIndex(UInt32(choices.below(3)))]?.encryptionKey ?? leaf.encryptionKey
      case 2: leaf.credential = credential(&choices)
      case 3: leaf.extensions = extensions(&choices)
      case 4: leaf.source = .keyPackage(Lifetime(notBefore: choices.size(), notAfter: choices.size()))
      case 5: leaf.source = choices.flag() ? .update : .commit(parentHash: choices.some(40))
      case 6:
        leaf.capabilities.credentials = (0..<choices.below(3)).map { _ in
          CredentialType(rawValue: UInt16(choices.below(4)))
        }
      default:
        leaf.capabilities.extensions = (0..<choices.below(3)).map { _ in extensionType(&choices) }
        leaf.capabilities.proposals = (0..<choices.below(3)).map { _ in
          ProposalType(rawValue: UInt16(choices.byte()))
        }
        leaf.capabilities.cipherSuites = choices.flag() ? [] : [Self.suite]
      }
    }
    if !choices.flag(), let signed = try? leaf.signed(by: signer, in: place, algorithms) { leaf = signed }
  }

  func keyPackage(_ choices: inout Choices) -> KeyPackage? {
    let client = choices.below(4) == 0 ? clients[choices.below(3)] : dave
    guard var package = try? client.keyPackage(isLastResort: choices.flag()) else { return nil }
    for _ in 0..<choices.below(3) {
      switch choices.below(5) {
      case 0: package.version = ProtocolVersion(rawValue: UInt16(choices.below(3)))
      case 1: package.cipherSuite = CipherSuite(rawValue: UInt16(choices.below(9)))
      case 2:
        package.initKey =
          choices.flag() ? package.leafNode.encryptionKey : HPKEPublicKey(bytes: choices.some(40))
      case 3: package.extensions = extensions(&choices)
      default: alter(&package.leafNode, &choices, by: client.signer, in: nil)
      }
    }
    return choices.flag() ? package : try? package.signed(by: client.signer, algorithms)
  }

  func preSharedKeyID(_ choices: inout Choices) -> PreSharedKeyID {
    let usage = choices.element(of: [ResumptionPSKUsage.application, .reinit, .branch])
    let key: PreSharedKeyID.Key =
      switch choices.below(5) {
      case 4: .application(component(&choices), id: choices.some(2))
      case 0: .external(id: choices.some(3))
      case 1: .external(id: [7])
      case 2: .resumption(usage, groupID: context.groupID, epoch: context.epoch)
      default: .resumption(usage, groupID: choices.some(4), epoch: choices.size())
      }
    return PreSharedKeyID(
      key: key, nonce: [UInt8](repeating: choices.byte(), count: choices.flag() ? 32 : choices.below(70)))
  }

  func proposal(by member: Int, _ choices: inout Choices) -> Proposal {
    switch choices.below(13) {
    case 10: return .updating(component(&choices), choices.some(4))
    case 11: return .removingData(of: component(&choices))
    case 12: return .sending(choices.some(4), to: component(&choices))
    case 0, 1: return keyPackage(&choices).map { .adding($0) } ?? .selfRemove
    case 2:
      guard let key = try? HPKEKeyPair.generate(algorithms) else { return .selfRemove }
      var leaf = clients[member].leaf(key.publicKey, .update)
      let place = LeafNode.Place(group: context.groupID, leaf: LeafIndex(UInt32(member)))
      alter(&leaf, &choices, by: clients[member].signer, in: place)
      return .update(Update(leafNode: leaf))
    case 3:
      return .removing(
        LeafIndex(choices.flag() ? UInt32(choices.below(5)) : UInt32(truncatingIfNeeded: choices.size())))
    case 4: return .preSharedKey(PreSharedKey(id: preSharedKeyID(&choices)))
    case 5:
      return .reInit(
        ReInit(
          groupID: choices.some(4), version: ProtocolVersion(rawValue: UInt16(choices.below(3))),
          cipherSuite: CipherSuite(rawValue: UInt16(choices.below(9))), extensions: extensions(&choices)))
    case 6: return .externalInit(ExternalInit(kemOutput: choices.some(40)))
    case 7: return .replacing(extensions: extensions(&choices))
    case 8: return .selfRemove
    default: return .unknown(ProposalType(rawValue: UInt16(choices.byte()) << 8 | 0x0a), choices.some(8))
    }
  }

  func sender(_ choices: inout Choices) -> Sender {
    switch choices.below(6) {
    case 0: .external(UInt32(choices.below(3)))
    case 1: .newMemberProposal
    case 2: .newMemberCommit
    case 3: .member(LeafIndex(UInt32(truncatingIfNeeded: choices.size())))
    default: .member(LeafIndex(UInt32(2 * choices.below(2))))
    }
  }

  /// Who signs for a sender.
  func signer(of sender: Sender) -> SignatureKeyPair {
    switch sender {
    case .member(let leaf): Int(leaf.rawValue) < 3 ? clients[Int(leaf.rawValue)].signer : external
    case .external: external
    case .newMemberProposal, .newMemberCommit: dave.signer
    }
  }

  func alter(_ path: inout UpdatePath, _ choices: inout Choices, by sender: Sender) {
    for _ in 0..<choices.below(4) {
      switch choices.below(6) {
      case 0: path.nodes = Array(path.nodes.dropLast())
      case 1: path.nodes += path.nodes.suffix(1)
      case 2 where !path.nodes.isEmpty:
        let place = choices.below(path.nodes.count)
        path.nodes[place].encryptionKey = HPKEPublicKey(bytes: choices.some(40))
      case 3 where !path.nodes.isEmpty:
        let place = choices.below(path.nodes.count)
        let secrets = path.nodes[place].encryptedPathSecret
        path.nodes[place].encryptedPathSecret = choices.flag() ? Array(secrets.dropLast()) : secrets + secrets
      case 4 where !path.nodes.isEmpty:
        let place = choices.below(path.nodes.count)
        for index in path.nodes[place].encryptedPathSecret.indices {
          choices.alter(&path.nodes[place].encryptedPathSecret[index].kemOutput)
          choices.alter(&path.nodes[place].encryptedPathSecret[index].ciphertext)
        }
      default:
        let place = sender.leaf.map { LeafNode.Place(group: context.groupID, leaf: $0) }
        alter(&path.leafNode, &choices, by: signer(of: sender), in: place)
      }
    }
  }
}
