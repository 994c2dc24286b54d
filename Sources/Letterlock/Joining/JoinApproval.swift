internal import CryptoCore
internal import TLSCodec

/// Lets devices join. SPEC.md section 3.6.
struct JoinApproval: Sendable {
  let view: AccountView
  let lock: AsyncLock
  let relay: RelayConnection
  let puller: AccountPuller
  let changes: LogChanges

  /// Lets the device join that shows this code. Returns its identifier. An approval that is given twice answers twice.
  func approve(_ code: JoinCode) async throws(DeviceError) -> DeviceID {
    try await lock.locked { () async throws(DeviceError) in
      try await puller.pull()
      try await changes.settlePending()
      _ = try await changes.repair()
      let secrets = JoinSecrets(code)
      let offer = try await findOffer(code)
      try await changes.add(offer, consentTag: try asDeviceError(secrets.consentTag()))
      let (account, head) = (view.account, view.log.head)
      let answer = JoinAnswer(
        version: .newest, account: account, logHead: head,
        mac: try asDeviceError(secrets.mac(account: account, logHead: head, bundle: offer.device)))
      let mailbox = try asDeviceError(secrets.answerMailbox())
      try await relay.ask { (relay, _) async throws(RelayError) in
        try await relay.post(answer.encoded, to: mailbox)
      }
      return offer.device.deviceID
    }
  }

  private func findOffer(_ code: JoinCode) async throws(DeviceError) -> JoinOffer {
    let secrets = JoinSecrets(code)
    let mailbox = try asDeviceError(secrets.offerMailbox())
    let offers = try await relay.ask { (relay, _) async throws(RelayError) in
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
}
