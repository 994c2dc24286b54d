internal import CryptoCore
internal import TLSCodec

extension Device {
  /// Whether a vault holds a device that may not act any more, as far as its log and the relay show: another device of the
  /// account takes over its vault and its store, by joining or a restore, and takes along what waits there. The same holds of
  /// a vault with a request to join that was approved in such a device's place, if the new device was removed since.
  package static func isFormer(
    in vault: any KeyVault, store: any DeviceStore, relay: any Relay
  ) async throws(DeviceError) -> Bool { try await FormerDevice.isHeld(in: vault, store, relay) }

  /// The key by which the account's relay signs, as the device in a vault knows it, or the former device whose place another
  /// one is to take; nil if the vault is empty.
  /// - Throws: `DeviceError.joinUnfinished`, `.restoreUnfinished` if nothing in the vault knows it; `.vault`.
  package static func relayKey(in vault: any KeyVault) throws(DeviceError) -> [UInt8]? {
    guard let contents = try vault.contentsIfAny() else { return nil }
    return try DeviceState(contents.former()?.contents ?? contents).log.checkpointKey
  }
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
  /// Who was to take its place and will not; nil if nobody had begun to take along what it left.
  let successor: Successor?

  static let handoverByteCount = 32

  /// A device that had begun to take along what a former one left, and is not part of the account any more.
  struct Successor: Sendable {
    let keys: DeviceKeys
    /// The version of the vault that holds it, and the former device's secrets.
    let version: UInt64
  }

  /// The version of the vault that it was found in.
  var heldVersion: UInt64 { successor?.version ?? version }

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

  /// Takes back what was sealed for a successor, whose keys are about to leave the vault.
  func takeBackNotes(in store: any DeviceStore) throws(DeviceError) {
    guard let successor else { return }
    try OutboxHandover(self, to: successor.keys, of: try view(store).account, store).takeBackNotes()
  }

  private static func view(
    of contents: VaultContents, _ store: any DeviceStore
  ) throws(DeviceError) -> AccountView {
    var state = try DeviceState(contents)
    let notes = DeviceNotes(store, signingSeed: state.keys.signingSeed, account: state.log.account)
    state.adopt(notes, version: contents.version)
    return AccountView(state)
  }
}

/// What a vault keeps of one.
extension FormerDevice {
  /// Returns nil if the vault keeps nothing of one.
  init?(
    _ state: [UInt8], secrets: SecretKey, after ownByteCount: Int, version: UInt64
  ) throws(DeviceError) {
    guard !state.isEmpty else { return nil }
    let end = ownByteCount + Self.handoverByteCount
    guard secrets.byteCount > end else { throw .vault(.corrupted) }
    self.init(
      state: state, secrets: secrets.slice(end..<secrets.byteCount),
      handover: secrets.slice(ownByteCount..<end), version: version, successor: nil)
  }

  /// The same device, for whoever comes after a device that came to nothing.
  private func followed(by successor: Successor) -> FormerDevice {
    FormerDevice(
      state: state, secrets: secrets, handover: handover, version: version, successor: successor)
  }
}

/// Whether a device may not act any more.
extension FormerDevice {
  /// What makes the device that takes a former one's place.
  enum Taker {
    case request
    case restore

    /// Whether it takes the place of a request that is not part of the account, too. A request that waits can be gone on
    /// with, so that no other one replaces it; a restore does: nobody may be left who could approve it.
    fileprivate func replaces(_ handover: JoiningVault.Handover) -> Bool {
      switch handover {
      case .untouched: false
      case .begun: true
      case .inherited: self == .restore
      }
    }
  }

  /// The former device that a vault holds; nil if the vault is empty.
  /// - Throws: `DeviceError.vaultNotEmpty` if the device may still act, as far as the relay shows; `.joinUnfinished`,
  ///   `.restoreUnfinished`, `.vault`, `.store`, `.relay`; `.logRefused`, `.historyRefused` if what the relay shows breaks a
  ///   rule: that says nothing of the device.
  static func held(
    by vault: any KeyVault, _ store: any DeviceStore, _ relay: any Relay, for taker: Taker
  ) async throws(DeviceError) -> FormerDevice? {
    guard let contents = try vault.contentsIfAny() else { return nil }
    switch contents.stage {
    case .restoring: throw .restoreUnfinished
    case .joining:
      guard let former = try await left(by: try JoiningVault(contents), store, relay, for: taker) else {
        throw .joinUnfinished
      }
      return former
    case .device: break
    }
    let view = try Self.view(of: contents, store)
    guard try await isFormer(view, store, relay) else { throw .vaultNotEmpty }
    return FormerDevice(
      state: contents.state, secrets: contents.secrets,
      handover: view.read { $0.handover } ?? SecretKey(random: handoverByteCount),
      version: contents.version, successor: nil)
  }

  /// Whether a vault holds a device that may not act any more, or what such a device and one that came to nothing left.
  static func isHeld(
    in vault: any KeyVault, _ store: any DeviceStore, _ relay: any Relay
  ) async throws(DeviceError) -> Bool {
    guard let contents = try vault.contentsIfAny() else { return false }
    switch contents.stage {
    case .restoring: return false
    case .joining: return try await left(by: try JoiningVault(contents), store, relay, for: .request) != nil
    case .device: return try await isFormer(try view(of: contents, store), store, relay)
    }
  }

  /// What is left of a former device, if a request had begun to take it along and its device is not part of the account;
  /// otherwise nil.
  private static func left(
    by joining: JoiningVault, _ store: any DeviceStore, _ relay: any Relay, for taker: Taker
  ) async throws(DeviceError) -> FormerDevice? {
    guard let former = joining.former, taker.replaces(joining.handover) else { return nil }
    let (view, device) = (try former.view(store), joining.keys.deviceID)
    do throws(DeviceError) {
      guard let log = try await shownLog(of: view, relay, as: .device(joining.keys)),
        log.activeMember(device) == nil
      else { return nil }
    } catch { guard error == .relay(.unknownAccount) else { throw error } }
    return former.followed(by: Successor(keys: joining.keys, version: joining.version))
  }

  /// The account's log at its relay; nil if the relay is another account's, which knows nothing of it: that says nothing.
  private static func shownLog(
    of view: AccountView, _ relay: any Relay, as caller: RelayCaller
  ) async throws(DeviceError) -> AccountLog? {
    let key = try await asking { () async throws(RelayError) in
      try await relay.checkpointKey(as: .anyone)
    }
    guard key == view.log.checkpointKey else { return nil }
    let account = view.account
    let entries = try await asking { () async throws(RelayError) in
      try await relay.logEntries(of: account, from: 0, as: caller)
    }
    return try AccountLog.replay(entries, of: account)
  }

  /// Whether a device may not act any more: its log says so, its state was rolled back, or the relay shows an account
  /// that does not have it, or another history than it knows.
  private static func isFormer(
    _ view: AccountView, _ store: any DeviceStore, _ relay: any Relay
  ) async throws(DeviceError) -> Bool {
    guard view.isActive, !view.read({ $0.isRolledBack }) else { return true }
    let caller = RelayCaller.device(view.read { $0.keys })
    do throws(DeviceError) {
      guard let log = try await shownLog(of: view, relay, as: caller) else { return false }
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

  /// The same, as long as the store holds what the former device left: nil once that is being taken along.
  func readableFormer() throws(DeviceError) -> FormerDevice? {
    switch stage {
    case .joining:
      let joining = try JoiningVault(self)
      return joining.handover == .untouched ? joining.former : nil
    case .restoring:
      let restoring = try RestoringVault(self)
      return restoring.isHandingOver ? nil : restoring.former
    case .device: return nil
    }
  }
}
