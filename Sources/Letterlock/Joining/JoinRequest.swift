internal import CryptoCore
internal import Synchronization
internal import TLSCodec

/// A device that has shown its code and waits for an old one to approve it.
public final class JoinRequest: Sendable {
  /// What the old device scans, or a person types there.
  public let code: JoinCode
  /// What the vault held when this was made; nil if the device was approved before and is in the vault.
  private let joining: JoiningVault?
  private let vault: any KeyVault
  private let store: any DeviceStore
  private let relay: any Relay
  /// The device, once the vault holds it.
  private let joined = Mutex<Device?>(nil)
  private let lock = AsyncLock()

  /// A request that waits.
  init(_ joining: JoiningVault, vault: any KeyVault, store: any DeviceStore, relay: any Relay) {
    (code, self.joining) = (joining.code, joining)
    (self.vault, self.store, self.relay) = (vault, store, relay)
  }

  /// A request that was approved: the vault holds the device, which has not finished joining.
  init(_ code: JoinCode, vault: any KeyVault, store: any DeviceStore, relay: any Relay) {
    (self.code, joining) = (code, nil)
    (self.vault, self.store, self.relay) = (vault, store, relay)
  }

  /// The device, once an old one has approved it: it believes only who saw the code.
  ///
  /// Call it again if it throws or is cancelled: it goes on where it was. The device that it returned once, it returns
  /// again.
  /// - Throws: `DeviceError.notApprovedYet` until then; `.approvalForged` if answers are there and none
  ///   comes from whoever saw the code; `.otherAccount` if the vault held a device of another account: nothing of it is
  ///   touched, and a device of that account can still approve; `.removed` if it was removed since it was approved:
  ///   `Device.requestToJoin` or `Device.openRecovery` with the same vault goes on with what waits there, if any;
  ///   `.vaultNotEmpty` or `.vaultEmpty` if the request was taken back (`Device.cancelJoining`).
  public func approved() async throws(DeviceError) -> Device {
    try await lock.locked { () async throws(DeviceError) in
      let device = try await device()
      try await device.finishJoining()
      return device
    }
  }

  /// Leaves the request at the relay, unless it is there: a call that made it and was cut may have kept it here alone.
  /// Changes nothing once it was approved. `approved()` does it too, as long as nobody has answered.
  /// - Throws: `DeviceError.relay`.
  package func post() async throws(DeviceError) {
    guard let joining, joined.withLock({ $0 == nil }) else { return }
    try await Device.offer(code, bundle: joining.bundle, keys: joining.keys, relay: relay)
  }

  /// The device, which the vault holds from now on.
  private func device() async throws(DeviceError) -> Device {
    if let device = joined.withLock({ $0 }) { return device }
    let device =
      if let joining { try await admitted(joining) } else {
        try Device(vault: vault, store: store, relay: relay)
      }
    joined.withLock { $0 = device }
    return device
  }

  private func admitted(_ joining: JoiningVault) async throws(DeviceError) -> Device {
    let answer = try await answer(to: joining)
    let (log, entries) = try await accountLog(joining, answer)
    // Whatever refuses the approval comes before the vault says that there is no way back.
    let handover = try handover(joining, log)
    let parting = try await handover?.parting(from: log, at: relay, as: .device(joining.keys))
    let checkpoint = try verified(answer.checkpoint, of: log, leavingHistory: parting != nil)
    do throws(DeviceError) {
      let joining = try joining.handingOver(in: vault)
      try handover?.move(leavingHistoryAfter: parting)
      if let checkpoint { try keep(checkpoint) }
      let state = state(joining, log, entries)
      return try Device(state, replacing: joining.version, vault: vault, store: store, relay: relay)
    } catch {
      // A call that was cut, or another process, may have saved it before.
      guard error == .vaultNotEmpty else { throw error }
      let device = try Device(vault: vault, store: store, relay: relay)
      guard device.id == joining.keys.deviceID else { throw error }
      return device
    }
  }

  /// The first answer from whoever saw the code.
  private func answer(to joining: JoiningVault) async throws(DeviceError) -> JoinAnswer {
    let secrets = JoinSecrets(code)
    let mailbox = try asDeviceError(secrets.answerMailbox())
    let answers = try await asking { () async throws(RelayError) in
      try await relay.messages(in: mailbox, as: .anyone)
    }
    guard !answers.isEmpty else {
      try await post()
      throw .notApprovedYet
    }
    let expected = try joining.former?.view(store).account
    var isOtherAccount = false
    for bytes in answers {
      guard let answer = try? JoinAnswer(decoding: bytes),
        try asDeviceError(answer.isAuthentic(to: joining.bundle, secrets))
      else { continue }
      guard expected ?? answer.account == answer.account else {
        isOtherAccount = true
        continue
      }
      return answer
    }
    if isOtherAccount, let expected { throw .otherAccount(expected) }
    throw .approvalForged
  }

  /// The log that an answer is about, which has the device.
  private func accountLog(
    _ joining: JoiningVault, _ answer: JoinAnswer
  ) async throws(DeviceError) -> (log: AccountLog, entries: [LogEntry]) {
    let (device, caller) = (joining.keys.deviceID, RelayCaller.device(joining.keys))
    let entries = try await asking { () async throws(RelayError) in
      try await relay.logEntries(of: answer.account, from: 0, as: caller)
    }
    let log = try AccountLog.replay(entries, of: answer.account)
    guard log.index(of: answer.logHead) != nil, log.members[device] != nil else {
      throw .historyRefused(.rolledBack(from: UInt64(entries.count) + 1, to: UInt64(entries.count)))
    }
    // The log itself shows it: the relay is not to blame.
    guard log.activeMember(device) != nil else { throw .removed }
    return (log, entries)
  }

  /// What the device knows when it begins. Its name and its code are in the vault until it has finished joining.
  private func state(_ joining: JoiningVault, _ log: AccountLog, _ entries: [LogEntry]) -> DeviceState {
    var state = DeviceState(keys: joining.keys, log: log, entries: entries)
    (state.unannouncedName, state.joinCode) = (joining.name, code.bytes)
    state.handover = joining.former?.handover
    return state
  }

  /// What takes along what a former device left; nil if there is none.
  private func handover(_ joining: JoiningVault, _ log: AccountLog) throws(DeviceError) -> OutboxHandover? {
    guard let former = joining.former else { return nil }
    return try OutboxHandover(former, to: joining.keys, of: log.account, store)
  }

  /// What the approving device has verified, checked; nil if that is nothing. Changes nothing.
  /// - Parameter leavingHistory: Whether the history that is in the store now is not the account's.
  private func verified(
    _ checkpoint: Checkpoint?, of log: AccountLog, leavingHistory: Bool
  ) throws(DeviceError) -> Checkpoint? {
    guard let checkpoint, checkpoint.treeSize > 0 else { return nil }
    guard checkpoint.account == log.account, checkpoint.isSigned(by: log.checkpointKey),
      log.index(of: checkpoint.logHead) != nil
    else { throw .approvalForged }
    let connection = StoreConnection(store: store)
    let size = try leavingHistory ? 0 : SyncProgress(connection).current().history.tree.size
    if size >= checkpoint.treeSize {
      // A history that is taken over is judged by its root: nothing that comes could be.
      guard try connection.historyRoot(at: checkpoint.treeSize) == checkpoint.treeRoot else {
        throw .historyRefused(.forked(evidence: nil))
      }
    }
    return checkpoint
  }

  /// Keeps what the approving device has verified: the relay must show a history that begins with it.
  private func keep(_ checkpoint: Checkpoint) throws(DeviceError) {
    try SyncProgress(StoreConnection(store: store)).update { progress in
      guard progress.history.tree.size < checkpoint.treeSize, progress.promised == nil else { return false }
      progress.promised = checkpoint
      return true
    }
  }
}

extension Device {
  /// Takes the account's secrets and tells the others this device's name, unless both was done.
  fileprivate func finishJoining() async throws(DeviceError) {
    guard state.read({ $0.joinCode != nil }) else { return }
    try await parts.services.lock.locked { () async throws(DeviceError) in
      try await parts.account.log.pullWraps()
      try parts.writing.profile.announceName()
    }
  }
}
