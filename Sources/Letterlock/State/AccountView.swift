internal import Synchronization

/// What a device knows of its account, as it stands now. Readers never wait for a disk, and change nothing.
final class AccountView: Sendable {
  /// The device's own identifier.
  let device: DeviceID
  /// The account.
  let account: AccountID
  /// Seals and opens with the epoch secrets of the state.
  let archive: Archive
  private let state: Mutex<DeviceState>

  init(_ state: consuming sending DeviceState) {
    device = state.keys.deviceID
    account = state.log.account
    archive = Archive(account: state.log.account)
    state.keyring.settle(in: state.log)
    Self.refresh(archive, state)
    self.state = Mutex(state)
  }

  /// Lends the state to `body`, which must not keep others waiting.
  func read<Value: ~Copyable, Failure: Error>(
    _ body: (borrowing DeviceState) throws(Failure) -> sending Value
  ) throws(Failure) -> sending Value {
    try state.withLock { (state) throws(Failure) in try body(state) }
  }

  /// The account's log.
  var log: AccountLog { read { $0.log } }
  /// The device's keys.
  var keys: DeviceKeys { read { $0.keys } }
  /// Whether the device may still act.
  var isActive: Bool { read { $0.isActive } }

  /// Whether the device seals under the newest epoch.
  var isSealing: Bool { read { (try? $0.sealing.get()) != nil } }

  /// Puts another state in place of this one. Only `AccountState` does, one change after another.
  func publish(_ next: consuming sending DeviceState) {
    next.keyring.settle(in: next.log)
    let (epochs, sealing) = (next.readableEpochs, next.sealing)
    state.withLock { $0 = next.duplicate() }
    archive.update(epochs: epochs, sealing: sealing)
  }

  private static func refresh(_ archive: Archive, _ state: borrowing DeviceState) {
    archive.update(epochs: state.readableEpochs, sealing: state.sealing)
  }
}

extension DeviceState {
  /// The epochs whose secrets are here.
  var readableEpochs: [ReadableEpoch] {
    log.epochs.compactMap { epoch in
      keyring.epochSecrets[epoch.header.number].map {
        ReadableEpoch(account: log.account, hash: epoch.hash, epochSecret: $0)
      }
    }
  }

  /// The epoch to seal under, or why there is none.
  var sealing: Result<ReadableEpoch, ArchiveError> {
    guard isActive else { return .failure(.deviceRemoved) }
    guard erasure == nil else { return .failure(.accountErased) }
    guard !isForked else { return .failure(.forked) }
    guard !isRolledBack else { return .failure(.stateRolledBack) }
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
