import CryptoCore
import Foundation
import MLS
import TLSCodec

/// messages.json: one of every message and proposal.
enum MadeMessages {
  static func make(_ suite: CipherSuiteAlgorithms) throws -> [[String: Any]] {
    let (creator, joiner) = (try MadeMember("creator", suite), try MadeMember("joiner", suite))
    let epoch = try MadeEpoch(suite)
    var group = try Group.create(by: creator.client)
    let messages = try group.commit([.adding(joiner.package)])
    guard let welcome = messages.welcome else { return [] }
    let leaf = try joiner.update(at: LeafIndex(1), of: group.id, suite)
    let commit = Commit(proposals: [.proposal(.removing(LeafIndex(1)))], path: nil)
    let proposal = FramedContent.Content.proposal(.removing(LeafIndex(1)))
    var made = proposals(joiner, leaf, suite)
    made["mls_welcome"] = welcome.encoded.hex
    made["mls_group_info"] = try group.groupInfo().encoded.hex
    made["mls_key_package"] = MLSMessage.keyPackage(joiner.package).encoded.hex
    made["ratchet_tree"] = group.ratchetTree.hex
    made["group_secrets"] =
      GroupSecrets(
        joinerSecret: suite.seed("joiner"), pathSecret: suite.seed("path"), preSharedKeys: []
      ).encoded.hex
    made["commit"] = commit.encoded.hex
    made["public_message_application"] = try epoch.unprotected(.application([1, 2, 3])).hex
    made["public_message_proposal"] = try epoch.publicMessage(proposal).hex
    made["public_message_commit"] = try epoch.publicMessage(.commit(commit)).hex
    made["private_message"] = try epoch.privateMessage(.application([1, 2, 3])).hex
    return [made]
  }

  private static func proposals(
    _ joiner: MadeMember, _ leaf: LeafNode, _ suite: CipherSuiteAlgorithms
  ) -> [String: Any] {
    let psk = PreSharedKeyID(
      key: .resumption(.application, groupID: [1], epoch: 2), nonce: suite.seed("nonce").exportRawBytes())
    let reInit = ReInit(
      groupID: [1, 2], version: .mls10, cipherSuite: suite.suite, extensions: [.applicationID([3])])
    return [
      "add_proposal": Add(keyPackage: joiner.package).encoded.hex,
      "update_proposal": Update(leafNode: leaf).encoded.hex,
      "remove_proposal": Remove(removed: LeafIndex(5)).encoded.hex,
      "pre_shared_key_proposal": PreSharedKey(id: psk).encoded.hex,
      "re_init_proposal": reInit.encoded.hex,
      "external_init_proposal": ExternalInit(kemOutput: VectorSeed.bytes("kem output")).encoded.hex,
      "group_context_extensions_proposal": GroupContextExtensions(
        extensions: [.requiredCapabilities(RequiredCapabilities(proposalTypes: [.selfRemove]))]
      ).encoded.hex,
    ]
  }
}

/// deserialization.json: the shortest and the longest vector of each length's length.
enum MadeLengths {
  static func make() -> [[String: Any]] {
    [0, 1, 63, 64, 16_383, 16_384, 1 << 20].map { length in
      var writer = TLSWriter()
      writer.write(length: length)
      return ["vlbytes_header": writer.bytes.hex, "length": length]
    }
  }
}

/// tree-math.json.
enum MadeTreeMath {
  static func make() -> [[String: Any]] {
    [1, 2, 4, 8, 16].map { leaves in
      let tree = LeafCount(holding: leaves)
      let nodes = (0..<tree.nodeCount).map { NodeIndex($0) }
      func places(_ body: (NodeIndex) -> NodeIndex?) -> [Any] {
        nodes.map { body($0).map(\.place) as Any? ?? NSNull() }
      }
      return [
        "n_leaves": leaves, "n_nodes": tree.nodeCount, "root": tree.root.place,
        "left": places { $0.isLeaf ? nil : $0.left }, "right": places { $0.isLeaf ? nil : $0.right },
        "parent": places { $0 == tree.root ? nil : $0.parent },
        "sibling": places { $0 == tree.root ? nil : $0.sibling },
      ]
    }
  }
}
