internal import CryptoCore
internal import TLSCodec

extension Device {
  /// Whether a vault holds a device that may not act any more, as far as its log and the relay show: another device of the
  /// account takes over its vault and its store, by joining or a restore, and takes along what waits there.
  package static func isFormer(
    in vault: any KeyVault, store: any DeviceStore, relay: any Relay
  ) async throws(DeviceError) -> Bool { try await FormerDevice.isHeld(in: vault, store, relay) }
}

/// A device that may not act any more, whose vault and store a new device of the same account takes over: what waits to
/// be sent is taken along. SPEC.md section 8.6.
struct FormerDevice: Sendable {
  /// What the vault held for it: it opens what waits until the new device has taken that over.
  let state: [UInt8]
  let secrets: SecretKey
  /// What seals what is taken along, until the new device has sealed it for the account.
  let handover: SecretKey
  /// The version of the vault that held it.
  let version: UInt64

  static let handoverByteCount = 32

  /// The device that a vault holds; nil if the vault is empty.
  /// - Throws: `DeviceError.vaultNotEmpty` if the device may still act, as far as the relay shows; `.joinUnfinished`,
  ///   `.restoreUnfinished`, `.vault`, `.store`, `.relay`; `.logRefused`, `.historyRefused` if what the relay shows breaks a
  ///   rule: that says nothing of the device.
  init?(in vault: any KeyVault, _ store: any DeviceStore, _ relay: any Relay) async throws(DeviceError) {
    guard let contents = try vault.contentsIfAny() else { return nil }
    if let obstacle = contents.stage.obstacle { throw obstacle }
    let view = try Self.view(of: contents, store)
    guard try await Self.isFormer(view, store, relay) else { throw .vaultNotEmpty }
    (state, secrets, version) = (contents.state, contents.secrets, contents.version)
    handover = view.read { $0.handover } ?? SecretKey(random: Self.handoverByteCount)
  }

  /// What a vault keeps of one; nil if that is nothing.
  init?(
    _ state: [UInt8], secrets: SecretKey, after ownByteCount: Int, version: UInt64
  ) throws(DeviceError) {
    guard !state.isEmpty else { return nil }
    let end = ownByteCount + Self.handoverByteCount
    guard secrets.byteCount > end else { throw .vault(.corrupted) }
    self.state = state
    handover = secrets.slice(ownByteCount..<end)
    self.secrets = secrets.slice(end..<secrets.byteCount)
    self.version = version
  }

  /// The secrets that stand in the vault after the new device's own.
  var allSecrets: [SecretKey] { [handover, secrets] }

  /// What the vault held for it.
  var contents: VaultContents { VaultContents(version: version, secrets: secrets, state: state) }

  /// What the device knew, to be read.
  func view(_ store: any DeviceStore) throws(DeviceError) -> AccountView {
    try Self.view(of: contents, store)
  }

  /// Sees to it that a device whose state was rolled back stays so when its vault gets a later version.
  func keepRolledBack(in store: any DeviceStore, upTo later: UInt64) throws(DeviceError) {
    let view = try view(store)
    guard view.read({ $0.isOlderThanStore }) else { return }
    try DeviceNotes(store, signingSeed: view.keys.signingSeed, account: view.account).noteRollback(of: later)
  }

  private static func view(
    of contents: VaultContents, _ store: any DeviceStore
  ) throws(DeviceError) -> AccountView {
    var state = try DeviceState(contents)
    let notes = DeviceNotes(store, signingSeed: state.keys.signingSeed, account: state.log.account)
    state.adopt(notes, version: contents.version)
    return AccountView(state)
  }

  /// Whether a vault holds a device that may not act any more.
  static func isHeld(
    in vault: any KeyVault, _ store: any DeviceStore, _ relay: any Relay
  ) async throws(DeviceError) -> Bool {
    guard let contents = try vault.contentsIfAny(), contents.stage == .device else { return false }
    return try await isFormer(try view(of: contents, store), store, relay)
  }

  /// Whether a device may not act any more: its log says so, its state was rolled back, or the relay shows an account
  /// that does not have it, or another history than it knows.
  private static func isFormer(
    _ view: AccountView, _ store: any DeviceStore, _ relay: any Relay
  ) async throws(DeviceError) -> Bool {
    guard view.isActive, !view.read({ $0.isRolledBack }) else { return true }
    let (account, caller) = (view.account, RelayCaller.device(view.device))
    do throws(DeviceError) {
      // Another account's relay knows nothing of it: that says nothing.
      let key = try await asking { () async throws(RelayError) in
        try await relay.checkpointKey(as: .anyone)
      }
      guard key == view.log.checkpointKey else { return false }
      let entries = try await asking { () async throws(RelayError) in
        try await relay.logEntries(of: account, from: 0, as: caller)
      }
      let log = try AccountLog.replay(entries, of: account)
      guard log.index(of: view.log.head) != nil, log.activeMember(view.device) != nil else { return true }
      return try await !HistoryComparison(view, store, relay, as: caller).isContinued()
    } catch {
      guard error == .relay(.unknownAccount) else { throw error }
      return true
    }
  }
}

extension VaultContents {
  /// The former device whose place the device here takes once it is part of the account; nil if it takes none.
  func former() throws(DeviceError) -> FormerDevice? {
    switch stage {
    case .joining: try JoiningVault(self).former
    case .restoring: try RestoringVault(self).former
    case .device: nil
    }
  }
}
