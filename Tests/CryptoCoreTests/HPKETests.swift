import Testing

@testable import CryptoCore

/// A suite of each KEM, each KDF and each AEAD.
private let suites = [
  HPKESuite.letterlock,
  HPKESuite(kem: .x25519, kdf: .hkdfSHA256, aead: .chaCha20Poly1305),
  HPKESuite(kem: .p256, kdf: .hkdfSHA256, aead: .aes128GCM),
  HPKESuite(kem: .p384, kdf: .hkdfSHA384, aead: .aes256GCM),
  HPKESuite(kem: .p521, kdf: .hkdfSHA512, aead: .aes256GCM),
]

private let info = Array("info".utf8)
private let header = Array("header".utf8)
private let plaintext = Array("An epoch root.".utf8)

@Suite("RFC 9180: what HPKE opens and what it refuses")
struct HPKETests {
  @Test(arguments: suites)
  func `a sealed message opens for its recipient, and a secret as a secret`(suite: HPKESuite) throws {
    let key = try HPKEPrivateKey.generate(suite.kem)
    let sealed = try HPKE.seal(
      plaintext, to: key.publicKey, suite: suite, info: info, authenticating: header)
    #expect(sealed.count == suite.kem.encapsulatedByteCount + plaintext.count + 16)
    #expect(
      try HPKE.open(sealed, with: key, suite: suite, info: info, authenticating: header) == plaintext)
    let secret = SecretKey(random: 32)
    let sealedSecret = try HPKE.sealSecret(
      secret, to: key.publicKey, suite: suite, info: info, authenticating: header)
    #expect(
      try HPKE.openSecret(sealedSecret, with: key, suite: suite, info: info, authenticating: header)
        .isEqual(to: secret))
  }

  @Test(arguments: suites)
  func `another info, header, key or suite does not open it`(suite: HPKESuite) throws {
    let key = try HPKEPrivateKey.generate(suite.kem)
    let sealed = try HPKE.seal(
      plaintext, to: key.publicKey, suite: suite, info: info, authenticating: header)
    func expectRefusal(
      _ other: HPKEPrivateKey? = nil, _ otherSuite: HPKESuite? = nil, _ otherInfo: [UInt8] = info,
      _ otherHeader: [UInt8] = header
    ) {
      #expect(throws: HPKEError.openFailed) {
        try HPKE.open(
          sealed, with: other ?? key, suite: otherSuite ?? suite, info: otherInfo,
          authenticating: otherHeader)
      }
      #expect(throws: HPKEError.openFailed) {
        try HPKE.openSecret(
          sealed, with: other ?? key, suite: otherSuite ?? suite, info: otherInfo,
          authenticating: otherHeader)
      }
    }
    expectRefusal(nil, nil, Array("Info".utf8))
    expectRefusal(nil, nil, [])
    expectRefusal(nil, nil, info, [])
    expectRefusal(nil, nil, info, header + [0])
    expectRefusal(try HPKEPrivateKey.generate(suite.kem))
    for aead in [HPKEAEAD.aes128GCM, .aes256GCM, .chaCha20Poly1305] where aead != suite.aead {
      expectRefusal(nil, HPKESuite(kem: suite.kem, kdf: suite.kdf, aead: aead))
    }
    for kdf in HPKEKDF.allCases where kdf != suite.kdf {
      expectRefusal(nil, HPKESuite(kem: suite.kem, kdf: kdf, aead: suite.aead))
    }
  }

  @Test(arguments: suites)
  func `an altered or shortened message does not open`(suite: HPKESuite) throws {
    let key = try HPKEPrivateKey.generate(suite.kem)
    let sealed = try HPKE.seal(
      plaintext, to: key.publicKey, suite: suite, info: info, authenticating: header)
    let end = suite.kem.encapsulatedByteCount
    var altered = [8 * 7, 8 * end - 10, 8 * end, 8 * sealed.count - 1].map(sealed.flippingBit)
    altered += [0, end - 1, end, end + 15, sealed.count - 1].map { Array(sealed[..<$0]) }
    for bytes in altered + [sealed + [0]] {
      #expect(throws: HPKEError.openFailed) {
        try HPKE.open(bytes, with: key, suite: suite, info: info, authenticating: header)
      }
    }
  }

  @Test func `messages open in their order only, and one that failed does not disturb the next`() throws {
    let key = try HPKEPrivateKey.generate(.x25519)
    var sender = try HPKE.Sender(to: key.publicKey, suite: HPKEFigure.suite, info: info)
    let sealed = try (0..<3).map { try sender.seal([UInt8($0)], authenticating: header) }
    var recipient = try HPKE.Recipient(
      sender.encapsulatedKey, with: key, suite: HPKEFigure.suite, info: info)
    var opened: [[UInt8]?] = []
    for number in [1, 0, 0, 2, 1, 1, 2] {
      opened.append(try? recipient.open(sealed[number], authenticating: header))
    }
    #expect(opened == [nil, [0], nil, nil, [1], nil, [2]])
  }

  @Test func `the same plaintext seals to another ciphertext each time`() throws {
    let key = try HPKEPrivateKey.generate(.x25519)
    var sender = try HPKE.Sender(to: key.publicKey, suite: HPKEFigure.suite, info: info)
    let sealed = try (0..<3).map { _ in try sender.seal(plaintext, authenticating: header) }
    #expect(Set(sealed).count == 3)
    let second = try HPKE.Sender(to: key.publicKey, suite: HPKEFigure.suite, info: info)
    let (first, other) = (sender.encapsulatedKey, second.encapsulatedKey)
    #expect(first != other)
  }
}

extension HPKETests {
  private func opens(
    with preSharedKey: HPKE.PreSharedKey?, sealedWith sealing: HPKE.PreSharedKey?, suite: HPKESuite
  ) throws -> Bool {
    let key = try HPKEPrivateKey.generate(suite.kem)
    var sender = try HPKE.Sender(to: key.publicKey, suite: suite, info: info, preSharedKey: sealing)
    let sealed = try sender.seal(plaintext, authenticating: header)
    var recipient = try HPKE.Recipient(
      sender.encapsulatedKey, with: key, suite: suite, info: info, preSharedKey: preSharedKey)
    do throws(HPKEError) {
      return try recipient.open(sealed, authenticating: header) == plaintext
    } catch {
      #expect(error == .openFailed)
      return false
    }
  }

  @Test(arguments: suites)
  func `only the same pre-shared key under the same name opens`(suite: HPKESuite) throws {
    let secret = SecretKey(copying: [UInt8](repeating: 7, count: 32))
    let own = try HPKE.PreSharedKey(secret, identifier: [1])
    let renamed = try HPKE.PreSharedKey(secret, identifier: [2])
    let changed = try HPKE.PreSharedKey(
      SecretKey(copying: [UInt8](repeating: 8, count: 32)), identifier: [1])
    #expect(try opens(with: own, sealedWith: own, suite: suite))
    for (opening, sealing) in [(nil, own), (own, nil), (renamed, own), (changed, own)] {
      #expect(try !opens(with: opening, sealedWith: sealing, suite: suite))
    }
  }

  @Test func `a pre-shared key is long enough and has a name`() {
    for (secret, identifier) in [(31, [1]), (0, [1]), (32, [])] as [(Int, [UInt8])] {
      #expect(throws: HPKEError.invalidPreSharedKey) {
        try HPKE.PreSharedKey(SecretKey(random: secret), identifier: identifier)
      }
    }
  }

  @Test(arguments: suites)
  func `exports differ by context, size and info, and are the same on both sides`(suite: HPKESuite) throws {
    let key = try HPKEPrivateKey.generate(suite.kem)
    let sender = try HPKE.Sender(to: key.publicKey, suite: suite, info: info)
    let recipient = try HPKE.Recipient(sender.encapsulatedKey, with: key, suite: suite, info: info)
    let stranger = try HPKE.Recipient(sender.encapsulatedKey, with: key, suite: suite, info: [])
    var seen: Set<[UInt8]> = []
    for context in [[], [0], [1], [0, 0]] as [[UInt8]] {
      let sent = try sender.export(context: context, byteCount: 32).exportRawBytes()
      let received = try recipient.export(context: context, byteCount: 32).exportRawBytes()
      #expect(sent == received)
      seen.insert(sent)
      seen.insert(try stranger.export(context: context, byteCount: 32).exportRawBytes())
      // The size is bound, so a shorter export is no prefix of a longer one.
      seen.insert(try sender.export(context: context, byteCount: 33).slice(0..<32).exportRawBytes())
    }
    #expect(seen.count == 12)
    let limit = 255 * suite.kdf.hash.digestByteCount
    let longest = try sender.export(context: [], byteCount: limit)
    #expect(longest.byteCount == limit)
    for count in [limit + 1, -1, Int.max] {
      #expect(throws: HPKEError.exportTooLong) { try recipient.export(context: [], byteCount: count) }
    }
  }

  @Test(arguments: HPKEKEM.allCases)
  func `a suite that only exports seals and opens nothing`(kem: HPKEKEM) throws {
    let suite = HPKESuite(kem: kem, kdf: .hkdfSHA256, aead: .exportOnly)
    let key = try HPKEPrivateKey.generate(kem)
    var sender = try HPKE.Sender(to: key.publicKey, suite: suite, info: info)
    var recipient = try HPKE.Recipient(sender.encapsulatedKey, with: key, suite: suite, info: info)
    #expect(throws: HPKEError.exportOnly) { try sender.seal(plaintext, authenticating: header) }
    #expect(throws: HPKEError.exportOnly) { try recipient.open(plaintext, authenticating: header) }
    let sent = try sender.export(context: [], byteCount: 32)
    let received = try recipient.export(context: [], byteCount: 32)
    #expect(sent.isEqual(to: received))
  }
}
