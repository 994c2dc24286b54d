import Letterlock

/// A vault whose process can end at each save.
final class SimulatedVault: KeyVault {
  private let vault: MemoryKeyVault
  private let crash: CrashPoint

  init(_ vault: MemoryKeyVault, _ crash: CrashPoint) { (self.vault, self.crash) = (vault, crash) }

  private static let dead = VaultError.unavailable("The simulated process has ended.")

  func load() throws(VaultError) -> VaultContents? {
    try crash.reading(or: Self.dead) { () throws(VaultError) in try vault.load() }
  }

  func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
    try crash.step("vault.save", or: Self.dead) { () throws(VaultError) in
      try vault.save(contents, replacing: version)
    }
  }
}

extension MemoryKeyVault {
  /// A vault that holds the same, and goes its own way from here on.
  func copy() throws -> MemoryKeyVault {
    let vault = MemoryKeyVault()
    if let contents = try load() { try vault.save(contents, replacing: nil) }
    return vault
  }
}
