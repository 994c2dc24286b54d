import CryptoCore
import MLS
import TLSCodec

/// The passive-client files of the MLS working group: a client joins by a Welcome and follows the group.
enum PassiveClientVectors {
  static func verify(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    let client = try client(test, suite)
    let welcome = try MLSMessage(decoding: test.bytes("welcome"))
    var group = try Group.join(welcome, as: client, ratchetTree: test.hex("ratchet_tree"))
    guard group.epochAuthenticator == test.bytes("initial_epoch_authenticator") else { return false }
    for epoch in test.list("epochs") {
      for proposal in epoch.texts("proposals") {
        guard case .proposal = try group.process(Hex.decode(proposal) ?? []) else { return false }
      }
      guard case .commit(let commit) = try group.process(epoch.bytes("commit")) else { return false }
      try group.merge(commit)
      guard group.epochAuthenticator == epoch.bytes("epoch_authenticator") else { return false }
    }
    return true
  }

  private static func client(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Client {
    guard case .keyPackage(let package) = try MLSMessage(decoding: test.bytes("key_package")) else {
      throw TLSError.unknownValue
    }
    func key(_ name: String) -> SecretKey { SecretKey(copying: test.bytes(name)) }
    let keys = InMemoryKeyStore()
    keys.save(
      KeyPackageKeys(
        keyPackage: package,
        initKey: try HPKEKeyPair(privateKey: key("init_priv"), suite: suite.suite),
        leafKey: try HPKEKeyPair(privateKey: key("encryption_priv"), suite: suite.suite)),
      for: suite.reference(to: package))
    for psk in test.list("external_psks") {
      keys.setPreSharedKey(SecretKey(copying: psk.bytes("psk")), for: psk.bytes("psk_id"))
    }
    let signer = try SignatureKeyPair(privateKey: key("signature_priv"), suite: suite.suite)
    guard signer.publicKey == package.leafNode.signatureKey else { throw TLSError.invalidValue }
    return try Client(
      credential: package.leafNode.credential, suite: suite.suite, signer: signer,
      authentication: UnauthenticatedCredentials(), keys: keys,
      settings: GroupSettings(keptResumptionKeys: 1000, maximumLifetime: .max))
  }
}
