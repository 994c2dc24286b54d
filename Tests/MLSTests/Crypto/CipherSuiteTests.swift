import CryptoCore
import Testing

@testable import MLS

@Suite("RFC 9420 section 5.1: cipher suites")
struct CipherSuiteTests {
  @Test func `every suite that is declared is supported, and X448 and Ed448 are refused by name`() throws {
    #expect(Set(CipherSuite.supported.map(\.rawValue)) == [1, 2, 3, 5, 7, 0xf001, 0xf002, 0xf003])
    for suite in [CipherSuite.x448AES256Ed448, .x448ChaCha20Ed448] {
      #expect(throws: CipherSuiteError.unsupported(suite)) { try suite.algorithms() }
      #expect(suite.description.hasSuffix("Ed448"))
    }
  }

  @Test(arguments: CipherSuite.supported)
  func `what is signed under a label verifies under no other label, content or key`(suite: CipherSuite) throws
  {
    let algorithms = try suite.algorithms()
    let key = try SignatureKeyPair.generate(suite)
    let signature = try algorithms.signWithLabel(key, label: "A", [1, 2])
    try algorithms.verifyWithLabel(key.publicKey, label: "A", [1, 2], signature: signature)
    let other = try SignatureKeyPair.generate(suite).publicKey
    for (key, label, content) in [
      (key.publicKey, "B", [1, 2]), (key.publicKey, "A", [1]), (other, "A", [1, 2]),
    ] as [(SignaturePublicKey, String, [UInt8])] {
      #expect(throws: CipherSuiteError.invalidSignature) {
        try algorithms.verifyWithLabel(key, label: label, content, signature: signature)
      }
    }
  }

  @Test(arguments: CipherSuite.supported)
  func `what is encrypted under a label opens under no other label, context or key`(suite: CipherSuite) throws
  {
    let algorithms = try suite.algorithms()
    let key = try HPKEKeyPair.generate(suite)
    let secret = SecretKey(random: 32)
    let sealed = try algorithms.encryptWithLabel(key.publicKey, label: "A", context: [1], secret)
    #expect(try algorithms.decryptWithLabel(key, label: "A", context: [1], sealed).isEqual(to: secret))
    let other = try HPKEKeyPair.generate(suite)
    for (key, label, context) in [(key, "B", [1]), (key, "A", [2]), (other, "A", [1])] as [(_, _, [UInt8])] {
      #expect(throws: CipherSuiteError.openFailed) {
        try algorithms.decryptWithLabel(key, label: label, context: context, sealed)
      }
    }
  }

  @Test(arguments: CipherSuite.supported)
  func `what is encrypted to many under one context opens for each of them alone`(suite: CipherSuite) throws {
    let algorithms = try suite.algorithms()
    let encryption = algorithms.encryption(label: "A", context: [1, 2])
    let keys = try (0..<3).map { _ in try HPKEKeyPair.generate(suite) }
    let sealed = try keys.map { try encryption.encrypt([7, 8], to: $0.publicKey) }
    #expect(Set(sealed.map(\.kemOutput)).count == 3)
    for (place, key) in keys.enumerated() {
      let opened = try algorithms.decryptWithLabel(key, label: "A", context: [1, 2], sealed[place])
      #expect(opened.exportRawBytes() == [7, 8])
      #expect(throws: CipherSuiteError.openFailed) {
        try algorithms.decryptWithLabel(key, label: "A", context: [1, 2], sealed[(place + 1) % 3])
      }
    }
  }

  @Test(arguments: CipherSuite.supported)
  func `a key pair survives its private key's serialisation and prints nothing of it`(suite: CipherSuite)
    throws
  {
    let signature = try SignatureKeyPair.generate(suite)
    #expect(
      try SignatureKeyPair(privateKey: signature.privateKey, suite: suite).publicKey == signature.publicKey)
    let hpke = try HPKEKeyPair.generate(suite)
    #expect(try HPKEKeyPair(privateKey: hpke.privateKeyBytes, suite: suite).publicKey == hpke.publicKey)
    #expect("\(signature)".contains("redacted"))
    #expect("\(hpke)".contains("redacted"))
  }

  @Test func `a key of another scheme does not sign`() throws {
    let key = try SignatureKeyPair.generate(.p256AES128)
    let suite = try CipherSuite.x25519AES128Ed25519.algorithms()
    #expect(throws: CipherSuiteError.invalidPrivateKey) { try suite.signWithLabel(key, label: "A", []) }
  }

  @Test func `an output longer than the KDF gives is refused`() throws {
    let suite = try CipherSuite.x25519AES128Ed25519.algorithms()
    for byteCount in [255 * 32 + 1, 65536, -1] {
      #expect(throws: CipherSuiteError.outputTooLong) {
        try suite.expandWithLabel(suite.zeroSecret, label: "A", context: [], byteCount: byteCount)
      }
    }
  }
}
