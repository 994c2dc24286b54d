internal import CryptoCore
internal import TLSCodec

/// Lets devices join. SPEC.md section 3.6.
struct JoinApproval: Sendable {
  let view: AccountView
  let lock: AsyncLock
  let relay: RelayConnection
  let progress: SyncProgress
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
      try await puller.pull()
      let checkpoint = try await verifiedCheckpoint()
      let head = view.log.head
      let answer = try asDeviceError(
        JoinAnswer(
          account: view.account, logHead: head, checkpoint: checkpoint, to: offer.device, secrets))
      let mailbox = try asDeviceError(secrets.answerMailbox())
      try await relay.ask { (relay, _) async throws(RelayError) in
        try await relay.post(answer.encoded, to: mailbox)
      }
      return offer.device.deviceID
    }
  }

  /// The relay's checkpoint of the history that this device has verified; nil if it has none. While what is here ends before
  /// what the relay signed, the rest is taken first: nothing that this device has seen is to be withheld from the next one.
  private func verifiedCheckpoint() async throws(DeviceError) -> Checkpoint? {
    for _ in 0..<LogChanges.attempts {
      let progress = try progress.current()
      let tree = progress.history.tree
      guard tree.size > 0 else { return nil }
      if let checkpoint = progress.checkpoint, checkpoint.treeSize == tree.size,
        checkpoint.treeRoot == tree.root
      {
        return checkpoint
      }
      try checkCancellation()
      try await puller.pull()
    }
    throw .relay(.unavailable("the history goes on faster than it comes"))
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
