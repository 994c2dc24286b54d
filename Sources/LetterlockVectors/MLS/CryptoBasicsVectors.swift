import CryptoCore
import MLS

/// crypto-basics.json.
enum CryptoBasicsVectors {
  static func verify(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    guard let reference = test.inner("ref_hash"), let expand = test.inner("expand_with_label"),
      let derive = test.inner("derive_secret"), let tree = test.inner("derive_tree_secret"),
      let sign = test.inner("sign_with_label"), let encrypt = test.inner("encrypt_with_label")
    else { return false }
    let hash = suite.refHash(label: label(reference), reference.bytes("value"))
    let expanded = try suite.expandWithLabel(
      expand.secret("secret"), label: label(expand), context: expand.bytes("context"),
      byteCount: expand.number("length") ?? 0)
    let treeSecret = try suite.deriveTreeSecret(
      tree.secret("secret"), label: label(tree), generation: UInt32(tree.number("generation") ?? 0),
      byteCount: tree.number("length") ?? 0)
    try verifySigning(sign, suite)
    return try hash == reference.bytes("out") && expand.matches("out", expanded)
      && derive.matches("out", suite.deriveSecret(derive.secret("secret"), label(derive)))
      && tree.matches("out", treeSecret) && encryptionHolds(encrypt, suite)
  }

  private static func label(_ test: JSONCase) -> String { test.text("label") ?? "" }

  private static func verifySigning(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws {
    let key = SignaturePublicKey(bytes: test.bytes("pub"))
    let content = test.bytes("content")
    try suite.verifyWithLabel(key, label: label(test), content, signature: test.bytes("signature"))
    let pair = try SignatureKeyPair(privateKey: test.secret("priv"), suite: suite.suite)
    let own = try suite.signWithLabel(pair, label: label(test), content)
    try suite.verifyWithLabel(key, label: label(test), content, signature: own)
  }

  private static func encryptionHolds(_ test: JSONCase, _ suite: CipherSuiteAlgorithms) throws -> Bool {
    let pair = try HPKEKeyPair(privateKey: test.secret("priv"), suite: suite.suite)
    guard pair.publicKey.bytes == test.bytes("pub") else { return false }
    let context = test.bytes("context")
    let given = HPKECiphertext(
      kemOutput: test.bytes("kem_output"), ciphertext: test.bytes("ciphertext"))
    let own = try suite.encryptWithLabel(
      pair.publicKey, label: label(test), context: context, test.bytes("plaintext"))
    return try [given, own].allSatisfy { ciphertext in
      test.matches(
        "plaintext",
        try suite.decryptWithLabel(pair, label: label(test), context: context, ciphertext))
    }
  }
}
