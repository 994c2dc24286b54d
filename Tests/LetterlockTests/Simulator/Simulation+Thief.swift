import CryptoCore
import TLSCodec

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What a thief does with an unlocked device, and with those that it lets in.
extension Simulation {
  func thiefsResult(
    of act: SimulatedAct, _ party: SimulatedParty, _ device: Device
  ) async throws -> String {
    switch act {
    case .record:
      write(party, device)
      _ = try await device.sync()
    case .addition: return try await letIn(party, device)
    case .removal(let victim): if let id = parties[victim]?.id { try await device.remove(id) }
    case .erasure:
      let prepared = try await device.prepareErasure()
      return try await prepared.confirm(prepared.code) == nil ? "erased" : "waits"
    case .spoil: return try await spoil(party, device)
    case .burst: return try await burst(party, device)
    case .announce: try await announce(party, device)
    case .complete: return try await complete(party, device)
    case .seize: return try await seize(party, device)
    case .usurp: try await usurp(party, device)
    case .probe: return try await probe(party, device)
    default: break
    }
    return "done"
  }

  private func letIn(_ party: SimulatedParty, _ device: Device) async throws -> String {
    guard thieves.count < 3 else { return "enough" }
    let name = "thief \(thieves.count)"
    let newcomer = enlist(name, isThief: true)
    newcomer.isBusy = true
    defer { newcomer.isBusy = false }
    let request = try await Device.requestToJoin(
      named: name, vault: newcomer.keys, store: newcomer.records, relay: newcomer.line)
    if let contents = try newcomer.vault.load() {
      newcomer.id = try JoiningVault(contents).keys.deviceID
      names[try JoiningVault(contents).keys.deviceID] = name
    }
    newcomer.request = request
    try await device.approve(request.code)
    let joined = try await request.approved()
    clock.set(joined)
    (newcomer.device, newcomer.request) = (joined, nil)
    return name
  }

  /// An epoch that some devices cannot read.
  private func spoil(_ party: SimulatedParty, _ device: Device) async throws -> String {
    _ = try await device.sync()
    let victims = honest.filter { $0.id != nil && draw(2) == 0 }
    let (entry, wraps) = try device.spoiledEpoch(against: Set(victims.compactMap(\.id)))
    try await send(entry, wraps, party, device)
    return "against " + victims.map(\.name).joined(separator: ", ")
  }

  private func send(
    _ entry: LogEntry, _ wraps: [StoredWrap] = [], _ party: SimulatedParty, _ device: Device
  ) async throws {
    do throws(RelayError) {
      try await party.line.appendLogEntry(entry, wraps: wraps, to: home.account, as: device.caller)
    } catch { throw DeviceError.relay(error) }
  }

  /// A recovery key of its own, whether it may announce one or not.
  private func announce(_ party: SimulatedParty, _ device: Device) async throws {
    _ = try await device.sync()
    let (keys, log, _) = device.secrets
    let next = try DeviceKeys(recoverySecret: SecretKey(random: 32))
    let content = LogEntryContent(
      version: .newest, predecessor: log.head, index: log.nextIndex, signer: keys.deviceID,
      change: .announceRecovery(
        .init(
          recovery: try DeviceKeyBundle(of: next, createdAt: clock.now.millisecondsSince1970),
          approvers: [keys.deviceID])))
    try await send(
      try LogEntry(content, signedBy: [keys, next], account: log.account), [], party, device)
  }

  /// Completes what is announced, whether its time has come or not.
  private func complete(_ party: SimulatedParty, _ device: Device) async throws -> String {
    _ = try await device.sync()
    let progress = try device.progress()
    guard let announcement = device.log.announcement, let checkpoint = progress.checkpoint,
      device.log.index(of: checkpoint.logHead).map({ $0 >= announcement.entry }) ?? false
    else { return "nothing to complete" }
    let history = progress.history
    let pending = try device.state.read { (state) throws(DeviceError) in
      try state.entry(
        for: .completeRecovery(CoolingOff(first: checkpoint, second: checkpoint)), history)
    }
    guard let pending else { return "nothing to complete" }
    try await send(pending.entry, pending.wraps, party, device)
    return "completed"
  }

  /// Removes all who may announce a recovery key, announces its own, and completes that too early.
  private func seize(_ party: SimulatedParty, _ device: Device) async throws -> String {
    _ = try await device.sync()
    let log = device.log
    for approver in log.approvers.sorted() where approver != device.id && log.activeMember(approver) != nil {
      try await device.remove(approver)
    }
    if device.log.announcement == nil { try await announce(party, device) }
    return try await complete(party, device)
  }

  /// A recovery without the recovery key.
  private func usurp(_ party: SimulatedParty, _ device: Device) async throws {
    _ = try await device.sync()
    let history = try device.progress().history
    let newcomer = try DeviceKeys()
    let bundle = try DeviceKeyBundle(of: newcomer, createdAt: clock.now.millisecondsSince1970)
    let (own, _, _) = device.secrets
    let made = try device.state.read { (state) throws(DeviceError) in
      try state.epochEntry(
        history: history, leaving: state.others, joining: bundle, signing: [own, newcomer]
      ) {
        .recover(
          .init(
            device: bundle, kept: [own.deviceID].sorted(), approvers: [newcomer.deviceID],
            highestVersion: FormatVersion.newest.rawValue, epoch: $0))
      }
    }
    try await send(made.entry, made.wraps, party, device)
  }

  /// As many entries as the relay takes.
  private func burst(_ party: SimulatedParty, _ device: Device) async throws -> String {
    _ = try await device.sync()
    var log = device.log
    for count in 0..<30 {
      let content = LogEntryContent(
        version: .newest, predecessor: log.head, index: log.nextIndex, signer: device.id,
        change: .update(highestVersion: 1))
      let entry = try LogEntry(content, signedBy: [device.secrets.keys], account: log.account)
      do throws(RelayError) {
        try await party.line.appendLogEntry(entry, wraps: [], to: home.account, as: device.caller)
      } catch { return "\(count), then \(SimulationTrace.label(of: error))" }
      do { try log.append(entry) } catch { return "\(count)" }
    }
    trace.violate("a device sends 30 entries at once")
    return "30"
  }

  /// Asks for what is not for it; for everything, as a device that was removed and kept its keys.
  func probe(_ party: SimulatedParty, _ device: Device) async throws -> String {
    guard let member = watch.members[device.id], !wasRestored else { return "is unknown" }
    let (relay, account, caller) = (server.service, home.account, device.caller)
    var questions: [(String, @Sendable () async throws -> Void)] = [
      ("hold", { _ = try await relay.hold(account, as: caller) })
    ]
    if let other = honest.compactMap(\.id).first {
      questions.append(
        ("another's wrap", { _ = try await relay.wrap(of: account, epoch: 0, for: other, as: caller) }))
    }
    if member.removal != nil { questions += Self.questions(of: device, to: relay, epochs: watch.epochCount) }
    let order = member.removal == nil ? nil : try? await device.forgedErasure(at: relay, clock.now)
    if let order {
      questions.append(
        ("erasure", { _ = try await relay.eraseAccount(order, of: account, as: caller) }))
    }
    var answered: [String] = []
    for (name, question) in questions where await Self.isAnswered(question) { answered.append(name) }
    let entries = try? await relay.logEntries(of: account, from: 0, as: caller)
    if let entries, let removal = member.removal, UInt64(entries.count) > removal.entry + 1 {
      answered.append("log after its removal")
    }
    if !answered.isEmpty {
      let who = member.removal == nil ? "an active device" : "a removed device"
      trace.violate("\(who) is answered: \(Set(answered).sorted().joined(separator: ", "))")
    }
    return "answered \(answered.count)"
  }

  private static func isAnswered(_ question: @Sendable () async throws -> Void) async -> Bool {
    (try? await question()) != nil
  }

  /// What a removed device asks, and must not be answered.
  private static func questions(
    of device: Device, to relay: SimulatedService, epochs: Int
  ) -> [(String, @Sendable () async throws -> Void)] {
    let (account, caller) = (device.account, device.caller)
    var questions: [(String, @Sendable () async throws -> Void)] = [
      (
        "history",
        { _ = try await relay.history(of: account, from: 0, maximumByteCount: .max, as: caller) }
      ),
      (
        "streams",
        { _ = try await relay.newestStreams(before: .max, limit: 4, knownSize: 0, of: account, as: caller) }
      ),
      ("usage", { _ = try await relay.usage(of: account, as: caller) }),
      ("pendingErasure", { _ = try await relay.pendingErasure(of: account, as: caller) }),
      ("blobs", { _ = try await relay.blobs(of: account, after: nil, as: caller) }),
      (
        "upload",
        { _ = try await relay.beginBlob(try BlobUpload.simulated(by: device), of: account, as: caller) }
      ),
    ]
    for epoch in 0..<UInt64(epochs) {
      questions.append(
        (
          "wrap",
          {
            let wrap = try await relay.wrap(of: account, epoch: epoch, for: device.id, as: caller)
            if wrap == nil { throw DeviceError.removed }
          }
        ))
    }
    return questions
  }
}

extension Device {
  /// An epoch by this device whose wraps for `victims` hold nothing.
  func spoiledEpoch(against victims: Set<DeviceID>) throws -> (LogEntry, [StoredWrap]) {
    let history = try progress().history
    let (log, links) = state.read { state in
      (
        state.log,
        state.keyring.secretsToLink().compactMap { epoch in
          state.keyring.epochSecrets[epoch].map { (epoch, $0) }
        }
      )
    }
    let good = try EpochOpening(
      number: log.newestEpoch.header.number + 1, account: log.account, linking: links,
      recipients: log.members.filter(\.value.isActive).mapValues(\.bundle.sealingKey),
      treeSize: history.tree.size, treeRoot: history.tree.root)
    let wraps = good.wraps.map { wrap in
      victims.contains(wrap.device)
        ? StoredWrap(device: wrap.device, wrap: Opaque(SecureRandom.bytes(EpochWrap.byteCount))) : wrap
    }
    let header = good.header.with(
      wraps: wraps.map { WrapDigest(device: $0.device, wrapHash: EpochWrap.hash($0.wrap.bytes)) })
    return (try forge(.epoch(Committed(header))), wraps)
  }

  /// An order to erase everything as the relay has it now.
  func forgedErasure(at relay: SimulatedService, _ time: Timestamp) async throws -> AccountErasure {
    guard let rules = relay.accounts[account]?.rules else { throw DeviceError.noSuchAccount }
    return try AccountErasure(
      of: try rules.checkpoint(at: time, by: relay.key), at: time, by: secrets.keys)
  }
}

extension BlobUpload {
  /// A description of a file that a device might upload.
  static func simulated(by device: Device) throws -> BlobUpload {
    try BlobUpload(
      blob: BlobID(), byteCount: 1 << 10, digest: .zero, by: device.secrets.keys, account: device.account)
  }
}
