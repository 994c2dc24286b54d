import Foundation
import Letterlock
import LetterlockRelayKit
import LetterlockTestKit

/// A vault and a relay's store that were written outside the package keep their contracts, and carry a device.
@main
struct OwnStorage {
  static func main() async throws {
    let places = FileManager.default.temporaryDirectory.appendingPathComponent(
      "own-storage-" + UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: places) }
    @Sendable func newFolder() throws -> URL {
      let folder = places.appendingPathComponent(UUID().uuidString)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      return folder
    }
    let vaults = KeyVaultConformance {
      let folder = try newFolder()
      return { OwnVault(folder: folder) }
    }
    var findings = vaults.run().map(\.description)
    findings += await RelayStoreConformance.findings { OwnRelayStore() }
    for finding in findings { print(finding) }
    guard findings.isEmpty else { exit(1) }

    let relay = try RelayService(store: OwnRelayStore(), key: CheckpointKey())
    let vault = OwnVault(folder: try newFolder())
    let store = MemoryDeviceStore()
    let phone = try await Device.createAccount(named: "Phone", vault: vault, store: store, relay: relay)
      .device
    try phone.append(.note("kept in our own store"), to: ConversationID())
    try await phone.sync()
    let again = try Device(vault: vault, store: store, relay: relay)
    print(try await again.sync().verdict, try again.timeline().messages.map(\.text))
  }
}
