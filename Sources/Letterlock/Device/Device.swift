internal import CryptoCore

/// One device of an account: its keys, its archive, and what it shares with a relay.
///
/// Sealing and opening (`archive`) are synchronous. What talks to the relay is asynchronous, and runs one
/// call at a time.
public final class Device: Sendable {
  /// The device's own identifier.
  public let id: DeviceID
  /// The account it belongs to.
  public let account: AccountID
  /// Seals and opens messages.
  public let archive: Archive

  /// What the device is made of.
  let parts: DeviceParts
  /// What the vault holds.
  var state: AccountState { parts.services.state }

  /// A device whose vault holds `saved`.
  init(
    _ state: consuming sending DeviceState, saved: VaultContents?, vault: any KeyVault,
    store: (any DeviceStore)?, relay: (any Relay)?
  ) {
    let caller = RelayCaller.device(state.keys)
    let notes = DeviceNotes(store, signingSeed: state.keys.signingSeed, account: state.log.account)
    state.adopt(notes, version: saved?.version)
    let owner = AccountState(state, saved: saved, vault: vault, noteVersion: notes.note(vaultVersion:))
    let view = owner.view
    (id, account, archive) = (view.device, view.account, view.archive)
    parts = DeviceParts(
      DeviceServices(
        owner, notes: notes, store: StoreConnection(store: store),
        relay: RelayConnection(relay: relay.map { MeteredRelay($0, as: caller) }, account: view.account)))
  }

  /// A device that is new to its vault, which holds it when the call returns.
  /// - Parameter version: What the vault holds until then; nil if it is empty.
  convenience init(
    _ state: consuming sending DeviceState, replacing version: UInt64?, vault: any KeyVault,
    store: (any DeviceStore)?, relay: (any Relay)?
  ) throws(DeviceError) {
    let contents = state.vaultContents(version: (version ?? 0) &+ 1)
    do throws(VaultError) { try vault.save(contents, replacing: version) } catch {
      throw error == .conflict ? .vaultNotEmpty : .vault(error)
    }
    // The store may know these keys from an earlier try, with another vault: a recovery device's is in memory.
    DeviceNotes(store, signingSeed: state.keys.signingSeed, account: state.log.account)
      .note(newVaultVersion: contents.version)
    self.init(state, saved: contents, vault: vault, store: store, relay: relay)
  }

  /// Opens the device whose keys are in `vault`.
  ///
  /// A vault of which one copy was damaged is whole again afterwards; `repairedVault` says so. `ReadOnlyDevice` opens
  /// the same device and writes nothing.
  /// - Throws: `DeviceError.vaultEmpty` if there is none, `.joinUnfinished` or `.restoreUnfinished` if it is not part of
  ///   its account yet, `.vault` if the keys cannot be read.
  public convenience init(
    vault: any KeyVault, store: (any DeviceStore)? = nil, relay: (any Relay)? = nil
  ) throws(DeviceError) {
    var contents = try vault.contents()
    let state = try DeviceState(contents)
    let notes = DeviceNotes(store, signingSeed: state.keys.signingSeed, account: state.log.account)
    // Another process may have saved since the vault was read.
    if notes.vaultVersion() ?? 0 > contents.version { contents = try vault.contents() }
    self.init(try DeviceState(contents), saved: contents, vault: vault, store: store, relay: relay)
    try self.state.repairVault()
  }

  /// Whether the vault had one damaged copy when this device was opened, which was repaired from the other.
  public var repairedVault: Bool { state.repairedVault }

  /// The clock that schedules go by.
  package var clock: DeviceClock { parts.services.clock }
}

extension DeviceState {
  /// Takes what the store knows and the vault does not: what the relay showed last, and which version of the vault was
  /// the latest.
  mutating func adopt(_ notes: DeviceNotes, version: UInt64?) {
    if let known = notes.erasure(in: log) { erasure = known }
    otherLog = notes.otherLog()
    isOlderThanStore = notes.vaultVersion() ?? 0 > version ?? 0
  }
}
