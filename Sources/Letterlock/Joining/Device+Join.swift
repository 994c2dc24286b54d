internal import CryptoCore
internal import TLSCodec

/// Joining an account, and letting a device join. SPEC.md section 3.6.
extension Device {
  /// Makes keys for a new device and shows the code by which an old one approves it.
  ///
  /// The keys are in the vault when the call returns, so that a process that ends can go on with
  /// `resumeJoining`.
  ///
  /// The vault and the store are empty, or those of a device that may not act any more: one that was removed, that was put
  /// back from a backup, or whose log or history the relay does not have. Then what waits there to be sent is taken along,
  /// once the request is approved for the same account: `SyncReport.takenAlong` says how much. They may also be those of a
  /// request that was approved in such a device's place and whose device was removed, as `JoinRequest.approved` says.
  /// - Throws: `DeviceError.vaultNotEmpty` if the vault holds a device that may act; `.joinUnfinished` if another request is
  ///   in the vault already; `.logRefused`, `.historyRefused` if what the relay shows breaks a rule; `.vault`, `.store`,
  ///   `.relay`.
  public static func requestToJoin(
    named name: String, vault: any KeyVault, store: any DeviceStore, relay: any Relay
  ) async throws(DeviceError) -> JoinRequest {
    let former = try await FormerDevice.held(by: vault, store, relay, for: .request)
    let keys = try asDeviceError(DeviceKeys())
    let bundle = try asDeviceError(DeviceKeyBundle(of: keys, createdAt: Timestamp.now.millisecondsSince1970))
    let code = JoinCode(bundleHash: Array(bundle.hash[..<16]), secret: SecretKey(random: 16))
    let joining = JoiningVault(name: name, keys: keys, bundle: bundle, code: code, former: former)
    try former?.takeBackNotes(in: store)
    try joining.save(to: vault)
    let request = JoinRequest(joining, vault: vault, store: store, relay: relay)
    try await offer(request.code, bundle: bundle, keys: keys, relay: relay)
    return request
  }

  /// Goes on with a request to join that is in the vault: one that waits, or one that was approved and not seen through.
  /// - Throws: `DeviceError.vaultEmpty` if the vault is empty, `.vaultNotEmpty` if the device in it has joined.
  public static func resumeJoining(
    vault: any KeyVault, store: any DeviceStore, relay: any Relay
  ) throws(DeviceError) -> JoinRequest {
    let contents = try vault.contents()
    switch contents.stage {
    case .joining:
      return JoinRequest(try JoiningVault(contents), vault: vault, store: store, relay: relay)
    case .restoring: throw .restoreUnfinished
    case .device:
      guard let code = try DeviceState(contents).joinCode.flatMap(JoinCode.init(bytes:)) else {
        throw .vaultNotEmpty
      }
      return JoinRequest(code, vault: vault, store: store, relay: relay)
    }
  }

  /// Takes back a request to join that waits to be approved.
  ///
  /// If the request was made with the vault and the store of a former device, the vault holds that device again, as it was.
  /// Otherwise the vault holds nothing but the request, and this cannot empty it: delete it to begin anew.
  ///
  /// An approval that was given meanwhile, or is given later, brings a device into the account whose keys nobody has. It
  /// harms nothing, and is removed as any other is.
  /// - Returns: whether the vault held a former device, and holds it again.
  /// - Throws: `DeviceError.vaultEmpty` if the vault is empty; `.vaultNotEmpty` if no request waits in it, or its approval
  ///   is being carried out; `.restoreUnfinished` if it holds a restore; `.vault`, `.store`.
  public static func cancelJoining(
    vault: any KeyVault, store: any DeviceStore
  ) throws(DeviceError) -> Bool {
    let contents = try vault.contents()
    switch contents.stage {
    case .device: throw .vaultNotEmpty
    case .restoring: throw .restoreUnfinished
    case .joining: break
    }
    let joining = try JoiningVault(contents)
    guard let former = joining.former else {
      // An approval that was not seen through may have left what it held the relay to.
      try SyncProgress(StoreConnection(store: store)).update { progress in
        guard progress.history.tree.size == 0, progress.promised != nil else { return false }
        progress.promised = nil
        return true
      }
      return false
    }
    try joining.putBack(former, in: vault, store)
    return true
  }

  /// Posts the offer of a device that wants to join, unless it is there.
  static func offer(
    _ code: JoinCode, bundle: DeviceKeyBundle, keys: DeviceKeys, relay: any Relay
  ) async throws(DeviceError) {
    let secrets = JoinSecrets(code)
    let mailbox = try asDeviceError(secrets.offerMailbox())
    let offers = try await asking { () async throws(RelayError) in
      try await relay.messages(in: mailbox, as: .anyone)
    }
    guard !offers.contains(where: { (try? JoinOffer(decoding: $0))?.device == bundle }) else { return }
    let consent = try asDeviceError(
      keys.sign(secrets.consentTag().bytes, for: .joinConsent, account: .none))
    let offer = JoinOffer(version: .newest, device: bundle, consent: consent)
    try await asking { () async throws(RelayError) in
      try await relay.post(offer.encoded, to: mailbox, as: .anyone)
    }
  }

  /// Lets the device join that shows this code. Returns its identifier.
  ///
  /// Only the device whose bundle the code names can join, whatever the relay does.
  /// - Throws: `DeviceError.joinRequestNotFound` if the relay has no request of that device.
  @discardableResult
  public func approve(_ code: JoinCode) async throws(DeviceError) -> DeviceID {
    try await parts.account.joining.approve(code)
  }
}
