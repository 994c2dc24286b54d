@testable import Letterlock

/// A vault whose process ends before it holds a device.
struct EndingVault: KeyVault {
  let vault: MemoryKeyVault

  func load() throws(VaultError) -> VaultContents? { try vault.load() }

  func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
    guard contents.stage != .device else { throw .unavailable("power failure") }
    try vault.save(contents, replacing: version)
  }
}
