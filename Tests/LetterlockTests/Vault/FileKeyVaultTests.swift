import CryptoCore
import Foundation
import SystemCore
import Testing

@testable import Letterlock
@testable import LetterlockFormat

@Suite("SPEC.md section 8.4: the key file")
struct FileKeyVaultTests {
  private let folder = FileManager.default.temporaryDirectory.path + "/letterlock-vault-" + UUID().uuidString
  private var path: String { folder + "/keys" }
  private let contents = VaultContents(version: 1, secrets: SecretKey(random: 64), state: [1, 2, 3])

  private func withFolder(_ body: () throws -> Void) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body()
  }

  /// A vault whose guesses cost little: a test makes many.
  private func vault(_ passphrase: String?) -> FileKeyVault {
    FileKeyVault(path: path, passphrase: passphrase, memoryKiB: 8, passes: 1)
  }

  private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }
  private func put(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: path)) }

  @Test func `keys that nothing seals are refused where a passphrase was given`() throws {
    try withFolder {
      try vault(nil).save(contents, replacing: nil)
      #expect(try vault(nil).load()?.state == [1, 2, 3])
      // Someone who can write the file may have put keys of their own there.
      #expect(throws: VaultError.notSealed) { try vault("words").load() }
    }
  }

  @Test func `a save replaces the version that it names, and no other`() throws {
    try withFolder {
      let vault = vault(nil)
      try vault.save(contents, replacing: nil)
      let later = VaultContents(version: 2, secrets: contents.secrets, state: [4])
      for version in [nil, 0, 2, .max] as [UInt64?] {
        #expect(throws: VaultError.conflict) { try vault.save(later, replacing: version) }
      }
      #expect(try vault.load()?.state == [1, 2, 3])
      try vault.save(later, replacing: 1)
      #expect(try vault.load()?.state == [4] && vault.load()?.version == 2)
      #expect(throws: VaultError.conflict) { try vault.save(later, replacing: 1) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["keys"])
    }
  }

  @Test func `of many saves at once that replace one version, one counts`() throws {
    try withFolder {
      try vault(nil).save(contents, replacing: nil)
      for round in 1...20 as ClosedRange<UInt64> {
        let taken = concurrentMap(8, chunkCount: 1) {
        } _: { _, number in
          let next = VaultContents(version: round + 1, secrets: contents.secrets, state: [UInt8(number)])
          return (try? vault(nil).save(next, replacing: round)) != nil
        }
        #expect(taken.count { $0 } == 1)
        let loaded = try #require(try vault(nil).load())
        #expect(loaded.version == round + 1 && !loaded.isDamaged)
        #expect(loaded.state == [UInt8(taken.firstIndex(of: true) ?? 9)])
      }
    }
  }

  @Test(arguments: [nil, "correct horse"])
  func `a flipped bit in one copy is read from the other, and said`(_ passphrase: String?) throws {
    try withFolder {
      let vault = vault(passphrase)
      try vault.save(contents, replacing: nil)
      let whole = try bytes()
      #expect(try vault.load()?.isDamaged == false)
      for (index, damaged) in Flips(bytes: whole, sample: 1) {
        try put(damaged)
        let loaded = try #require(try vault.load(), "byte \(index)")
        #expect(loaded.isDamaged && loaded.version == 1 && loaded.state == contents.state, "byte \(index)")
        #expect(loaded.secrets.isEqual(to: contents.secrets), "byte \(index)")
        #expect(try bytes() == damaged, "reading changes nothing")
      }
    }
  }

  @Test(arguments: [nil, "correct horse"])
  func `a flipped bit in each copy is a named error, and nothing is overwritten`(_ passphrase: String?) throws
  {
    try withFolder {
      let vault = vault(passphrase)
      try vault.save(contents, replacing: nil)
      let whole = try bytes()
      let half = whole.count / 2
      var random = SeededGenerator(seed: 84)
      for index in 0..<half {
        var damaged = whole
        damaged[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        damaged[half + Int.random(in: 0..<half, using: &random)] ^=
          1 << UInt8.random(in: 0..<8, using: &random)
        try put(damaged)
        #expect(throws: VaultError.corrupted, "byte \(index)") { try vault.load() }
        #expect(throws: VaultError.corrupted, "byte \(index)") { try vault.save(contents, replacing: 1) }
        #expect(throws: VaultError.corrupted, "byte \(index)") { try vault.save(contents, replacing: nil) }
        #expect(try bytes() == damaged)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["keys"])
    }
  }

  @Test func `a cut file is read as long as one copy is whole`() throws {
    try withFolder {
      let vault = vault(nil)
      try vault.save(contents, replacing: nil)
      let whole = try bytes()
      for count in 0..<whole.count {
        try put(Array(whole[..<count]))
        if count < whole.count / 2 {
          #expect(throws: VaultError.corrupted, "\(count)") { try vault.load() }
        } else {
          #expect(try vault.load()?.isDamaged == true, "\(count)")
        }
      }
    }
  }

  @Test func `a key file by link is replaced where it lies, and a link to a disk that is away is said`()
    throws
  {
    try withFolder {
      let disk = folder + "/disk"
      try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
      _ = try Device.createAccount(named: "Phone", vault: vault(nil))
      try FileManager.default.moveItem(atPath: path, toPath: disk + "/keys")
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: disk + "/keys")
      try Device(vault: vault(nil)).confirmRecoveryKey()
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == disk + "/keys")
      #expect(try !Device(vault: FileKeyVault(path: disk + "/keys")).hasRecoveryKeyToShow)
      #expect(try FileManager.default.contentsOfDirectory(atPath: disk) == ["keys"])
      try FileManager.default.moveItem(atPath: disk, toPath: folder + "/away")
      let said = VaultError.unavailable(
        "\(path) is a link to a file that is not there: is its disk in place?")
      #expect(throws: said) { try vault(nil).load() }
      #expect(throws: said) { try FileKeyVault.isSealed(at: path) }
      #expect(throws: said) { try vault(nil).save(contents, replacing: nil) }
      #expect(throws: DeviceError.vault(said)) { _ = try Device.createAccount(named: "X", vault: vault(nil)) }
    }
  }

  @Test func `a device makes a damaged key file whole, and says so`() throws {
    try withFolder {
      let device = try Device.createAccount(named: "Phone", vault: vault(nil)).device
      #expect(!device.repairedVault)
      var damaged = try bytes()
      damaged[80] ^= 4
      try put(damaged)
      let again = try Device(vault: vault(nil))
      #expect(again.repairedVault && again.log.head == device.log.head)
      let half = try bytes().count / 2
      #expect(try bytes()[..<half] == bytes()[half...])
      #expect(try !Device(vault: vault(nil)).repairedVault)
    }
  }

  @Test func `a secret that is not the one that the log commits to is refused`() throws {
    let vault = MemoryKeyVault()
    _ = try Device.createAccount(named: "Phone", vault: vault)
    let saved = try #require(try vault.load())
    // Signing seed, sealing seed, epoch secret, recovery key: the vault has no digest that would notice.
    for byte in [0, 64, 96] {
      var secrets = saved.secrets.exportRawBytes()
      secrets[byte] ^= 1
      let altered = MemoryKeyVault()
      try altered.save(
        VaultContents(version: 1, secrets: SecretKey(copying: secrets), state: saved.state), replacing: nil)
      #expect(throws: DeviceError.vault(.corrupted), "byte \(byte)") { try Device(vault: altered) }
    }
  }
}
