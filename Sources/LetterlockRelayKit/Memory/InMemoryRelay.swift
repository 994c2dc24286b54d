public import LetterlockFormat

/// A relay that forgets everything when it goes: for tests and examples.
public typealias InMemoryRelay = RelayService<MemoryRelayStore>

extension RelayService where Store == MemoryRelayStore {
  /// A relay in which each account may keep `quota` bytes.
  public convenience init(
    quota: UInt64 = .max, policy: RelayPolicy = .standard,
    clock: @escaping @Sendable () -> Timestamp = { .now }
  ) throws(RelayError) {
    self.init(
      store: MemoryRelayStore(), key: try CheckpointKey(), quota: quota, policy: policy, clock: clock)
  }

  /// A relay with the same key and the same accounts, which goes its own way from here on: for tests of what
  /// a lying relay can do.
  package func fork() async -> InMemoryRelay {
    InMemoryRelay(
      store: await store.fork(), key: key, quota: quota, policy: policy, clock: clock,
      accounts: accounts.fork())
  }
}
