import Testing

@testable import CryptoCore

/// A sealed message, and an opening of it into a buffer that tells what was left there.
private struct SealedCase {
  let algorithm: any AEAD.Type
  let plaintext = Array("No byte of this may be left behind.".utf8)
  let authenticating = Array("header".utf8)
  let key: [UInt8]
  let nonce: [UInt8]
  let sealed: [UInt8]

  init(_ algorithm: any AEAD.Type) throws {
    self.algorithm = algorithm
    key = (0..<algorithm.keyByteCount).map { UInt8(0x40 + $0) }
    nonce = (0..<algorithm.nonceByteCount).map { UInt8(0x10 + $0) }
    sealed = try algorithm.seal(
      plaintext, using: SecretKey(copying: key), nonce: nonce, authenticating: authenticating)
  }

  /// Opens into a buffer of 0xaa with what is given, or else with what fits.
  func open(
    _ changed: [UInt8]? = nil, key: [UInt8]? = nil, nonce: [UInt8]? = nil,
    authenticating: [UInt8]? = nil, outputByteCount: Int? = nil
  ) -> (failure: AEADError?, output: [UInt8]) {
    var output = [UInt8](repeating: 0xaa, count: outputByteCount ?? plaintext.count)
    let secret = SecretKey(copying: key ?? self.key)
    var failure: AEADError?
    output.withMutableRawSpan { output in
      (changed ?? sealed).withRawSpan { ciphertext in
        (nonce ?? self.nonce).withRawSpan { nonce in
          (authenticating ?? self.authenticating).withRawSpan { authenticating in
            do throws(AEADError) {
              try algorithm.open(
                ciphertext, into: &output, using: secret, nonce: nonce, authenticating: authenticating)
            } catch { failure = error }
          }
        }
      }
    }
    return (failure, output)
  }

  /// Whether the opening failed as it must, and its buffer shows no four bytes of the plaintext in their
  /// place: fewer may be the same by chance.
  func isRefused(
    _ result: (failure: AEADError?, output: [UInt8]), _ error: AEADError = .authenticationFailed
  ) -> Bool {
    let same = zip(result.output, plaintext).map { $0 == $1 }
    let leaks = same.indices.dropLast(3).contains { same[$0..<$0 + 4].allSatisfy { $0 } }
    return result.failure == error && !leaks
  }
}

@Suite("AEADs: what must not open")
struct AEADMisuseTests {
  @Test(arguments: AEADUnderTest.allCases)
  func `unaltered, the message opens`(aead: AEADUnderTest) throws {
    let message = try SealedCase(aead.algorithm)
    let result = message.open()
    #expect(result.failure == nil && result.output == message.plaintext)
  }

  @Test(arguments: AEADUnderTest.allCases)
  func `every inverted bit of the ciphertext and its tag is refused`(aead: AEADUnderTest) throws {
    let message = try SealedCase(aead.algorithm)
    for bit in 0..<message.sealed.count * 8 {
      #expect(message.isRefused(message.open(message.sealed.flippingBit(bit))))
    }
  }

  @Test(arguments: AEADUnderTest.allCases)
  func `every inverted bit of the nonce is refused`(aead: AEADUnderTest) throws {
    let message = try SealedCase(aead.algorithm)
    for bit in 0..<message.nonce.count * 8 {
      #expect(message.isRefused(message.open(nonce: message.nonce.flippingBit(bit))))
    }
  }

  @Test(arguments: AEADUnderTest.allCases)
  func `every inverted bit of the associated data is refused, and none or more of it`(
    aead: AEADUnderTest
  ) throws {
    let message = try SealedCase(aead.algorithm)
    for bit in 0..<message.authenticating.count * 8 {
      #expect(message.isRefused(message.open(authenticating: message.authenticating.flippingBit(bit))))
    }
    #expect(message.isRefused(message.open(authenticating: [])))
    #expect(message.isRefused(message.open(authenticating: message.authenticating + [0])))
  }

  @Test(arguments: AEADUnderTest.allCases)
  func `every inverted bit of the key is refused`(aead: AEADUnderTest) throws {
    let message = try SealedCase(aead.algorithm)
    for bit in 0..<message.key.count * 8 {
      #expect(message.isRefused(message.open(key: message.key.flippingBit(bit))))
    }
  }

  @Test(arguments: AEADUnderTest.allCases)
  func `every truncation is refused, and one below the tag by its size`(aead: AEADUnderTest) throws {
    let message = try SealedCase(aead.algorithm)
    let key = SecretKey(copying: message.key)
    for count in 0..<message.sealed.count {
      let error: AEADError = count < 16 ? .invalidSize : .authenticationFailed
      #expect(throws: error) {
        try aead.algorithm.open(
          Array(message.sealed[..<count]), using: key, nonce: message.nonce,
          authenticating: message.authenticating)
      }
      #expect(throws: error) {
        try aead.algorithm.openSecret(
          Array(message.sealed[..<count]), using: key, nonce: message.nonce,
          authenticating: message.authenticating)
      }
    }
  }
}

extension AEADMisuseTests {
  @Test(arguments: AEADUnderTest.allCases)
  func `a key or nonce of another size is refused before anything is opened`(aead: AEADUnderTest) throws {
    let message = try SealedCase(aead.algorithm)
    for key in [[], message.key.dropLast(), message.key + [0]] {
      #expect(message.isRefused(message.open(key: Array(key)), .invalidKeySize))
      #expect(throws: AEADError.invalidKeySize) {
        try aead.algorithm.seal(
          [1], using: SecretKey(copying: Array(key)), nonce: message.nonce, authenticating: [])
      }
    }
    for nonce in [[], message.nonce.dropLast(), message.nonce + [0]] {
      #expect(message.isRefused(message.open(nonce: Array(nonce)), .invalidNonceSize))
      #expect(throws: AEADError.invalidNonceSize) {
        try aead.algorithm.seal(
          [1], using: SecretKey(copying: message.key), nonce: Array(nonce), authenticating: [])
      }
    }
  }

  @Test(arguments: AEADUnderTest.allCases)
  func `an output of another size is refused and stays as it was`(aead: AEADUnderTest) throws {
    let message = try SealedCase(aead.algorithm)
    for count in [0, message.plaintext.count - 1, message.plaintext.count + 1, message.sealed.count] {
      let result = message.open(outputByteCount: count)
      #expect(result.failure == .invalidSize && result.output.allSatisfy { $0 == 0xaa })
    }
    for count in [0, 15, 16, 18] {
      var output = [UInt8](repeating: 0xaa, count: count)
      #expect(throws: AEADError.invalidSize) {
        try output.withMutableRawSpan { output in
          try [7].withRawSpan { plaintext in
            try message.nonce.withRawSpan { nonce in
              try aead.algorithm.seal(
                plaintext, into: &output, using: SecretKey(copying: message.key), nonce: nonce,
                authenticating: RawSpan())
            }
          }
        }
      }
      #expect(output.allSatisfy { $0 == 0xaa })
    }
  }

  @Test(arguments: AEADUnderTest.allCases)
  func `a secret seals as its bytes do and opens as a secret`(aead: AEADUnderTest) throws {
    let message = try SealedCase(aead.algorithm)
    let key = SecretKey(copying: message.key)
    let sealed = try aead.algorithm.sealSecret(
      SecretKey(copying: message.plaintext), using: key, nonce: message.nonce,
      authenticating: message.authenticating)
    #expect(sealed == message.sealed)
    let opened = try aead.algorithm.openSecret(
      sealed, using: key, nonce: message.nonce, authenticating: message.authenticating)
    #expect(opened.isEqual(to: SecretKey(copying: message.plaintext)))
  }

  @Test(arguments: AEADUnderTest.allCases)
  func `every length round trips, also none`(aead: AEADUnderTest) throws {
    let (key, nonce) = (
      SecretKey(random: aead.algorithm.keyByteCount), SecureRandom.bytes(aead.algorithm.nonceByteCount)
    )
    for count in [0, 1, 15, 16, 17, 63, 64, 65, 1_024] {
      let plaintext = SecureRandom.bytes(count)
      let sealed = try aead.algorithm.seal(plaintext, using: key, nonce: nonce, authenticating: [])
      #expect(sealed.count == count + aead.algorithm.tagByteCount)
      #expect(try aead.algorithm.open(sealed, using: key, nonce: nonce, authenticating: []) == plaintext)
    }
  }
}
