import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md: safety number")
struct SafetyNumberTests {
  private static let ann = AccountID(unchecked: [UInt8](repeating: 1, count: 32))
  private static let bob = AccountID(unchecked: [UInt8](repeating: 2, count: 32))

  private static func head(_ byte: UInt8) -> LogHead {
    LogHead(unchecked: [UInt8](repeating: byte, count: 32))
  }

  @Test func `known accounts have this number, whichever comes first`() {
    let number = SafetyNumber(Self.ann, Self.bob)
    #expect(number.description == "75519 78640 59937 10275 88588 27907 27763 77638 64642 14041 74867 79266")
    #expect(SafetyNumber(Self.bob, Self.ann) == number)
    #expect(number.groups.count == 12 && number.digits.count == 60)
  }

  @Test func `another account changes its half only`() {
    let number = SafetyNumber(Self.ann, Self.bob)
    let other = SafetyNumber(Self.ann, AccountID(unchecked: [UInt8](repeating: 3, count: 32)))
    #expect(number.groups[..<6] == other.groups[..<6])
    #expect(number.groups[6...] != other.groups[6...])
  }

  @Test func `equal logs verify from both sides`() throws {
    let own = SafetyCode(
      ownAccount: Self.ann, ownLogHead: Self.head(7), peerAccount: Self.bob, peerLogHead: Self.head(8))
    let scanned = SafetyCode(
      ownAccount: Self.bob, ownLogHead: Self.head(8), peerAccount: Self.ann, peerLogHead: Self.head(7))
    #expect(own.compare(scanned: scanned) == .verified)
    #expect(scanned.compare(scanned: own) == .verified)
    #expect(own.number == scanned.number)
    #expect(
      own.encoded == [1] + own.ownAccount.bytes + Self.head(7).bytes + own.peerAccount.bytes
        + Self.head(8).bytes + [0])
    #expect(try SafetyCode(decoding: own.encoded) == own)
  }

  @Test func `a log that differs is named, on either side`() {
    let own = SafetyCode(
      ownAccount: Self.ann, ownLogHead: Self.head(7), peerAccount: Self.bob, peerLogHead: Self.head(8))
    func scanned(_ own: UInt8, _ peer: UInt8) -> SafetyCode {
      SafetyCode(
        ownAccount: Self.bob, ownLogHead: Self.head(own), peerAccount: Self.ann, peerLogHead: Self.head(peer))
    }
    #expect(own.compare(scanned: scanned(9, 7)) == .logHeadsDiffer([Self.bob]))
    #expect(own.compare(scanned: scanned(8, 9)) == .logHeadsDiffer([Self.ann]))
    #expect(own.compare(scanned: scanned(9, 9)) == .logHeadsDiffer([Self.ann, Self.bob]))
  }

  @Test func `SPEC.md section 10.9: two histories of one account are named, and told to nobody else`() throws
  {
    let key = try CheckpointKey()
    func code(_ root: UInt8?, size: UInt64 = 5, peer: AccountID = Self.ann) throws -> SafetyCode {
      let checkpoint = try root.map {
        try Checkpoint(
          account: Self.ann, treeSize: size, treeRoot: Digest32(unchecked: [UInt8](repeating: $0, count: 32)),
          logHead: Self.head(7), at: UInt64(size), by: key)
      }
      return SafetyCode(
        ownAccount: Self.ann, ownLogHead: Self.head(7), peerAccount: peer, peerLogHead: Self.head(7),
        checkpoint: checkpoint)
    }
    let own = try code(1)
    #expect(try SafetyCode(decoding: own.encoded) == own)
    #expect(own.compare(scanned: try code(1)) == .verified)
    #expect(own.compare(scanned: try code(2)) == .historiesDiffer)
    #expect(own.compare(scanned: try code(1, size: 6)) == .historiesDiffer)
    #expect(own.compare(scanned: try code(nil)) == .historiesDiffer)
    // To another person it would say how many messages there are.
    let toBob = try code(1, peer: Self.bob)
    #expect(toBob.checkpoint == nil)
    #expect(throws: TLSError.invalidValue) {
      try SafetyCode(decoding: toBob.encoded.dropLast() + own.encoded.suffix(178))
    }
  }

  @Test func `one's own code, or somebody else's, is of different accounts`() {
    let own = SafetyCode(
      ownAccount: Self.ann, ownLogHead: Self.head(7), peerAccount: Self.bob, peerLogHead: Self.head(8))
    #expect(own.compare(scanned: own) == .differentAccounts)
    let stranger = AccountID(unchecked: [UInt8](repeating: 3, count: 32))
    let scanned = SafetyCode(
      ownAccount: stranger, ownLogHead: Self.head(8), peerAccount: Self.ann, peerLogHead: Self.head(7))
    #expect(own.compare(scanned: scanned) == .differentAccounts)
  }

  @Test func `a code of another version or length is refused`() {
    let own = SafetyCode(
      ownAccount: Self.ann, ownLogHead: Self.head(7), peerAccount: Self.bob, peerLogHead: Self.head(8))
    #expect(throws: TLSError.unknownValue) { try SafetyCode(decoding: [2] + own.encoded.dropFirst()) }
    #expect(throws: TLSError.truncated) { try SafetyCode(decoding: Array(own.encoded.dropLast())) }
    #expect(throws: TLSError.trailingBytes) { try SafetyCode(decoding: own.encoded + [0]) }
  }
}
