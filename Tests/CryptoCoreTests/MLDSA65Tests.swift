import Testing

@testable import CryptoCore

@Suite("FIPS 204: ML-DSA-65")
struct MLDSA65Tests {
  private static let message = Array("A message.".utf8)
  private static let context = Array("tests".utf8)

  private func key(_ first: UInt8 = 0) throws -> MLDSA65.PrivateKey {
    try MLDSA65.PrivateKey(seed: SecretKey(copying: Array(first..<first + 32)))
  }

  /// The seed 00 01 ... 1f, by OpenSSL 4.0.
  @Test func `a seed gives the public key that another implementation gives`() throws {
    let publicKey = try key().publicKey.bytes
    #expect(publicKey.count == MLDSA65.PublicKey.byteCount)
    #expect(
      SHA256Hash.hash(publicKey)
        == [UInt8](hex: "d666806e11cee19a7c989f7445f90dd4 19cf4d2d51db8c0fdb4c0f0a542238c9"))
  }

  @Test func `a signature holds, and signing again gives another that holds`() throws {
    let key = try key()
    let first = try key.signature(for: Self.message, context: Self.context)
    let second = try key.signature(for: Self.message, context: Self.context)
    #expect(first != second && first.count == 3_309 && second.count == 3_309)
    for signature in [first, second] {
      #expect(key.publicKey.isValid(signature: signature, for: Self.message, context: Self.context))
    }
  }

  @Test func `another message, context, key or size is refused`() throws {
    let key = try key()
    let signature = try key.signature(for: Self.message, context: Self.context)
    #expect(!key.publicKey.isValid(signature: signature, for: [], context: Self.context))
    #expect(!key.publicKey.isValid(signature: signature, for: Self.message, context: []))
    #expect(!key.publicKey.isValid(signature: signature, for: Self.message, context: [0] + Self.context))
    #expect(
      try !self.key(1).publicKey.isValid(signature: signature, for: Self.message, context: Self.context))
    for other in [[], Array(signature.dropLast()), signature + [0]] {
      #expect(!key.publicKey.isValid(signature: other, for: Self.message, context: Self.context))
    }
  }

  /// The bits of c~, of z and of the hints; a hint that is not canonical is refused too.
  @Test func `an inverted bit anywhere in the signature is refused`() throws {
    let key = try key()
    let signature = try key.signature(for: Self.message, context: Self.context)
    for bit in stride(from: 0, to: signature.count * 8, by: 97) {
      #expect(
        !key.publicKey.isValid(
          signature: signature.flippingBit(bit), for: Self.message, context: Self.context))
    }
  }

  @Test func `a context of 255 bytes is the longest`() throws {
    let key = try key()
    let longest = [UInt8](repeating: 1, count: 255)
    let signature = try key.signature(for: Self.message, context: longest)
    #expect(key.publicKey.isValid(signature: signature, for: Self.message, context: longest))
    #expect(throws: SignatureError.signingFailed) {
      try key.signature(for: Self.message, context: longest + [1])
    }
    #expect(!key.publicKey.isValid(signature: signature, for: Self.message, context: longest + [1]))
  }

  @Test func `keys of another size are refused, and a key prints nothing of itself`() throws {
    for count in [0, 31, 33, 64] {
      #expect(throws: SignatureError.invalidKey) {
        try MLDSA65.PrivateKey(seed: SecretKey(copying: [UInt8](repeating: 1, count: count)))
      }
    }
    for count in [0, 1_951, 1_953] {
      #expect(throws: SignatureError.invalidKey) {
        try MLDSA65.PublicKey(bytes: [UInt8](repeating: 1, count: count))
      }
    }
    let key = try MLDSA65.PrivateKey(seed: SecretKey(copying: [UInt8](repeating: 0xde, count: 32)))
    let printed = everyPrintedForm(of: key)
    #expect(printed.contains("redacted") && !printed.contains("222") && !printed.contains("dede"))
  }
}
