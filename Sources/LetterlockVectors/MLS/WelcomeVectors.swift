import CryptoCore
import MLS
import TLSCodec

/// welcome.json.
enum WelcomeVectors {
  static func verify(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    guard case .keyPackage(let package) = try MLSMessage(decoding: test.bytes("key_package")),
      case .welcome(let welcome) = try MLSMessage(decoding: test.bytes("welcome"))
    else { return false }
    let reference = suite.reference(to: package)
    guard let entry = welcome.secrets.first(where: { $0.newMember == reference }) else { return false }
    let key = try HPKEKeyPair(privateKey: test.secret("init_priv"), suite: suite.suite)
    guard key.publicKey == package.initKey else { return false }
    let secrets = try GroupSecrets(
      decoding: suite.decryptWithLabel(
        key, label: "Welcome", context: welcome.encryptedGroupInfo, entry.encryptedGroupSecrets))
    let member = JoinerSecret(secrets.joinerSecret).withPreSharedKeys(suite.zeroSecret, suite)
    let info = try GroupInfo(decoding: member.welcomeSecret(suite).open(welcome.encryptedGroupInfo, suite))
    try info.verifySignature(by: SignaturePublicKey(bytes: test.bytes("signer_pub")), suite)
    let epoch = member.epochSecrets(groupContext: info.groupContext.encoded, suite)
    return suite.isValid(
      info.confirmationTag, epoch.confirmationKey, info.groupContext.confirmedTranscriptHash)
  }
}
