import CryptoCore
import Foundation
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 8.4: the key file")
struct FileKeyVaultTests {
  @Test func `keys that nothing seals are refused where a passphrase was given`() throws {
    let path = FileManager.default.temporaryDirectory.path + "/letterlock-vault-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: path) }
    let contents = VaultContents(version: 1, secrets: SecretKey(random: 64), state: [1, 2, 3])
    try FileKeyVault(path: path).save(contents, replacing: nil)
    #expect(try FileKeyVault(path: path).load()?.state == [1, 2, 3])
    // Someone who can write the file may have put keys of their own there.
    #expect(throws: VaultError.notSealed) { try FileKeyVault(path: path, passphrase: "words").load() }
  }
}
