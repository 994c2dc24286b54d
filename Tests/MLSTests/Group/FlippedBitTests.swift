import Foundation
import TLSCodec
import Testing

@testable import MLS

@Suite("Hostile: every flipped bit of a handshake message")
struct HostileHandshakeTests {
  /// All bits in an optimised build that asks for it, every 397th otherwise.
  private static let stride = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] == nil ? 397 : 1

  private func flip(_ message: MLSMessage, _ body: ([UInt8]) throws -> Void) rethrows -> Int {
    let bytes = message.encoded
    var count = 0
    for bit in Swift.stride(from: 0, to: bytes.count * 8, by: Self.stride) {
      var altered = bytes
      altered[bit / 8] ^= 1 << (bit % 8)
      try body(altered)
      count += 1
    }
    return count
  }

  @Test(arguments: [true, false])
  func `an altered commit or proposal is refused, and nothing changes`(encrypted: Bool) throws {
    let parties = try Parties.make(4, settings: GroupSettings(encryptsHandshakes: encrypted))
    let proposal = try parties[1].group.proposeUpdate()
    try parties[0].hear(proposal)
    let commit = try parties[0].group.commit([.adding(try Parties.client("newcomer").keyPackage())]).commit
    for message in [proposal, commit] {
      let before = parties[2].group.changes()
      let count = flip(message) { altered in
        #expect(throws: GroupError.self) { _ = try parties[2].group.process(altered) }
      }
      #expect(count >= 5)
      #expect(parties[2].group.changes() == before)
      if message == proposal { try parties[2].hear(proposal) }
    }
    try parties[2].follow(commit)
  }

  @Test func `an altered Welcome is refused, and the key package's keys stay`() throws {
    let keys = InMemoryKeyStore()
    let client = try Client(
      credential: .basic([1]), suite: Parties.suite, authentication: UnauthenticatedCredentials(), keys: keys)
    let party = try Parties.make(1)[0]
    let welcome = try #require(try party.group.commit([.adding(try client.keyPackage())]).welcome)
    let count = flip(welcome) { altered in
      guard let message = try? MLSMessage(decoding: altered) else { return }
      #expect(throws: GroupError.self) { _ = try Group.join(message, as: client) }
      #expect(keys.keyPackageCount == 1)
    }
    #expect(count >= 5)
    _ = try Group.join(welcome, as: client)
  }
}
