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

  let vault: any KeyVault
  let store: (any DeviceStore)?
  let relay: MeteredRelay?
  let state: Mutex<DeviceState>
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
    _ state: consuming sending DeviceState, vault: any KeyVault, store: (any DeviceStore)?,
    relay: (any Relay)?
  ) {
    id = state.keys.deviceID
    account = state.log.account
    archive = Archive(account: state.log.account)
    self.vault = vault
    self.store = store
    let caller = RelayCaller.device(id)
    meter = relay.map { MeteredRelay($0, as: caller) }
    self.relay = meter
    self.state = Mutex(state)
    restoreErasure()
    refreshArchive()
  }

  /// Opens the device whose keys are in `vault`.
  /// - Throws: `DeviceError.vaultEmpty` if there is none, `.vault` if the keys cannot be read.
  public convenience init(
    vault: any KeyVault, store: (any DeviceStore)? = nil, relay: (any Relay)? = nil
  ) throws(DeviceError) {
    let contents: VaultContents?
    do throws(VaultError) { contents = try vault.load() } catch { throw .vault(error) }
    guard let contents else { throw .vaultEmpty }
    self.init(try DeviceState(contents), vault: vault, store: store, relay: relay)
  }

  /// The account's log as this device knows it.
  public var log: AccountLog { state.withLock { $0.log } }

  /// Gives the archive the epochs that the keyring reads now.
  func refreshArchive() {
    let (epochs, sealing) = state.withLock { state in
      (
        state.log.epochs.compactMap { epoch in
          state.keyring.epochSecrets[epoch.header.number].map {
            ReadableEpoch(account: account, hash: epoch.hash, epochSecret: $0)
          }
        },
        state.sealing
      )
    }
    archive.update(epochs: epochs, sealing: sealing)
  }

  /// Writes the state to the vault, durably.
  func save() throws(DeviceError) {
    let contents = state.withLock { $0.vaultContents }
    do throws(VaultError) { try vault.save(contents) } catch { throw .vault(error) }
  }
}

extension DeviceState {
  /// The epoch to seal under, or why there is none.
  var sealing: Result<ReadableEpoch, ArchiveError> {
    mutating get {
      guard isActive else { return .failure(.deviceRemoved) }
      guard erasure == nil else { return .failure(.accountErased) }
      guard !isForked else { return .failure(.forked) }
      guard !isUnconfirmed else { return .failure(.devicesUnconfirmed) }
      let newest = log.newestEpoch
      switch keyring.standing(in: log) {
      case .withheld: return .failure(.epochRefused(by: nil))
      case .faulty(let culprit): return .failure(.epochRefused(by: culprit))
      case .trusted: break
      }
      guard let epochSecret = keyring.epochSecrets[newest.header.number] else {
        return .failure(.epochRefused(by: nil))
      }
      return .success(ReadableEpoch(account: log.account, hash: newest.hash, epochSecret: epochSecret))
    }
  }
}
