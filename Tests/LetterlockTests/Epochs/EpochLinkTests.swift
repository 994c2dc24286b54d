import CryptoCore
import Testing

@testable import LetterlockFormat

@Suite("SPEC.md section 4.3: links")
struct EpochLinkTests {
  /// A member began many epochs that lead to the first alone.
  @Test func `more unreached epochs than one header can link to are reached by the next ones`() throws {
    var scene = try LogScene()
    var keyring = EpochKeyring(account: scene.log.account)
    keyring.restore(scene.firstSecret, epoch: 0)
    func begin(_ links: [UInt64]) throws {
      let secret = SecretKey(random: 32)
      let linked = links.compactMap { epoch in keyring.epochSecrets[epoch].map { (epoch, $0) } }
      try scene.begin(secret, linking: linked)
      keyring.restore(secret, epoch: scene.log.newestEpoch.header.number)
    }
    for _ in 0..<300 { try begin([0]) }
    keyring.settle(in: scene.log)
    let (before, unreached) = (keyring.standing(in: scene.log), keyring.secretsToLink())
    #expect(before == .faulty(by: nil))
    #expect(unreached.count == 300)

    try begin(unreached)
    keyring.settle(in: scene.log)
    // Rule 4 of section 4.4: it seals under a full header, and keeps what is not reached.
    let (full, left) = (keyring.standing(in: scene.log), keyring.secretsToLink())
    #expect(scene.log.newestEpoch.header.links.map(\.epoch) == Array(45...300))
    #expect(full == .trusted)
    #expect(left == Array(1...44) + [301])

    try begin(left)
    keyring.settle(in: scene.log)
    let (after, last) = (keyring.standing(in: scene.log), keyring.secretsToLink())
    #expect(after == .trusted)
    #expect(last == [302])
  }
}
