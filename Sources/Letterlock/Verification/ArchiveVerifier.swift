internal import CryptoCore
internal import TLSCodec

/// Verifies what a device and its relay store. SPEC.md section 6.4.
struct ArchiveVerifier {
  let view: AccountView
  let reading: DeviceReading
  let notes: DeviceNotes
  let relay: RelayConnection
  /// What was found so far.
  var verification = ArchiveVerification()
  /// The log by which the relay's history is judged: the relay's own, if it goes on from the device's.
  private(set) var relayLog: AccountLog

  init(view: AccountView, reading: DeviceReading, notes: DeviceNotes, relay: RelayConnection) {
    (self.view, self.reading, self.notes, self.relay) = (view, reading, notes, relay)
    relayLog = view.log
  }

  var store: StoreConnection { reading.history.store }

  mutating func run(_ report: (@Sendable (String) -> Void)?) async throws(DeviceError) -> ArchiveVerification
  {
    report?("the account")
    checkKeys()
    try await checkLog()
    report?("the device's records")
    let attachments = try checkStore()
    report?("the relay's records")
    if view.erasedBy == nil { try await checkRelayHistory() } else { await checkErasure() }
    report?("attachments")
    try await checkAttachments(attachments)
    return verification
  }

  mutating func fail(_ place: ArchiveVerification.Place, _ thing: String, _ reason: String) {
    verification.fail(place, thing, reason)
  }

  /// Runs a step whose failure is a finding; a task that is cancelled ends the verification.
  mutating func attempt(
    _ place: ArchiveVerification.Place, _ thing: String,
    _ step: (inout ArchiveVerifier) throws(DeviceError) -> Void
  ) throws(DeviceError) {
    do throws(DeviceError) { try step(&self) } catch {
      if error == .cancelled { throw error }
      fail(place, thing, error.reason)
    }
  }
}

/// The account: keys, log and wraps.
extension ArchiveVerifier {
  /// The secrets must be those that the log names.
  private mutating func checkKeys() {
    let (log, keys) = view.read { ($0.log, $0.keys) }
    guard let member = log.members[keys.deviceID],
      member.bundle.sealingKey == keys.sealingKey
    else { return fail(.device, "keys", "they are not the keys that the account's log names") }
    let bad = view.read { state in
      state.keyring.epochSecrets.compactMap { epoch, _ in
        guard epoch < state.log.epochs.count,
          state.keyring.schedule(of: epoch)?.agrees(with: state.log.epochs[Int(epoch)].header) == true
        else { return epoch }
        return nil
      }.sorted()
    }
    for epoch in bad {
      fail(.device, "secret of epoch \(epoch)", "it is not the one that the log commits to")
    }
    for epoch in view.unreadableEpochs { fail(.device, "secret of epoch \(epoch)", "it is not there") }
    verification.entryCount += Int(log.nextIndex)
  }

  private mutating func checkLog() async throws(DeviceError) {
    guard let relay = relay.relay else { return }
    let (known, account) = (view.log, view.account)
    do throws(RelayError) {
      let entries = try await relay.logEntries(of: account, from: 0)
      do throws(AccountLogError) {
        let log = try AccountLog(account: account, replaying: entries)
        guard log.heads.starts(with: known.heads) else { return failLog(log, known) }
        relayLog = log
        if view.erasedBy == nil { await checkWraps(of: log, at: relay) }
      } catch { fail(.relay, "account log", error.reason) }
      guard known.checkpointKey == (try await relay.checkpointKey()) else {
        return fail(.relay, "checkpoint key", "it is not the one that the account pinned")
      }
      verification.entryCount += entries.count
    } catch {
      // A relay that was put back may be older than this device.
      if error == .unknownAccount, view.isActive { verification.isRelayBehind = true }
      fail(.relay, "account log", error.reason)
    }
    try checkCancellation()
  }

  /// Names a log that does not go on from the one that this device has.
  private mutating func failLog(_ log: AccountLog, _ known: AccountLog) {
    guard known.heads.starts(with: log.heads) else {
      return fail(.relay, "account log", "it is not the one that this device has seen")
    }
    verification.isRelayBehind = view.isActive
    fail(
      .relay, "account log",
      "it has \(log.nextIndex) entries, and this device has seen \(known.nextIndex)")
  }

  /// A relay that was told to erase everything must still have the order.
  private mutating func checkErasure() async {
    guard let relay = relay.relay else { return }
    let known = view.read { $0.erasure }
    do throws(RelayError) {
      _ = try await relay.usage(of: view.account)
      fail(.relay, "order to erase", "it is not there")
    } catch {
      guard case .accountErased(let kept) = error, kept.order == known else {
        return fail(.relay, "order to erase", "it is not the one that this device has seen")
      }
    }
  }

  /// Every wrap that an active device may ask for.
  private mutating func checkWraps(of log: AccountLog, at relay: MeteredRelay) async {
    for epoch in log.epochs {
      for digest in epoch.header.wraps + epoch.laterWraps
      where digest.device == view.device && log.activeMember(digest.device) != nil && !Task.isCancelled {
        verification.entryCount += 1
        let thing = "wrap of epoch \(epoch.header.number) for \(digest.device)"
        do throws(RelayError) {
          let wrap = try await relay.wrap(
            of: log.account, epoch: epoch.header.number, for: digest.device)
          guard let wrap else {
            fail(.relay, thing, "it is not there")
            continue
          }
          if EpochWrap.hash(wrap) != digest.wrapHash {
            fail(.relay, thing, "it is not the one that the log names")
          }
        } catch { fail(.relay, thing, error.reason) }
      }
    }
  }
}
