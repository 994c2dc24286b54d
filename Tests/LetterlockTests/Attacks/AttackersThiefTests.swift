import CryptoCore
import Foundation
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A row of README.md's table of attackers: each test is one thing that the row says. AttackersTableTests compares them.
@Suite("README.md, against whom: someone who records today and has a quantum computer later")
struct AttackersQuantumTests {
  @Test func `can see what the relay sees`() async throws {
    let house = try await Household()
    let page = try await house.relay.history(
      of: house.phone.account, from: 0, maximumByteCount: .max, as: house.phone.caller)
    #expect(page.batches.flatMap(\.records).count == 3)
  }

  /// Such a computer finds what X25519 hides. What it gets then is the same for every ML-KEM ciphertext beside it.
  @Test func `cannot open anything: keys are wrapped with X-Wing (ML-KEM-768 and X25519)`() async throws {
    let house = try await Household()
    try await house.phone.beginEpoch()
    try await house.mac.sync()
    let (keys, log, epochSecrets) = house.mac.secrets
    let header = log.newestEpoch.header
    let wrap = try #require(
      try await house.relay.wrap(
        of: log.account, epoch: header.number, for: house.mac.id, as: house.mac.caller))
    let info = EpochWrap.info(
      header: header, account: log.account, recipient: keys.deviceID, sealingKey: keys.sealingKey)
    let secret = try #require(epochSecrets[header.number])
    #expect(wrap.count == 1088 + 32 + 48)
    #expect(keys.openWrap(wrap, info: info)?.isEqual(to: secret) == true)
    let other = try XWing.PublicKey(bytes: keys.sealingKey.bytes).encapsulate().encapsulated
    for (place, part) in [(0..<1088, other[..<1088]), (1088..<1120, other[1088...])] {
      #expect(keys.openWrap(wrap.replacing(place, by: part), info: info) == nil)
    }
    for member in log.members.values { #expect(member.bundle.sealingKey.bytes.count == 1184 + 32) }
    #expect(header.inboxKey.bytes.count == 1184 + 32)
  }
}

extension [UInt8] {
  fileprivate func replacing(_ range: Range<Int>, by part: ArraySlice<UInt8>) -> [UInt8] {
    var bytes = self
    bytes.replaceSubrange(range, with: part)
    return bytes
  }
}

/// A row of README.md's table of attackers: each test is one thing that the row says.
@Suite("README.md, against whom: a thief with a locked device")
struct AttackersThiefTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/letterlock-thief-" + UUID().uuidString
  private var path: String { folder + "/keys" }

  private func withFolder(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body()
  }

  @Test func `can try passphrases at 256 MiB and a third of a second each`() throws {
    try withFolder {
      _ = try Device.createAccount(named: "Phone", vault: .file(at: path, passphrase: "four words of mine"))
      let file = try KeyVaultFile(decoding: Array(try Data(contentsOf: URL(filePath: path))))
      guard case .passphrase(let parameters, _) = file.copy.protection else {
        Issue.record("not sealed")
        return
      }
      // How long three passes take is the machine's.
      #expect(parameters.memoryKiB == 256 * 1024 && parameters.passes == 3)
      #expect(throws: VaultError.wrongPassphrase) {
        try FileKeyVault(path: path, passphrase: "four words of yours").load()
      }
    }
  }

  @Test
  func
    `cannot read the key file (without a passphrase, only file permissions protect it, and the tool says so)`()
    throws
  {
    try withFolder {
      let vault = FileKeyVault(path: path, passphrase: "four words of mine", memoryKiB: 8, passes: 1)
      let phone = try Device.createAccount(named: "Phone", vault: vault).device
      let bytes = try Data(contentsOf: URL(filePath: path))
      let (keys, _, epochSecrets) = phone.secrets
      for secret in [keys.signingSeed, keys.sealingSeed] + epochSecrets.values {
        #expect(bytes.range(of: Data(secret.exportRawBytes())) == nil)
      }
      #expect(throws: VaultError.passphraseNeeded) { try FileKeyVault(path: path).load() }
      let open = folder + "/open"
      _ = try Device.createAccount(named: "Phone", vault: .file(at: open))
      for path in [path, open] {
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
      }
      // ReadmeToolTests shows that the tool says so.
    }
  }
}

/// The last row of README.md's table of attackers: what is not defended, as it is.
@Suite("README.md, against whom: nobody defends against")
struct AttackersUndefendedTests {
  @Test func `a compromised active device`() async throws {
    let house = try await Household()
    #expect(try Household.texts(of: house.mac) == ["first"])
    try await house.mac.remove(house.phone.id)
    #expect(house.mac.log.activeMember(house.phone.id) == nil)
  }

  @Test func `a recovery key given away`() async throws {
    let house = try await Household()
    let thief = try await house.restore(keeping: [])
    #expect(try Household.texts(of: thief) == ["first"])
    #expect(thief.log.activeMember(house.phone.id) == nil)
  }

  @Test func `traffic timing`() async throws {
    let house = try await Household()
    let before = Timestamp.now
    try house.phone.append(Household.text("now"), to: house.chat)
    try await house.phone.sync()
    let page = try await house.relay.history(
      of: house.phone.account, from: 0, maximumByteCount: .max, as: house.phone.caller)
    #expect(page.checkpoint.time >= before.millisecondsSince1970)
  }

  @Test
  func `a relay that hides the newest part of the log from a restore that has only the recovery key`()
    async throws
  {
    let house = try await Household()
    let old = await house.relay.honest.fork()
    try house.phone.append(Household.text("hidden"), to: house.chat)
    try await house.phone.sync()
    try await house.phone.beginEpoch()
    await house.relay.turn(to: old)
    let device = try await house.restore()
    #expect(try await device.sync().verdict.isComplete)
    #expect(try Household.texts(of: device) == ["first"])
  }
}
