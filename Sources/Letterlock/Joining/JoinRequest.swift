internal import CryptoCore
internal import TLSCodec

/// A device that has shown its code and waits for an old one to approve it.
public final class JoinRequest: Sendable {
  /// What the old device scans, or a person types there.
  public let code: JoinCode
  private let name: String
  private let keys: DeviceKeys
  private let vaultVersion: UInt64
  private let bundle: DeviceKeyBundle
  private let vault: any KeyVault
  private let store: any DeviceStore
  private let relay: any Relay

  init(
    _ joining: JoiningVault, vault: any KeyVault, store: any DeviceStore, relay: any Relay
  ) {
    name = joining.name
    code = joining.code
    keys = joining.keys
    bundle = joining.bundle
    vaultVersion = joining.version
    self.vault = vault
    self.store = store
    self.relay = relay
  }

  /// The device, once an old one has approved it: it believes only who saw the code.
  /// - Throws: `DeviceError.notApprovedYet` until then; `.approvalForged` if answers are there and none
  ///   comes from whoever saw the code.
  public func approved() async throws(DeviceError) -> Device {
    let secrets = JoinSecrets(code)
    let mailbox = try asDeviceError(secrets.answerMailbox())
    let answers = try await asking { () async throws(RelayError) in
      try await relay.messages(in: mailbox, as: .anyone)
    }
    guard !answers.isEmpty else {
      // A process that ended early may have kept the offer and never posted it.
      try await Device.offer(code, bundle: bundle, keys: keys, relay: relay)
      throw .notApprovedYet
    }
    for bytes in answers {
      guard let answer = try? JoinAnswer(decoding: bytes),
        try asDeviceError(answer.isAuthentic(to: bundle, secrets))
      else { continue }
      return try await finish(answer)
    }
    throw .approvalForged
  }

  private func finish(_ answer: JoinAnswer) async throws(DeviceError) -> Device {
    let entries = try await asking { () async throws(RelayError) in
      try await relay.logEntries(of: answer.account, from: 0, as: .device(keys.deviceID))
    }
    let log = try AccountLog.replay(entries, of: answer.account)
    guard log.index(of: answer.logHead) != nil, log.activeMember(keys.deviceID) != nil else {
      throw .historyRefused(.rolledBack(from: UInt64(entries.count) + 1, to: UInt64(entries.count)))
    }
    try keep(answer.checkpoint, of: log)
    let state = DeviceState(keys: keys, log: log, entries: entries)
    let device = try Device(state, replacing: vaultVersion, vault: vault, store: store, relay: relay)
    try await device.parts.services.lock.locked { () async throws(DeviceError) in
      try await device.parts.account.log.pullWraps()
    }
    try device.parts.writing.profile.enqueue(named: name)
    return device
  }

  /// Keeps what the approving device has verified: the relay must show a history that begins with it.
  private func keep(_ checkpoint: Checkpoint?, of log: AccountLog) throws(DeviceError) {
    guard let checkpoint, checkpoint.treeSize > 0 else { return }
    guard checkpoint.account == log.account, checkpoint.isSigned(by: log.checkpointKey),
      log.index(of: checkpoint.logHead) != nil
    else { throw .approvalForged }
    let progress = SyncProgress(StoreConnection(store: store))
    var known = try progress.current()
    guard known.history.tree.size < checkpoint.treeSize, known.promised == nil else { return }
    known.promised = checkpoint
    try progress.commit([], known)
  }
}
