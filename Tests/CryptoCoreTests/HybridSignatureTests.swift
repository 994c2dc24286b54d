import Testing

@testable import CryptoCore

@Suite("Hybrid signatures: both halves or nothing")
struct HybridSignatureTests {
  private static let message = Array("An entry of the account log.".utf8)
  private static let context = Array("letterlock/1 tests".utf8)

  private func key(_ ed25519: UInt8, _ mlDSA: UInt8) throws -> HybridSignature.PrivateKey {
    try HybridSignature.PrivateKey(
      ed25519Seed: SecretKey(copying: [UInt8](repeating: ed25519, count: 32)),
      mlDSASeed: SecretKey(copying: [UInt8](repeating: mlDSA, count: 32)))
  }

  private func sign(
    _ key: HybridSignature.PrivateKey, _ message: [UInt8] = message, _ context: [UInt8] = context
  ) throws -> [UInt8] {
    try key.signature(for: message, context: context).bytes
  }

  private func isValid(_ signature: [UInt8], _ key: HybridSignature.PublicKey) throws -> Bool {
    try key.isValid(
      HybridSignature.Signature(bytes: signature), for: Self.message, context: Self.context)
  }

  @Test func `both halves together hold, and each is what its algorithm makes`() throws {
    let key = try key(1, 2)
    let signature = try sign(key)
    #expect(try isValid(signature, key.publicKey))
    let ed25519 = try Ed25519.PrivateKey(seed: SecretKey(copying: [UInt8](repeating: 1, count: 32)))
    #expect(try Array(signature[..<64]) == ed25519.signature(for: Self.message))
    #expect(
      key.publicKey.mlDSA65.isValid(
        signature: Array(signature[64...]), for: Self.message, context: Self.context))
  }

  @Test func `a signature with either half missing is refused`() throws {
    let key = try key(1, 2)
    let signature = try sign(key)
    let (first, second) = (Array(signature[..<64]), Array(signature[64...]))
    #expect(try !isValid([UInt8](repeating: 0, count: 64) + second, key.publicKey))
    #expect(try !isValid(first + [UInt8](repeating: 0, count: 3_309), key.publicKey))
    for bytes in [[], first, second, Array(signature.dropLast()), signature + [0]] {
      #expect(throws: SignatureError.invalidSignatureSize) { try HybridSignature.Signature(bytes: bytes) }
    }
  }

  @Test func `halves in the other order are refused`() throws {
    let key = try key(1, 2)
    let signature = try sign(key)
    #expect(try !isValid(Array(signature[64...] + signature[..<64]), key.publicKey))
  }

  @Test func `either half from another message is refused`() throws {
    let key = try key(1, 2)
    let (own, other) = (try sign(key), try sign(key, [0]))
    #expect(try !isValid(Array(other[..<64]) + own[64...], key.publicKey))
    #expect(try !isValid(Array(own[..<64]) + other[64...], key.publicKey))
    #expect(try !isValid(other, key.publicKey))
  }

  /// Only ML-DSA signs the context, so a signature for another purpose has one half that holds.
  @Test func `a signature for another purpose is refused`() throws {
    let key = try key(1, 2)
    let other = try sign(key, Self.message, Array("letterlock/1 other".utf8))
    #expect(key.publicKey.ed25519.isValid(signature: Array(other[..<64]), for: Self.message))
    #expect(try !isValid(other, key.publicKey))
    #expect(try !isValid(sign(key, Self.message, []), key.publicKey))
  }

  @Test func `either half from another key is refused`() throws {
    let (own, other) = (try key(1, 2), try key(3, 4))
    let (mine, theirs) = (try sign(own), try sign(other))
    #expect(try !isValid(Array(theirs[..<64]) + mine[64...], own.publicKey))
    #expect(try !isValid(Array(mine[..<64]) + theirs[64...], own.publicKey))
    #expect(try !isValid(theirs, own.publicKey))
    for mixed in [try key(1, 4), try key(3, 2)] { #expect(try !isValid(mine, mixed.publicKey)) }
  }

  @Test func `an inverted bit in either half is refused`() throws {
    let key = try key(1, 2)
    let signature = try sign(key)
    for bit in [0, 255, 256, 511, 512, 700, 10_000, 26_983] {
      #expect(try !isValid(signature.flippingBit(bit), key.publicKey))
    }
  }

  @Test func `a public key is both keys one after the other, and of no other size`() throws {
    let key = try key(1, 2)
    let bytes = key.publicKey.bytes
    #expect(bytes.count == HybridSignature.PublicKey.byteCount)
    #expect(try HybridSignature.PublicKey(bytes: bytes) == key.publicKey)
    for other in [[], Array(bytes.dropLast()), bytes + [0]] {
      #expect(throws: SignatureError.invalidKey) { try HybridSignature.PublicKey(bytes: other) }
    }
    #expect(throws: SignatureError.invalidKey) {
      try HybridSignature.PrivateKey(
        ed25519Seed: SecretKey(random: 31), mlDSASeed: SecretKey(random: 32))
    }
    #expect(throws: SignatureError.invalidKey) {
      try HybridSignature.PrivateKey(
        ed25519Seed: SecretKey(random: 32), mlDSASeed: SecretKey(random: 33))
    }
  }

  @Test func `a key prints nothing of itself`() throws {
    let printed = everyPrintedForm(of: try key(0xde, 0xde))
    #expect(printed.contains("redacted") && !printed.contains("222") && !printed.contains("dede"))
  }
}
