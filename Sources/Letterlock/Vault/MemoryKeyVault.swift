internal import Synchronization

/// A vault that forgets everything when it goes: for tests and examples.
public final class MemoryKeyVault: KeyVault {
  private let contents = Mutex<VaultContents?>(nil)

  /// An empty vault.
  public init() {}

  /// Returns what was saved last; nil if the vault is empty.
  public func load() throws(VaultError) -> VaultContents? { contents.withLock { $0 } }

  /// Saves contents in place of one version.
  /// - Throws: `VaultError.conflict` if the vault holds another version.
  public func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
    try self.contents.withLock { (stored) throws(VaultError) in
      guard stored?.version == version else { throw .conflict }
      stored = contents
    }
  }
}

extension KeyVault where Self == MemoryKeyVault {
  /// A vault that forgets everything when it goes.
  public static var inMemory: MemoryKeyVault { MemoryKeyVault() }
}
