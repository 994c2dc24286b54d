internal import CryptoCore
internal import TLSCodec

/// Joining an account, and letting a device join. SPEC.md section 3.6.
extension Device {
  /// Makes keys for a new device and shows the code by which an old one approves it.
  ///
  /// The keys are in the vault when the call returns, so that a process that ends can go on with
  /// `resumeJoining`.
  /// - Throws: `DeviceError.vaultNotEmpty`, `.vault`, `.relay`.
  public static func requestToJoin(
    named name: String, vault: any KeyVault, store: any DeviceStore, relay: any Relay
  ) async throws(DeviceError) -> JoinRequest {
    try checkEmpty(vault)
    let keys = try asDeviceError(DeviceKeys())
    let bundle = try asDeviceError(DeviceKeyBundle(of: keys, createdAt: Timestamp.now.millisecondsSince1970))
    let code = JoinCode(bundleHash: Array(bundle.hash[..<16]), secret: SecretKey(random: 16))
    let joining = JoiningVault(name: name, keys: keys, bundle: bundle, code: code)
    try joining.save(to: vault)
    let request = JoinRequest(joining, vault: vault, store: store, relay: relay)
    try await offer(request.code, bundle: bundle, keys: keys, relay: relay)
    return request
  }

  /// Goes on with a request to join that is in the vault.
  /// - Throws: `DeviceError.vaultEmpty` if none is.
  public static func resumeJoining(
    vault: any KeyVault, store: any DeviceStore, relay: any Relay
  ) throws(DeviceError) -> JoinRequest {
    guard let joining = try JoiningVault(loadingFrom: vault) else { throw .vaultEmpty }
    return JoinRequest(joining, vault: vault, store: store, relay: relay)
  }

  /// Posts the offer of a device that wants to join, unless it is there.
  static func offer(
    _ code: JoinCode, bundle: DeviceKeyBundle, keys: DeviceKeys, relay: any Relay
  ) async throws(DeviceError) {
    let secrets = JoinSecrets(code)
    let mailbox = try asDeviceError(secrets.offerMailbox())
    let offers = try await asking { () async throws(RelayError) in try await relay.messages(in: mailbox) }
    guard !offers.contains(where: { (try? JoinOffer(decoding: $0))?.device == bundle }) else { return }
    let consent = try asDeviceError(
      keys.sign(secrets.consentTag().bytes, for: .joinConsent, account: .none))
    let offer = JoinOffer(version: .newest, device: bundle, consent: consent)
    try await asking { () async throws(RelayError) in
      try await relay.post(offer.encoded, to: mailbox)
    }
  }

  /// Lets the device join that shows this code. Gives its identifier.
  ///
  /// Only the device whose bundle the code names can join, whatever the relay does.
  /// - Throws: `DeviceError.joinRequestNotFound` if the relay has no request of that device.
  @discardableResult
  public func approve(_ code: JoinCode) async throws(DeviceError) -> DeviceID {
    try await lock.locked { () async throws(DeviceError) in
      try await pullEverything()
      try await settlePending()
      _ = try await repair()
      let offer = try await findOffer(code)
      try await add(offer, code)
      let secrets = JoinSecrets(code)
      let head = log.head
      let answer = JoinAnswer(
        version: .newest, account: account, logHead: head,
        mac: try asDeviceError(secrets.mac(account: account, logHead: head, bundle: offer.device)))
      let (relay, mailbox) = (try neededRelay(), try asDeviceError(secrets.answerMailbox()))
      try await Self.asking { () async throws(RelayError) in
        try await relay.post(answer.encoded, to: mailbox)
      }
      return offer.device.deviceID
    }
  }

  private func findOffer(_ code: JoinCode) async throws(DeviceError) -> JoinOffer {
    let secrets = JoinSecrets(code)
    let (relay, mailbox) = (try neededRelay(), try asDeviceError(secrets.offerMailbox()))
    let offers = try await Self.asking { () async throws(RelayError) in
      try await relay.messages(in: mailbox)
    }
    let tag = try asDeviceError(secrets.consentTag())
    for bytes in offers {
      guard let offer = try? JoinOffer(decoding: bytes),
        Array(offer.device.hash[..<16]) == code.bundleHash, offer.device.isSignedByItself,
        offer.device.signingKeys.isValid(
          offer.consent, for: .joinConsent, account: .none, body: tag.bytes)
      else { continue }
      return offer
    }
    throw .joinRequestNotFound
  }

  /// Adds the device to the log, unless it is there already: an approval that is given twice answers twice.
  private func add(_ offer: JoinOffer, _ code: JoinCode) async throws(DeviceError) {
    let tag = try asDeviceError(JoinSecrets(code).consentTag())
    for _ in 0..<8 {
      guard log.activeMember(offer.device.deviceID) == nil else { return }
      let pending = try state.read { (state) throws(DeviceError) in
        try state.addEntry(offer, consentTag: tag)
      }
      guard try await submit(pending) == .overtaken else { return }
    }
    throw .relay(.unavailable("other devices keep changing the account"))
  }

  /// Replays a log that came from a relay.
  static func replay(
    _ entries: [LogEntry], of account: AccountID
  ) throws(DeviceError) -> AccountLog {
    do throws(AccountLogError) {
      return try AccountLog(account: account, replaying: entries)
    } catch { throw .logRefused(error) }
  }
}

extension DeviceState {
  /// The entry that adds a device, with its wrap of the newest epoch secret.
  func addEntry(_ offer: JoinOffer, consentTag: Digest32) throws(DeviceError) -> PendingEntry {
    let epoch = log.newestEpoch.header
    guard let epochSecret = keyring.epochSecrets[epoch.number] else {
      throw .archive(.epochRefused(by: keyring.faults[epoch.number]?.culprit))
    }
    let device = offer.device.deviceID
    let wrap = try asDeviceError(
      EpochWrap.wrap(
        epochSecret, header: epoch, account: EpochKeyring.bound(log.account, epoch: epoch.number),
        for: device, sealingKey: offer.device.sealingKey))
    let add = AccountChange.Add(
      device: offer.device, consentTag: consentTag, consent: offer.consent,
      wrapHash: EpochWrap.hash(wrap))
    return PendingEntry(
      entry: try entry(.add(add)), wraps: [StoredWrap(device: device, wrap: Opaque(wrap))],
      epochSecret: nil, sealingSeed: nil)
  }
}
