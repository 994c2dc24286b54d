import CryptoCore
import MLS
import TLSCodec

/// key-schedule.json and psk_secret.json.
enum KeyScheduleVectors {
  static func verify(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    var initSecret = test.secret("initial_init_secret")
    let epochs = test.list("epochs")
    for (number, epoch) in epochs.enumerated() {
      guard
        let secrets = try next(
          epoch, number, groupID: test.bytes("group_id"), initSecret: initSecret, suite)
      else { return false }
      initSecret = secrets.initSecret
    }
    return !epochs.isEmpty
  }

  /// The epoch's secrets; nil if they are not as the vector says.
  private static func next(
    _ test: JSONCase, _ number: Int, groupID: [UInt8], initSecret: SecretKey,
    _ suite: CipherSuiteAlgorithms
  ) throws -> EpochSecrets? {
    let context = GroupContext(
      cipherSuite: suite.suite, groupID: groupID, epoch: UInt64(number), treeHash: test.bytes("tree_hash"),
      confirmedTranscriptHash: test.bytes("confirmed_transcript_hash"), extensions: []
    ).encoded
    let joiner = JoinerSecret(
      initSecret: initSecret, commitSecret: test.secret("commit_secret"), groupContext: context, suite)
    let member = joiner.withPreSharedKeys(
      test.has("psk_secret") ? test.secret("psk_secret") : suite.zeroSecret, suite)
    let secrets = member.epochSecrets(groupContext: context, suite)
    guard context == test.bytes("group_context"), test.matches("joiner_secret", joiner.secret),
      test.matches("welcome_secret", member.welcomeSecret(suite).secret), matches(test, secrets),
      try secrets.externalKeyPair(suite).publicKey.bytes == test.bytes("external_pub"),
      let exporter = test.inner("exporter"), try exportMatches(exporter, secrets, suite)
    else { return nil }
    return secrets
  }

  private static func matches(_ test: JSONCase, _ secrets: EpochSecrets) -> Bool {
    test.matches("init_secret", secrets.initSecret)
      && test.matches("sender_data_secret", secrets.senderDataSecret)
      && test.matches("encryption_secret", secrets.encryptionSecret)
      && test.matches("exporter_secret", secrets.exporterSecret)
      && test.matches("epoch_authenticator", secrets.epochAuthenticator)
      && test.matches("external_secret", secrets.externalSecret)
      && test.matches("confirmation_key", secrets.confirmationKey)
      && test.matches("membership_key", secrets.membershipKey)
      && test.matches("resumption_psk", secrets.resumptionPSK)
  }

  private static func exportMatches(
    _ test: JSONCase, _ secrets: EpochSecrets, _ suite: CipherSuiteAlgorithms
  ) throws -> Bool {
    test.matches(
      "secret",
      try secrets.export(
        label: test.text("label") ?? "", context: test.bytes("context"),
        byteCount: test.number("length") ?? 0, suite))
  }

  static func verifyPreSharedKeys(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    let keys = test.list("psks").map { key in
      (
        id: PreSharedKeyID(key: .external(id: key.bytes("psk_id")), nonce: key.bytes("psk_nonce")),
        secret: key.secret("psk")
      )
    }
    return test.matches("psk_secret", try suite.preSharedKeySecret(keys))
  }
}
