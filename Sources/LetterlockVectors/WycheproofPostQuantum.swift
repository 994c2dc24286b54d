import CryptoCore

/// ML-KEM-768 and ML-DSA-65.
enum WycheproofPostQuantum {
  private static func key(_ test: JSONCase) -> MLKEM768.PrivateKey? {
    try? MLKEM768.PrivateKey(seed: SecretKey(copying: test.bytes("seed")))
  }

  static func decapsulation(_ test: JSONCase) -> Wycheproof.Outcome {
    let secret = key(test).flatMap { try? $0.decapsulate(test.bytes("c")) }?.exportRawBytes()
    guard Wycheproof.expects(test) else { return .init(secret == nil || secret != test.hex("K")) }
    return .init(secret == test.bytes("K") && key(test)?.publicKey == test.hex("ek"))
  }

  static func encapsulation(_ test: JSONCase) -> Wycheproof.Outcome {
    let result = try? MLKEM768.encapsulate(to: test.bytes("ek"))
    guard Wycheproof.expects(test) else { return .init(result == nil) }
    // The library draws its own randomness, so all that can be seen is that the key is taken.
    return result == nil ? .wrong : .skipped("encapsulation draws its own randomness")
  }

  static func keyGeneration(_ test: JSONCase) -> Wycheproof.Outcome {
    .init((key(test)?.publicKey == test.hex("ek")) == Wycheproof.expects(test))
  }

  static func mlDSA(_ test: JSONCase, _ group: JSONCase) -> Bool {
    let context = test.hex("ctx") ?? []
    guard context.count <= 255,
      let key = try? MLDSA65.PublicKey(bytes: group.bytes("publicKey"))
    else { return false }
    return key.isValid(signature: test.bytes("sig"), for: test.bytes("msg"), context: context)
  }

  /// The key must follow from its seed, the given signature must hold, and one that is made here must.
  static func mlDSASigning(_ test: JSONCase, _ group: JSONCase) -> Wycheproof.Outcome {
    guard let seed = group.hex("privateSeed") else {
      return .skipped("swift-crypto imports no expanded ML-DSA key")
    }
    guard test.has("msg") else { return .skipped("swift-crypto has no external-mu interface") }
    let context = test.hex("ctx") ?? []
    let key = try? MLDSA65.PrivateKey(seed: SecretKey(copying: seed))
    guard Wycheproof.expects(test) else {
      let made = context.count <= 255 ? try? key?.signature(for: test.bytes("msg"), context: context) : nil
      return .init(made == nil)
    }
    guard let key, key.publicKey.bytes == group.hex("publicKey") ?? key.publicKey.bytes,
      let made = try? key.signature(for: test.bytes("msg"), context: context)
    else { return .wrong }
    return .init(
      key.publicKey.isValid(signature: made, for: test.bytes("msg"), context: context)
        && key.publicKey.isValid(
          signature: test.bytes("sig"), for: test.bytes("msg"), context: context)
    )
  }
}
