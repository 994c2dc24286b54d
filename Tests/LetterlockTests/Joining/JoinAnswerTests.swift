import CryptoCore
import TLSCodec
import Testing

@testable import LetterlockFormat

@Suite("SPEC.md section 3.6: the answer to a device that joins")
struct JoinAnswerTests {
  private let bundle: DeviceKeyBundle
  private let secrets: JoinSecrets
  private let answer: JoinAnswer

  init() throws {
    bundle = try DeviceKeyBundle(of: try DeviceKeys(), createdAt: 0)
    secrets = JoinSecrets(
      JoinCode(bundleHash: Array(bundle.hash[..<16]), secret: SecretKey(random: 16)))
    let account = AccountID(unchecked: SecureRandom.bytes(32))
    let head = LogHead(unchecked: SecureRandom.bytes(32))
    let checkpoint = try Checkpoint(
      account: account, treeSize: 3, treeRoot: .zero, logHead: head, at: 5, by: CheckpointKey())
    answer = try JoinAnswer(
      account: account, logHead: head, checkpoint: checkpoint, to: bundle, secrets)
  }

  @Test func `no bit of it can be changed`() throws {
    #expect(try answer.isAuthentic(to: bundle, secrets))
    let bytes = answer.encoded
    for index in bytes.indices {
      for bit in 0..<8 {
        var altered = bytes
        altered[index] ^= 1 << bit
        guard let other = try? JoinAnswer(decoding: altered) else { continue }
        #expect(try !other.isAuthentic(to: bundle, secrets), "bit \(bit) of byte \(index)")
      }
    }
  }

  @Test func `it is for one device and one code`() throws {
    let other = try DeviceKeyBundle(of: try DeviceKeys(), createdAt: 0)
    #expect(try !answer.isAuthentic(to: other, secrets))
    let guess = JoinSecrets(
      JoinCode(bundleHash: Array(bundle.hash[..<16]), secret: SecretKey(random: 16)))
    #expect(try !answer.isAuthentic(to: bundle, guess))
  }
}
