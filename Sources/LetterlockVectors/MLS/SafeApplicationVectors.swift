import CryptoCore
import MLS
import TLSCodec

/// safe-application.json: draft-ietf-mls-extensions, in a format of our own, which the article on components describes.
enum SafeApplicationVectors {
  static func verify(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    guard let sign = test.inner("safe_sign_with_label"), let encrypt = test.inner("safe_encrypt_with_label"),
      let psk = test.inner("application_psk"), let dictionary = test.inner("app_data_dictionary")
    else { return false }
    return try exporterHolds(test, suite) && signatureHolds(sign, suite) && encryptionHolds(encrypt, suite)
      && preSharedKeyHolds(psk, suite) && dictionaryHolds(dictionary)
  }

  private static func exporterHolds(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) -> Bool {
    let secrets = EpochSecrets(epochSecret: test.secret("epoch_secret"), suite)
    guard test.matches("application_export_secret", secrets.applicationExportSecret) else { return false }
    var tree = ExporterTree(applicationExportSecret: secrets.applicationExportSecret)
    let exported = test.list("exported")
    return !exported.isEmpty
      && exported.allSatisfy { entry in
        tree.take(component(entry), suite).map { entry.matches("secret", $0) } == true
          && tree.take(component(entry), suite) == nil
      }
  }

  private static func component(_ test: JSONCase) -> ComponentID {
    ComponentID(rawValue: UInt16(truncatingIfNeeded: test.number("component_id") ?? 0))
  }

  private static func label(_ test: JSONCase) -> ComponentOperationLabel {
    ComponentOperationLabel(component(test), test.text("label") ?? "")
  }

  private static func signatureHolds(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    let key = SignaturePublicKey(bytes: test.bytes("pub"))
    let content = test.bytes("content")
    guard label(test).encoded == test.bytes("component_operation_label") else { return false }
    try suite.verifyWithLabel(key, label: label(test), content, signature: test.bytes("signature"))
    let pair = try SignatureKeyPair(privateKey: test.secret("priv"), suite: suite.suite)
    let own = try suite.signWithLabel(pair, label: label(test), content)
    try suite.verifyWithLabel(key, label: label(test), content, signature: own)
    return true
  }

  private static func encryptionHolds(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    let pair = try HPKEKeyPair(privateKey: test.secret("priv"), suite: suite.suite)
    let context = test.bytes("context")
    let given = HPKECiphertext(kemOutput: test.bytes("kem_output"), ciphertext: test.bytes("ciphertext"))
    let own = try suite.encryptWithLabel(
      pair.publicKey, label: label(test), context: context, test.bytes("plaintext"))
    return try [given, own].allSatisfy { ciphertext in
      test.matches(
        "plaintext", try suite.decryptWithLabel(pair, label: label(test), context: context, ciphertext))
    }
  }

  private static func preSharedKeyHolds(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    let id = PreSharedKeyID(
      key: .application(component(test), id: test.bytes("psk_id")), nonce: test.bytes("psk_nonce"))
    return try id.encoded == test.bytes("pre_shared_key_id")
      && test.matches("psk_secret", suite.preSharedKeySecret([(id, test.secret("psk"))]))
  }

  private static func dictionaryHolds(_ test: JSONCase) throws -> Bool {
    let entries = test.list("entries")
    var dictionary = AppDataDictionary()
    for entry in entries.reversed() { dictionary[component(entry)] = entry.bytes("data") }
    let bytes = test.bytes("encoded")
    let malformed = test.texts("malformed").compactMap(Hex.decode)
    return try dictionary.encoded == bytes && AppDataDictionary(decoding: bytes) == dictionary
      && SafeAAD(decoding: bytes).encoded == bytes
      && !malformed.isEmpty && malformed.allSatisfy { (try? AppDataDictionary(decoding: $0)) == nil }
  }
}
