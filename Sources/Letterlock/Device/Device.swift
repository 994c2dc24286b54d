internal import CryptoCore
internal import Synchronization
internal import TLSCodec

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

  let store: (any DeviceStore)?
  let relay: MeteredRelay?
  let state: AccountState
  let notes: DeviceNotes
  /// Calls that talk to the relay hold this lock, one after the other.
  let lock = AsyncLock()
  /// The clock that schedules go by.
  package let clock = DeviceClock()
  /// Counts what goes through `relay`, which it is.
  let meter: MeteredRelay?
  /// What the device remembers of its own doings; nil until it was read.
  let journal = Mutex<DeviceJournal?>(nil)
  /// The journal as the store has it.
  let savedJournal = Mutex<[UInt8]?>(nil)
  /// Where the app says what holds around the device.
  let surroundings = Mutex<(any SyncSurroundings)?>(nil)
  /// Attachments that were sealed and whose messages are not kept yet.
  let attaching = Mutex<Set<BlobID>>([])

  init(
    _ state: consuming sending DeviceState, saved: VaultContents?, vault: any KeyVault,
    store: (any DeviceStore)?, relay: (any Relay)?
  ) {
    let notes = DeviceNotes(store, signingSeed: state.keys.signingSeed, account: state.log.account)
    if let erasure = notes.erasure(in: state.log) { state.erasure = erasure }
    state.isOlderThanStore = notes.vaultVersion() ?? 0 > saved?.version ?? 0
    self.state = AccountState(state, saved: saved, vault: vault, noteVersion: notes.note(vaultVersion:))
    self.notes = notes
    id = self.state.view.device
    account = self.state.view.account
    archive = self.state.view.archive
    self.store = store
    let caller = RelayCaller.device(id)
    meter = relay.map { MeteredRelay($0, as: caller) }
    self.relay = meter
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
    self.init(state, saved: contents, vault: vault, store: store, relay: relay)
    notes.note(vaultVersion: contents.version)
  }

  /// Opens the device whose keys are in `vault`.
  ///
  /// A vault of which one copy was damaged is whole again afterwards; `repairedVault` says so.
  /// - Throws: `DeviceError.vaultEmpty` if there is none, `.vault` if the keys cannot be read.
  public convenience init(
    vault: any KeyVault, store: (any DeviceStore)? = nil, relay: (any Relay)? = nil
  ) throws(DeviceError) {
    let contents: VaultContents?
    do throws(VaultError) { contents = try vault.load() } catch { throw .vault(error) }
    guard let contents else { throw .vaultEmpty }
    self.init(try DeviceState(contents), saved: contents, vault: vault, store: store, relay: relay)
    try state.repairVault()
  }

  /// Whether the vault had one damaged copy when this device was opened, which was repaired from the other.
  public var repairedVault: Bool { state.repairedVault }

  /// The account's log as this device knows it.
  public var log: AccountLog { state.view.log }
}
