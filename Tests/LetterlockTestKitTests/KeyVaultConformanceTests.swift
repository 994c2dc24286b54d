import CryptoCore
import Foundation
import Letterlock
import LetterlockTestKit
import Synchronization
import Testing

@Suite("The conformance suite for a key vault")
struct KeyVaultConformanceTests {
  @Test func `the vault in memory keeps every rule`() {
    let suite = KeyVaultConformance {
      let vault = MemoryKeyVault()
      return { vault }
    }
    #expect(suite.run() == [])
  }

  @Test(arguments: [nil, "words"])
  func `the vault in a file keeps every rule`(passphrase: String?) throws {
    let folder = FileManager.default.temporaryDirectory.path + "/letterlock-vaults-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let suite = KeyVaultConformance {
      let path = folder + "/" + UUID().uuidString
      // A vault in use: each guess at its passphrase would cost a third of a second.
      let vault = FileKeyVault(path: path, passphrase: passphrase)
      return { passphrase == nil ? FileKeyVault(path: path) : vault }
    }
    #expect(suite.run() == [])
  }

  /// What a vault can do wrong.
  enum Fault: CaseIterable {
    case isNotEmpty, forgets, cuts, ignoresVersions, replacesNothing, countsTwice
  }

  /// A vault with one fault.
  final class FaultyVault: KeyVault {
    private let fault: Fault
    private let contents = Mutex<VaultContents?>(nil)

    init(_ fault: Fault) {
      self.fault = fault
      if fault == .isNotEmpty {
        contents.withLock { $0 = VaultContents(version: 0, secrets: SecretKey(random: 1), state: []) }
      }
    }

    func load() throws(VaultError) -> VaultContents? { contents.withLock { $0 } }

    func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
      let present = self.contents.withLock { $0 }
      let isRight =
        switch fault {
        case .ignoresVersions: (present == nil) == (version == nil)
        case .replacesNothing: version == nil || present?.version == version
        // As if it had compared before another save took place.
        case .countsTwice: present?.version == version || present?.version == version.map { $0 + 1 }
        case .isNotEmpty, .forgets, .cuts: present?.version == version
        }
      guard isRight else { throw .conflict }
      self.contents.withLock { stored in
        stored =
          switch fault {
          case .forgets: present ?? contents
          case .cuts:
            VaultContents(
              version: contents.version, secrets: contents.secrets, state: Array(contents.state.prefix(1_000))
            )
          default: contents
          }
      }
    }
  }

  @Test(arguments: Fault.allCases)
  func `a fault is found`(fault: Fault) {
    let suite = KeyVaultConformance {
      let vault = FaultyVault(fault)
      return { vault }
    }
    let rule: KeyVaultConformance.Rule =
      switch fault {
      case .isNotEmpty: .newVault
      case .forgets: .contents
      case .cuts: .lengths
      case .ignoresVersions: .otherVersion
      case .replacesNothing: .firstSave
      case .countsTwice: .concurrentSaves
      }
    #expect(!suite.run(rule).isEmpty)
  }
}
