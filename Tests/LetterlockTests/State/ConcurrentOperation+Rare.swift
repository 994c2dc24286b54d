@testable import Letterlock
@testable import LetterlockFormat

/// What devices do now and then. With `everyday` this is every public function of a device that changes something, but
/// for those that do by themselves what one of these does:
/// - `download(_:)`, `download(where:)`, `save(_:to:)`, `open(_:)` and `read(_:range:)` fetch as "read a file" does;
/// - `extend(_:by:)` and `newestConversations(count:)` ask as "newest" does, and `pendingErasure()` as "cancel an erasure";
/// - `observe(_:)` sets a value that `sync` reads, and no operation here waits for a condition.
///
/// Those that make a device of their own (`createAccount`, `requestToJoin`, `openRecovery`) are no operations on this one.
extension ConcurrentOperation {
  static let rare = membership + recovery + sending + history + relay

  private static let membership: [ConcurrentOperation] = [
    ConcurrentOperation("remove", isRefusal: { if case .unknownDevice = $0 { true } else { false } }) {
      scene in
      let (phone, tablet) = (scene.house.phone, try await scene.house.join("Tablet").id)
      return Prepared(
        run: { try await phone.remove(tablet) },
        holds: { phone.log.activeMember(tablet) == nil })
    },
    ConcurrentOperation("approve") { scene in
      let house = scene.house
      let request = try await Device.requestToJoin(
        named: "Watch", vault: .inMemory, store: MemoryDeviceStore(), relay: house.relay)
      return Prepared(
        run: { try await house.phone.approve(request.code) },
        holds: {
          let watch = try await request.approved()
          return try await watch.sync().verdict.isComplete && house.phone.log.activeMember(watch.id) != nil
        })
    },
  ]

  /// A prepared key is void as soon as another one counts, and so is what was agreed about it.
  private static let recovery: [ConcurrentOperation] = [
    ConcurrentOperation("replace", isRefusal: { [.noRecoveryKeyPrepared, .noSuchAccount].contains($0) }) {
      scene in
      let phone = scene.house.phone
      let before = phone.log.recoveryDevice
      _ = try phone.prepareRecoveryKey()
      return Prepared(
        run: { try await phone.replaceRecoveryKey(try scene.key()) },
        // A key that was announced goes with its announcement, and with nothing else.
        holds: {
          let isCancelled = phone.state.read { state in
            state.entries.contains { if case .cancelRecovery = $0.content.change { true } else { false } }
          }
          return phone.log.recoveryDevice != before || isCancelled && !phone.hasRecoveryKeyNotInForce
        })
    },
    ConcurrentOperation("announce", isRefusal: { [.noRecoveryKeyPrepared, .proposalRefused].contains($0) }) {
      scene in
      let phone = scene.house.phone
      let (proposal, vote) = try await scene.agreement(on: phone, by: scene.house.mac)
      return Prepared(run: { try await phone.announceRecoveryKey(by: proposal, votes: [vote]) })
    },
    ConcurrentOperation("cancel the announcement") { scene in
      try await scene.announce()
      return Prepared(run: { try await scene.house.phone.cancelRecoveryAnnouncement() })
    },
    ConcurrentOperation("cancel it with the key", isRefusal: { $0 == .noSuchAccount }) { scene in
      try await scene.announce()
      return Prepared(run: { try await scene.house.phone.cancelRecoveryAnnouncement(with: try scene.key()) })
    },
    ConcurrentOperation("propose", isRefusal: { $0 == .noRecoveryKeyPrepared }) { scene in
      _ = try scene.house.phone.prepareRecoveryKey()
      return Prepared(run: { _ = try scene.house.phone.proposeRecoveryKey() })
    },
    ConcurrentOperation("vote", isRefusal: { $0 == .proposalRefused }) { scene in
      _ = try scene.house.mac.prepareRecoveryKey()
      let proposal = try scene.house.mac.proposeRecoveryKey()
      return Prepared(run: {
        _ = try await scene.house.phone.vote(for: proposal, confirmedBy: proposal.code)
      })
    },
    ConcurrentOperation("acknowledge") { scene in
      let phone = scene.house.phone
      let replaced = try phone.replacedRecoveryKeys()
      return Prepared(
        run: { for replacement in replaced { try phone.acknowledge(replacement) } },
        holds: { try !replaced.isEmpty && !phone.replacedRecoveryKeys().contains(where: replaced.contains) })
    },
  ]

  private static func isSendRefusal(_ error: DeviceError) -> Bool {
    if case .sendRefused = error { true } else { false }
  }

  private static let sending: [ConcurrentOperation] = [
    ConcurrentOperation("ask to send") { scene in
      let house = scene.house
      return Prepared(run: {
        _ = try house.phone.requestSend(
          "asked", to: ["+15550100"], in: house.chat, through: house.mac.id,
          expiresAt: Timestamp.now.adding(86_400_000_000_000))
      })
    },
    ConcurrentOperation("cancel the sending", isRefusal: isSendRefusal) { scene in
      let request = try await scene.request()
      return Prepared(run: { try scene.house.phone.cancelSend(of: request.id) })
    },
    ConcurrentOperation("what is to be sent") { scene in
      _ = try await scene.request()
      return Prepared(run: { _ = try scene.house.phone.sendRequests() })
    },
    claiming("claim and send", failure: nil),
    claiming("claim and fail", failure: "no signal"),
  ]

  private static func claiming(_ name: String, failure: String?) -> ConcurrentOperation {
    ConcurrentOperation(name, isRefusal: isSendRefusal) { scene in
      let request = try await scene.request()
      return Prepared(
        run: { try await scene.claim(request, failure: failure) }, holds: { try scene.isSentOnce(request) })
    }
  }

  private static let history: [ConcurrentOperation] = [
    ConcurrentOperation("snapshot") { device, _ in _ = try await device.createSnapshot(named: "now") },
    ConcurrentOperation("erase deleted") { scene in
      let (phone, chat) = (scene.house.phone, scene.house.chat)
      let letter = Household.text("to be erased")
      try phone.append(letter, to: chat)
      try phone.delete([letter.id], in: chat)
      return Prepared(run: { _ = try await phone.eraseDeleted(before: .now, confirmingEverything: true) })
    },
    ConcurrentOperation("import") { device, chat in
      let messages = (0..<3).map { ImportedSample.message("m\($0)", in: chat, identifier: "G-\($0)") }
      let file = ImportedSample.file("a.jpg", [1])
      _ = try device.historyImport().add(
        messages.map { ImportedMessage(message: $0, attachments: [file]) })
    },
    ConcurrentOperation("read a file") { scene in Prepared(run: { try await scene.readFile() }) },
    ConcurrentOperation("automatic downloads") { device, _ in
      var settings = try device.settings()
      settings.automaticDownloads = .all
      try device.update(settings)
      _ = try await device.downloadAutomatically()
    },
  ]

  /// What a verification finds wrong.
  private struct Findings: Error {
    let findings: [ArchiveVerification.Finding]
  }

  /// An order to erase that takes effect ends the account: here it waits for 72 hours, and any change voids it.
  private static let relay: [ConcurrentOperation] = [
    ConcurrentOperation("order to erase", isRefusal: isChangedMeanwhile) { device, _ in
      let prepared = try await device.prepareErasure()
      try await prepared.confirm(prepared.code)
    },
    ConcurrentOperation("cancel an erasure") { scene in
      try await scene.orderErasure()
      return Prepared(run: { try await scene.house.phone.cancelErasure() })
    },
    ConcurrentOperation("despite evidence") { device, _ in try await device.goOnDespiteEvidence() },
    ConcurrentOperation("verify") { device, _ in
      let findings = try await ArchiveVerification.run(device).findings
      guard findings.isEmpty else { throw Findings(findings: findings) }
    },
    ConcurrentOperation("verify a restore", isRefusal: { $0 == .noSuchAccount }) { scene in
      Prepared(run: { _ = try await scene.house.phone.verifyRestore(with: try scene.key()) })
    },
  ]

  private static func isChangedMeanwhile(_ error: DeviceError) -> Bool {
    switch error {
    case .relay(.staleHistory), .relay(.staleLogHead): true
    default: false
    }
  }
}
