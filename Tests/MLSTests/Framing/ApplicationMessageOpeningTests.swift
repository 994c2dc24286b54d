import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("RFC 9420 section 6.3: application data that comes in order")
struct ApplicationMessageOpeningTests {
  /// A sender and a receiver that has had one message already, as ratchets are there only then.
  private struct Pair {
    let sample: ProtectionSample
    var sender: MessageProtection
    var receiver: MessageProtection

    init(_ suite: CipherSuite = .x25519AES128Ed25519) throws {
      sample = try ProtectionSample(suite)
      sender = sample.protection
      receiver = sample.protection
      let first = try send([0])
      #expect(open(first) == nil, "its ratchet is derived the general way")
      #expect(try openGenerally(first) == [0])
    }

    mutating func send(_ data: [UInt8], padding: Int = 3) throws -> [UInt8] {
      try sender.sealApplication(
        data, authenticating: [9], from: LeafIndex(0), with: sample.signer, paddingByteCount: padding)
    }

    mutating func open(_ message: [UInt8]) -> ApplicationMessage? {
      receiver.openNextApplication(message) { _ in sample.signer.publicKey }
    }

    mutating func openGenerally(_ message: [UInt8]) throws -> [UInt8]? {
      guard case .privateMessage(let message) = try MLSMessage(decoding: message),
        case .application(let data) = try sample.open(message, with: &receiver)
      else { return nil }
      return data
    }

    var generation: UInt32? { receiver.secretTree.leaves[LeafIndex(0)]?.application.generation }
  }

  @Test(arguments: CipherSuite.supported)
  func `opens, of any length, and moves the ratchet on as the general way does`(suite: CipherSuite) throws {
    var pair = try Pair(suite)
    for (number, byteCount) in [0, 1, 62, 63, 64, 300, 16_300, 20_000].enumerated() {
      let data = SecureRandom.bytes(byteCount)
      let message = try pair.send(data)
      let taken = pair.open(message)
      let opened = try #require(taken)
      #expect(opened.data == data)
      #expect(opened.authenticatedData == [9])
      #expect(opened.sender == LeafIndex(0))
      #expect(opened.epoch == 7)
      #expect(pair.generation == UInt32(number + 2))
      // Its key is used up, whichever way is tried.
      #expect(pair.open(message) == nil)
      #expect(throws: MessageProtectionError.keyErased) { try pair.openGenerally(message) }
    }
    let next = try pair.send([1])
    #expect(try pair.openGenerally(next) == [1])
  }

  @Test func `a message that is not the next is left to the general way`() throws {
    var pair = try Pair()
    let first = try pair.send([1])
    let second = try pair.send([2])
    #expect(pair.open(second) == nil)
    #expect(pair.generation == 1)
    #expect(try pair.openGenerally(second) == [2])
    #expect(pair.open(first) == nil)
    #expect(try pair.openGenerally(first) == [1])
    let third = try pair.send([3])
    #expect(pair.open(third)?.data == [3])
  }

  @Test func `every flipped bit and every cut is refused and changes nothing`() throws {
    var pair = try Pair()
    let message = try pair.send([1, 2, 3])
    for bit in 0..<message.count * 8 {
      var flipped = message
      flipped[bit / 8] ^= 1 << (bit % 8)
      #expect(pair.open(flipped) == nil, "bit \(bit)")
    }
    for count in 0..<message.count { #expect(pair.open(Array(message[..<count])) == nil) }
    #expect(pair.open(message + [0]) == nil)
    #expect(pair.generation == 1)
    #expect(pair.open(message)?.data == [1, 2, 3])
  }

  @Test func `a signature by another member is refused, and the key stays`() throws {
    var pair = try Pair()
    let message = try pair.send([1])
    let other = try SignatureKeyPair.generate(.x25519AES128Ed25519).publicKey
    #expect(pair.receiver.openNextApplication(message) { _ in other } == nil)
    #expect(pair.receiver.openNextApplication(message) { _ in nil } == nil)
    #expect(pair.generation == 1)
    #expect(pair.open(message)?.data == [1])
  }

  @Test func `padding that is not zeros is refused, and a signature that is cut`() throws {
    for (end, isRefused) in [([0, 0] as [UInt8], false), ([0, 1], true), ([1, 0], true)] {
      var pair = try Pair()
      let message = try Self.message(from: &pair.sender, pair.sample) { $0 + end }
      #expect((pair.open(message) == nil) == isRefused)
      #expect(pair.generation == (isRefused ? 1 : 2))
    }
    var pair = try Pair()
    let cut = try Self.message(from: &pair.sender, pair.sample) { Array($0.dropLast()) }
    #expect(pair.open(cut) == nil)
  }

  @Test func `a message that names another group or epoch is refused, whatever its sender encrypted it for`()
    throws
  {
    for (groupID, epoch, isRefused) in [
      ([1, 2, 3] as [UInt8], 7 as UInt64, false), ([1, 2, 4], 7, true), ([1, 2, 3], 8, true),
    ] {
      var pair = try Pair()
      let message = try Self.message(from: &pair.sender, pair.sample, named: (groupID, epoch)) { $0 }
      #expect((pair.open(message) == nil) == isRefused)
      #expect(pair.generation == (isRefused ? 1 : 2))
    }
  }

  /// A message as no honest sender makes it, under the right key: with another plaintext, or another name outside.
  private static func message(
    from sender: inout MessageProtection, _ sample: ProtectionSample,
    named name: (groupID: [UInt8], epoch: UInt64) = ([1, 2, 3], 7), _ change: ([UInt8]) -> [UInt8]
  ) throws -> [UInt8] {
    let signed = try sender.sign(sample.content(.application([5])), .privateMessage, with: sample.signer)
    let key = try sender.secretTree.nextKey(of: LeafIndex(0), .application)
    let senderData = SenderData.next(LeafIndex(0), key)
    let ciphertext = try key.seal(
      change(PrivateMessageContent.encode(signed, paddingByteCount: 0)), senderData.reuseGuard,
      authenticating: PrivateMessage.contentAAD(name.groupID, name.epoch, .application, [9]), sample.suite)
    var context = sample.context
    (context.groupID, context.epoch) = name
    let elsewhere = MessageProtection(
      context, senderDataSecret: sender.senderDataSecret, membershipKey: sender.membershipKey,
      secretTree: sender.secretTree, sample.suite)
    let message = PrivateMessage(
      groupID: name.groupID, epoch: name.epoch, contentType: .application, authenticatedData: [9],
      encryptedSenderData: try elsewhere.seal(senderData, .application, sampleOf: ciphertext),
      ciphertext: ciphertext)
    return MLSMessage.privateMessage(message).encoded
  }
}
