internal import Synchronization

/// A vault that forgets everything when it goes: for tests, and for a device that is thrown away.
public final class MemoryKeyVault: KeyVault {
  private let contents = Mutex<VaultContents?>(nil)

  /// An empty vault.
  public init() {}

  /// What was saved last; nil in a new vault.
  public func load() throws(VaultError) -> VaultContents? { contents.withLock { $0 } }

  /// Replaces the contents.
  public func save(_ contents: VaultContents) throws(VaultError) {
    self.contents.withLock { $0 = contents }
  }
}

extension KeyVault where Self == MemoryKeyVault {
  /// A vault that forgets everything when it goes.
  public static var inMemory: MemoryKeyVault { MemoryKeyVault() }
}
