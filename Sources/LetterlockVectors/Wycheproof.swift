import CryptoCore

/// Files of C2SP/wycheproof, testvectors_v1.
enum Wycheproof {
  /// What a case says of itself.
  enum Outcome {
    case right
    case wrong
    case skipped(String)

    init(_ isRight: Bool) { self = isRight ? .right : .wrong }
  }

  static func verify(_ file: JSONCase, _ report: inout VectorReport) {
    let algorithm = file.text("algorithm") ?? ""
    for group in file.list("testGroups") {
      for test in group.list("tests") {
        switch outcome(of: test, in: group, algorithm) {
        case .right: report.pass()
        case .wrong: report.fail("case \(test.number("tcId") ?? 0), \(test.text("comment") ?? "")")
        case .skipped(let reason): report.skip(reason)
        }
      }
    }
  }

  private static func outcome(
    of test: JSONCase, in group: JSONCase, _ algorithm: String
  ) -> Outcome {
    switch group.text("type") {
    case "AeadTest": aead(test, algorithm)
    case "MacTest": mac(test, group, algorithm)
    case "HkdfTest": hkdf(test, algorithm)
    case "EddsaVerify": Outcome(expects(test) == ed25519(test, group))
    case "XdhComp": x25519(test)
    case "EcdsaVerify": Outcome(expects(test) == ecdsa(test, group, .der))
    case "EcdsaP1363Verify": Outcome(expects(test) == ecdsa(test, group, .raw))
    case "EcdhTest", "EcdhEcpointTest": ecdh(test, group)
    case "MLKEMTest": WycheproofPostQuantum.decapsulation(test)
    case "MLKEMEncapsTest": WycheproofPostQuantum.encapsulation(test)
    case "MLKEMKeyGen": WycheproofPostQuantum.keyGeneration(test)
    case "MLKEMDecapsValidationTest":
      .skipped("swift-crypto imports no expanded decapsulation key")
    case "MlDsaVerify": Outcome(expects(test) == WycheproofPostQuantum.mlDSA(test, group))
    case "MlDsaSign": WycheproofPostQuantum.mlDSASigning(test, group)
    case "ChunkedEncryption": chunked(test, algorithm)
    case "KeywrapTest": .skipped("AES key wrap, which this library has no use for")
    default: .skipped("an unknown kind of test")
    }
  }

  static func expects(_ test: JSONCase) -> Bool { test.text("result") == "valid" }
  static func isAcceptable(_ test: JSONCase) -> Bool { test.text("result") == "acceptable" }

  private static func aead(_ test: JSONCase, _ algorithm: String) -> Outcome {
    let (key, nonce) = (SecretKey(copying: test.bytes("key")), test.bytes("iv"))
    let (message, associated) = (test.bytes("msg"), test.bytes("aad"))
    let sealed = test.bytes("ct") + test.bytes("tag")
    // No suite has a key of 24 bytes or another nonce than 12 bytes, but swift-crypto takes them.
    if algorithm == "AES-GCM", nonce.count != 12 || key.byteCount == 24 {
      guard nonce.count >= 12 else {
        return expects(test) ? .skipped("a nonce under 12 bytes, which swift-crypto cannot express") : .right
      }
      return Outcome(expects(test) == AESGCM.isSealing(message, sealed, key, nonce, associated))
    }
    let type: any AEAD.Type
    switch (algorithm, key.byteCount) {
    case ("CHACHA20-POLY1305", _): type = ChaCha20Poly1305.self
    case ("XCHACHA20-POLY1305", _): type = XChaCha20Poly1305.self
    case ("AES-GCM", 16): type = AES128GCM.self
    case ("AES-GCM", 32): type = AES256GCM.self
    default: return .skipped("a key size that no suite of this library has")
    }
    let opened = try? type.open(sealed, using: key, nonce: nonce, authenticating: associated)
    guard expects(test) else { return Outcome(opened == nil) }
    let again = try? type.seal(message, using: key, nonce: nonce, authenticating: associated)
    return Outcome(opened == message && again == sealed)
  }

  private static func hash(_ algorithm: String) -> HashFunctionName {
    algorithm.hasSuffix("256") ? .sha256 : algorithm.hasSuffix("384") ? .sha384 : .sha512
  }

  private static func mac(_ test: JSONCase, _ group: JSONCase, _ algorithm: String) -> Outcome {
    let byteCount = (group.number("tagSize") ?? 0) / 8
    let code = HMAC.authenticationCode(
      for: test.bytes("msg"), using: SecretKey(copying: test.bytes("key")), hash: hash(algorithm))
    return Outcome(
      expects(test) == constantTimeEqual(Array(code.prefix(byteCount)), test.bytes("tag")))
  }

  private static func hkdf(_ test: JSONCase, _ algorithm: String) -> Outcome {
    let output = try? HKDF.deriveKey(
      inputKeyMaterial: SecretKey(copying: test.bytes("ikm")), salt: test.bytes("salt"),
      info: test.bytes("info"), byteCount: test.number("size") ?? 0, hash: hash(algorithm))
    guard expects(test) else { return Outcome(output == nil) }
    return Outcome(output?.exportRawBytes() == test.bytes("okm"))
  }

  private static func ed25519(_ test: JSONCase, _ group: JSONCase) -> Bool {
    let key = try? Ed25519.PublicKey(bytes: group.inner("publicKey")?.bytes("pk") ?? [])
    return key?.isValid(signature: test.bytes("sig"), for: test.bytes("msg")) ?? false
  }

  /// Zero secrets must be refused; every other case must give the value in the file.
  private static func x25519(_ test: JSONCase) -> Outcome {
    let shared = try? X25519.PrivateKey(SecretKey(copying: test.bytes("private")))
      .sharedSecret(with: test.bytes("public")).exportRawBytes()
    let isZero = test.bytes("shared").allSatisfy { $0 == 0 }
    return Outcome(isZero ? shared == nil : shared == test.bytes("shared"))
  }

  private static func ecdsa(
    _ test: JSONCase, _ group: JSONCase, _ encoding: NISTCurve.SignatureEncoding
  ) -> Bool {
    NISTCurve.p256.isValid(
      test.bytes("sig"), encoding, for: test.bytes("msg"),
      publicKey: group.inner("publicKey")?.bytes("uncompressed") ?? [])
  }

  private static func ecdh(_ test: JSONCase, _ group: JSONCase) -> Outcome {
    // Scalars are written as ASN.1 integers: with leading zeros, or without.
    let digits = test.bytes("private").drop { $0 == 0 }
    guard digits.count <= 32 else { return .skipped("a private key that is not a scalar") }
    let scalar = [UInt8](repeating: 0, count: 32 - digits.count) + digits
    let given = test.bytes("public")
    let point =
      group.text("encoding") == "asn" ? NISTCurve.p256.publicKey(subjectPublicKeyInfo: given) : given
    let shared = point.flatMap { point in
      try? NISTCurve.PrivateKey(SecretKey(copying: scalar), curve: .p256).sharedSecret(with: point)
    }?.exportRawBytes()
    switch test.text("result") {
    case "valid": return Outcome(shared == test.bytes("shared"))
    // Either may be refused; if it is not, the value must be right.
    case "acceptable": return Outcome(shared == nil || shared == test.bytes("shared"))
    default: return Outcome(shared == nil || shared == test.bytes("shared") && !test.bytes("shared").isEmpty)
    }
  }

  private static func chunked(_ test: JSONCase, _ algorithm: String) -> Outcome {
    let suite: ChunkedEncryption.Suite =
      algorithm == "Cobblestone-128" ? .cobblestone128 : .cobblestone256
    // The file keeps ciphertexts compressed.
    let sealed = Inflate.zlib(test.bytes("ct")) ?? []
    let message = try? ChunkedEncryption.open(
      sealed, suite: suite, key: SecretKey(copying: test.bytes("key")),
      context: test.bytes("ctx"))
    guard expects(test) else { return Outcome(message == nil) }
    return Outcome(
      message?.count == test.number("msgLength")
        && message.map { HashFunctionName.sha512.hash($0) } == test.hex("msgSha512"))
  }
}

extension AESGCM {
  /// Whether a longer nonce than usual seals and opens as a case says.
  fileprivate static func isSealing(
    _ message: [UInt8], _ sealed: [UInt8], _ key: SecretKey, _ nonce: [UInt8], _ associated: [UInt8]
  ) -> Bool {
    (try? AESGCM.open(sealed, using: key, nonce: nonce, authenticating: associated)) == message
  }
}
