import CryptoCore
import TLSCodec
import Testing

@testable import MLS

@Suite("RFC 9420 sections 6, 8.4, 12.1 and 12.4: structures")
struct MessageCodingTests {
  @Test func `proposals of unknown types survive`() throws {
    for proposal in [
      Proposal.unknown(ProposalType(rawValue: 0x0a0a), [1, 2, 3]),
      .unknown(ProposalType(rawValue: 0xf123), []),
      .selfRemove,
    ] {
      #expect(try Proposal(decoding: proposal.encoded) == proposal)
    }
  }

  @Test func `numbers that name no variant are refused`() {
    #expect(throws: TLSError.unknownValue) { try Sender(decoding: [0]) }
    #expect(throws: TLSError.unknownValue) { try Sender(decoding: [5]) }
    #expect(throws: TLSError.unknownValue) { try ContentType(decoding: [0]) }
    #expect(throws: TLSError.unknownValue) { try ContentType(decoding: [4]) }
    #expect(throws: TLSError.unknownValue) { try ProposalOrRef(decoding: [3]) }
    #expect(throws: TLSError.unknownValue) { try PreSharedKeyID(decoding: [0, 0, 0]) }
    #expect(throws: TLSError.unknownValue) { try ResumptionPSKUsage(decoding: [4]) }
    #expect(throws: TLSError.unknownValue) { try MLSMessage(decoding: [0, 2, 0, 1]) }
    #expect(throws: TLSError.unknownValue) { try MLSMessage(decoding: [0, 1, 0, 6]) }
  }

  @Test func `a cut message and one with bytes after it are refused`() throws {
    let sample = try ProtectionSample()
    var sender = sample.protection
    let bytes = try sender.sealApplication([1, 2], from: LeafIndex(0), with: sample.signer)
    for count in 0..<bytes.count {
      #expect(throws: TLSError.self) { try MLSMessage(decoding: Array(bytes[..<count])) }
    }
    #expect(throws: TLSError.trailingBytes) { try MLSMessage(decoding: bytes + [0]) }
  }

  @Test func `group secrets survive, with and without a path secret`() throws {
    for path in [nil, SecretKey(random: 32)] {
      let secrets = GroupSecrets(
        joinerSecret: SecretKey(random: 48), pathSecret: path,
        preSharedKeys: [
          PreSharedKeyID(key: .external(id: [1]), nonce: [2]),
          PreSharedKeyID(key: .resumption(.branch, groupID: [3], epoch: 4), nonce: []),
        ])
      let decoded = try GroupSecrets(decoding: secrets.encoded)
      #expect(decoded.joinerSecret.isEqual(to: secrets.joinerSecret))
      #expect(
        decoded.pathSecret.map { $0.isEqual(to: path ?? SecretKey(random: 1)) } == path.map { _ in true })
      #expect(decoded.preSharedKeys == secrets.preSharedKeys)
      let bytes = secrets.encoded.exportRawBytes()
      for count in 0..<bytes.count {
        #expect(throws: TLSError.self) {
          try GroupSecrets(decoding: SecretKey(copying: Array(bytes[..<count])))
        }
      }
    }
  }

  @Test func `lengths of group secrets that are not minimal are refused`() {
    #expect(throws: TLSError.nonMinimalLength) {
      try GroupSecrets(decoding: SecretKey(copying: [0x40, 0x01, 7, 0, 0]))
    }
    #expect(throws: TLSError.unknownValue) {
      try GroupSecrets(decoding: SecretKey(copying: [1, 7, 2, 0]))
    }
  }
}
