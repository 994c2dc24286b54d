internal import CryptoCore
internal import Synchronization

/// Owns what a device's vault holds. `mutate` is the one way to change it: it applies a change to a copy, saves the
/// copy, and then publishes it, one change after another.
final class AccountState: Sendable {
  /// What readers see.
  let view: AccountView
  private let vault: any KeyVault
  /// What the vault holds; nil before the first save. Locked for as long as a change takes.
  private let saved: Mutex<VaultContents?>
  /// Is told of each version that was saved: the vault is durable first, then the store notes it.
  private let noteVersion: @Sendable (UInt64) -> Void

  /// Whether one copy of the vault was damaged when it was opened.
  let repairedVault: Bool

  /// How often a change is made again because another process saved first.
  private static let attempts = 16

  /// The state of a device, which the vault holds as `saved`; nil if the vault is empty.
  init(
    _ state: consuming sending DeviceState, saved: VaultContents?, vault: any KeyVault,
    noteVersion: @escaping @Sendable (UInt64) -> Void = { _ in }
  ) {
    // An old copy that was put back is not repaired: nothing is saved over it.
    repairedVault = saved?.isDamaged == true && !state.isOlderThanStore
    view = AccountView(state)
    self.vault = vault
    self.saved = Mutex(saved)
    self.noteVersion = noteVersion
  }

  /// Changes the state. The change is durable when the call returns; if the call throws, nothing has changed.
  ///
  /// - Parameter change: A function of the state alone. It runs again on a newer state if another process saved
  ///   meanwhile, so it calls no relay and no store, and not `mutate`.
  /// - Throws: What `change` throws; `DeviceError.vault` if the vault cannot save; `.stateRolledBack` if an old copy of
  ///   the vault was put back.
  func mutate<Answer>(
    _ change: (inout DeviceState) throws(DeviceError) -> Answer
  ) throws(DeviceError) -> Answer {
    try saved.withLock { (saved) throws(DeviceError) in
      // An old copy that was put back must not grow until nobody can tell.
      guard !view.read({ $0.isOlderThanStore }) else { throw .stateRolledBack }
      for _ in 0..<Self.attempts {
        var next = view.read { $0.duplicate() }
        let answer = try change(&next)
        guard try save(next, over: &saved) else { continue }
        view.publish(next)
        return answer
      }
      throw .vault(.conflict)
    }
  }

  /// Lends the state to `body`.
  func read<Value: ~Copyable, Failure: Error>(
    _ body: (borrowing DeviceState) throws(Failure) -> sending Value
  ) throws(Failure) -> sending Value { try view.read(body) }

  /// Makes both copies of a damaged vault whole again.
  func repairVault() throws(DeviceError) {
    try saved.withLock { (saved) throws(DeviceError) in
      guard let damaged = saved, damaged.isDamaged, !view.read({ $0.isOlderThanStore }) else { return }
      let whole = VaultContents(
        version: try Self.following(damaged.version), secrets: damaged.secrets, state: damaged.state)
      do throws(VaultError) { try vault.save(whole, replacing: damaged.version) } catch {
        guard error == .conflict else { throw .vault(error) }
        // Another process saved, and so made it whole.
        saved = try reload()
        return
      }
      saved = whole
      noteVersion(whole.version)
    }
  }

  /// Saves a state unless the vault holds the same. Returns false if another process saved first: its state is published
  /// then.
  private func save(
    _ next: borrowing DeviceState, over saved: inout VaultContents?
  ) throws(DeviceError) -> Bool {
    let contents = next.vaultContents(version: try Self.following(saved?.version))
    if let saved, saved.isSame(as: contents) { return true }
    do throws(VaultError) { try vault.save(contents, replacing: saved?.version) } catch {
      guard error == .conflict else { throw .vault(error) }
      saved = try reload()
      return false
    }
    saved = contents
    noteVersion(contents.version)
    return true
  }

  private static func following(_ version: UInt64?) throws(DeviceError) -> UInt64 {
    let (next, isOverflow) = (version ?? 0).addingReportingOverflow(1)
    guard !isOverflow else { throw .vault(.corrupted) }
    return next
  }

  /// Takes what another process saved.
  private func reload() throws(DeviceError) -> VaultContents {
    guard let contents = try vault.contentsIfAny() else { throw .vault(.conflict) }
    var loaded = try DeviceState(contents)
    guard loaded.keys.deviceID == view.device, loaded.log.account == view.account else {
      throw .vault(.conflict)
    }
    // What the vault does not hold.
    (loaded.erasure, loaded.otherLog, loaded.isOlderThanStore) = view.read {
      ($0.erasure, $0.otherLog, $0.isOlderThanStore)
    }
    view.publish(loaded)
    return contents
  }
}

extension VaultContents {
  /// Whether a vault that holds this one need not save the other.
  fileprivate func isSame(as other: VaultContents) -> Bool {
    state == other.state && secrets.isEqual(to: other.secrets)
  }
}
