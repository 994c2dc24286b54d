import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("RFC 9420 section 6: message framing")
struct MessageProtectionTests {
  private static let remove = FramedContent.Content.proposal(.remove(Remove(removed: LeafIndex(2))))

  @Test(arguments: CipherSuite.supported)
  func `a message sealed in one buffer opens, and has the fields of one sealed step by step`(
    suite: CipherSuite
  ) throws {
    let sample = try ProtectionSample(suite)
    var quick = sample.protection
    var slow = sample.protection
    var receiver = sample.protection
    for byteCount in [0, 1, 62, 63, 64, 300, 20_000] {
      let data = SecureRandom.bytes(byteCount)
      let bytes = try quick.sealApplication(
        data, authenticating: [9], from: LeafIndex(0), with: sample.signer, paddingByteCount: 5)
      let stepwise = try sample.seal(.application(data), with: &slow, padding: 5)
      guard case .privateMessage(let message) = try MLSMessage(decoding: bytes) else {
        Issue.record("not a private message")
        continue
      }
      #expect(message.authenticatedData == stepwise.authenticatedData)
      #expect(message.encryptedSenderData.count == stepwise.encryptedSenderData.count)
      if suite != .p256AES128, suite != .p384AES256, suite != .p521AES256 {
        // An ECDSA signature's length differs from one to the next.
        #expect(message.ciphertext.count == stepwise.ciphertext.count)
      }
      #expect(try sample.open(message, with: &receiver) == .application(data))
    }
  }

  @Test func `every flipped bit of a private message is refused and changes nothing`() throws {
    let sample = try ProtectionSample()
    var sender = sample.protection
    let bytes = MLSMessage.privateMessage(try sample.seal(Self.remove, with: &sender, padding: 3)).encoded
    var receiver = sample.protection
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      guard case .privateMessage(let message)? = try? MLSMessage(decoding: flipped) else { continue }
      #expect(throws: MessageProtectionError.self) { try sample.open(message, with: &receiver) }
    }
    #expect(receiver.secretTree.leaves.isEmpty)
    guard case .privateMessage(let message) = try MLSMessage(decoding: bytes) else { return }
    #expect(try sample.open(message, with: &receiver) == Self.remove)
  }

  @Test func `every flipped bit of a public message is refused`() throws {
    let sample = try ProtectionSample()
    let protection = sample.protection
    let message = try protection.protect(
      protection.sign(sample.content(Self.remove), .publicMessage, with: sample.signer))
    #expect(try protection.unprotect(message, by: sample.signer.publicKey).content.content == Self.remove)
    let bytes = message.encoded
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      guard let message = try? PublicMessage(decoding: flipped) else { continue }
      #expect(throws: MessageProtectionError.self) {
        try protection.unprotect(message, by: sample.signer.publicKey)
      }
    }
  }

  @Test func `application data is not sent as a public message, and not taken from one`() throws {
    let sample = try ProtectionSample()
    let content = sample.content(.application([1]))
    #expect(throws: MessageProtectionError.applicationDataNotEncrypted) {
      try sample.protection.sign(content, .publicMessage, with: sample.signer)
    }
    let message = PublicMessage(
      content: content, auth: FramedContentAuthData(signature: [], confirmationTag: nil),
      membershipTag: MAC(bytes: []))
    #expect(throws: MessageProtectionError.applicationDataNotEncrypted) {
      try sample.protection.unprotect(message, by: sample.signer.publicKey)
    }
  }

  @Test
  func `a public message without its group's membership tag is refused before its signature is looked at`()
    throws
  {
    let sample = try ProtectionSample()
    var message = try sample.protection.protect(
      sample.protection.sign(sample.content(Self.remove), .publicMessage, with: sample.signer))
    message.membershipTag = sample.suite.mac(sample.suite.randomSecret(), [1])
    #expect(throws: MessageProtectionError.invalidMembershipTag) {
      try sample.protection.unprotect(message, by: sample.signer.publicKey)
    }
  }

  @Test func `a signature by another member is refused, and the key of the message stays`() throws {
    let sample = try ProtectionSample()
    var sender = sample.protection
    var receiver = sample.protection
    let message = try sample.seal(Self.remove, with: &sender)
    let other = try SignatureKeyPair.generate(.x25519AES128Ed25519).publicKey
    #expect(throws: MessageProtectionError.invalidSignature) { try receiver.open(message) { _ in other } }
    #expect(try sample.open(message, with: &receiver) == Self.remove)
  }

  @Test func `padding that is not zeros is refused`() throws {
    let sample = try ProtectionSample()
    let sender = sample.protection
    let signed = try sender.sign(sample.content(Self.remove), .privateMessage, with: sample.signer)
    let plaintext = PrivateMessageContent.encode(signed, paddingByteCount: 4)
    #expect(try PrivateMessageContent.decode(.proposal, plaintext).0 == Self.remove)
    for place in 1...4 {
      var padded = plaintext
      padded[padded.count - place] = 1
      #expect(throws: TLSError.invalidValue) { try PrivateMessageContent.decode(.proposal, padded) }
    }
  }

  @Test func `messages of another group, another epoch and unknown members are refused by name`() throws {
    let sample = try ProtectionSample()
    var sender = sample.protection
    var receiver = sample.protection
    let message = try sample.seal(Self.remove, with: &sender)
    var other = message
    other.groupID = [8]
    #expect(throws: MessageProtectionError.wrongGroup) { try sample.open(other, with: &receiver) }
    other = message
    other.epoch = 8
    #expect(throws: MessageProtectionError.wrongEpoch) { try sample.open(other, with: &receiver) }
    #expect(throws: MessageProtectionError.unknownSender(LeafIndex(0))) {
      try receiver.open(message) { _ in nil }
    }
  }

  @Test func `only members send private messages`() throws {
    let sample = try ProtectionSample()
    var sender = sample.protection
    var content = sample.content(Self.remove)
    content.sender = .external(0)
    let signed = try sender.sign(content, .privateMessage, with: sample.signer)
    #expect(throws: MessageProtectionError.wrongSenderType) { try sender.seal(signed) }
  }

  @Test func `two messages of the same content share no ciphertext and no reuse guard`() throws {
    let sample = try ProtectionSample()
    var one = sample.protection
    var other = sample.protection
    // A client that lost its state uses a key again; the guards keep the nonces apart.
    let first = try sample.seal(.application([1]), with: &one)
    let second = try sample.seal(.application([1]), with: &other)
    #expect(first.ciphertext != second.ciphertext)
  }
}
