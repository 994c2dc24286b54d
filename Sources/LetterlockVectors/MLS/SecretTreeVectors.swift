import CryptoCore
import MLS

/// secret-tree.json.
enum SecretTreeVectors {
  static func verify(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    guard let senderData = test.inner("sender_data") else { return false }
    let leaves = test.objectLists("leaves")
    var tree = SecretTree(
      encryptionSecret: test.secret("encryption_secret"), leafCount: LeafCount(holding: leaves.count), suite)
    let key = senderData.bytes("ciphertext").withRawSpan {
      protection(senderData, suite).senderDataKey(sampleOf: $0)
    }
    guard matches(senderData, "key", "nonce", key) else { return false }
    for (index, generations) in leaves.enumerated() {
      for generation in generations {
        guard try matches(generation, LeafIndex(UInt32(index)), &tree) else { return false }
      }
    }
    return !leaves.isEmpty
  }

  private static func protection(
    _ test: JSONCase, _ suite: CipherSuiteAlgorithms
  ) -> MessageProtection {
    MessageProtection(
      GroupContext(
        cipherSuite: suite.suite, groupID: [], epoch: 0, treeHash: [], confirmedTranscriptHash: [],
        extensions: []),
      senderDataSecret: test.secret("sender_data_secret"), membershipKey: suite.zeroSecret,
      secretTree: SecretTree(encryptionSecret: suite.zeroSecret, leafCount: LeafCount(holding: 1), suite),
      suite)
  }

  private static func matches(
    _ test: JSONCase, _ leaf: LeafIndex, _ tree: inout SecretTree
  ) throws -> Bool {
    let generation = UInt32(test.number("generation") ?? 0)
    let handshake = try tree.withKey(of: leaf, .commit, generation: generation, limits: .default) { $0 }
    let application = try tree.withKey(
      of: leaf, .application, generation: generation, limits: .default
    ) { $0 }
    return matches(test, "handshake_key", "handshake_nonce", handshake.keyAndNonce)
      && matches(test, "application_key", "application_nonce", application.keyAndNonce)
  }

  private static func matches(
    _ test: JSONCase, _ key: String, _ nonce: String, _ both: SecretKey
  ) -> Bool {
    both.isEqual(to: SecretKey(copying: test.bytes(key) + test.bytes(nonce)))
  }
}
