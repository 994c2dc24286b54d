internal import LetterlockFormat

/// Orders to erase, and recovery devices, that wait.
extension RelayConformance {
  @Sendable static func ordersToEraseWait(_ relay: any Relay, _ findings: inout Findings) async throws {
    var account = try await TestAccount(at: relay)
    let other = try DeviceKeys()
    try await account.add(other, at: relay)
    try await account.send([account.record(1)], to: relay)
    guard let checkpoint = account.checkpoint else { return }
    let order = try AccountErasure(of: checkpoint, at: .now, by: other)
    let before = Timestamp.now
    let pending = try await relay.eraseAccount(order, of: account.id, as: .device(other))
    findings.expect(pending?.order == order, "another order, or none, waits")
    let wait = (pending?.takesEffect ?? before).nanosecondsSince1970 - before.nanosecondsSince1970
    // Clocks may differ by an hour.
    let hours = wait / 3_600_000_000_000
    findings.expect((71...73).contains(hours), "the order waits for \(hours) hours")
    let shown = try await relay.pendingErasure(of: account.id, as: account.caller)
    findings.expect(shown == pending, "another device is shown another order")
    // Records come and void nothing; the order once more, and another one, change nothing.
    try await account.send([account.record(2)], to: relay)
    let again = try await relay.eraseAccount(order, of: account.id, as: .device(other))
    findings.expect(again == pending, "the order once more is answered otherwise")
    guard let newest = account.checkpoint else { return }
    let late = try AccountErasure(of: newest, at: .now, by: account.keys)
    let first = try await relay.eraseAccount(late, of: account.id, as: account.caller)
    findings.expect(first == pending, "a second order takes the place of the first")
    // The recovery device does not wait.
    let final = try AccountErasure(of: newest, at: .now, by: account.recovery)
    let recovery = RelayCaller.device(account.recovery)
    let left = try await relay.eraseAccount(final, of: account.id, as: recovery)
    findings.expect(left == nil, "the recovery device's order waits")
  }

  @Sendable static func entriesVoidOrders(_ relay: any Relay, _ findings: inout Findings) async throws {
    var account = try await TestAccount(at: relay)
    let restored = try DeviceKeys()
    for isRestored in [false, true] {
      try await account.send([account.record(1)], to: relay)
      guard let checkpoint = account.checkpoint else { return }
      let order = try AccountErasure(of: checkpoint, at: .now, by: account.keys)
      let pending = try await relay.eraseAccount(order, of: account.id, as: account.caller)
      findings.expect(pending != nil, "the order does not wait")
      let (entry, wraps) =
        isRestored
        ? try account.restoration(of: restored) : (try account.entry(.update(highestVersion: 1)), [])
      try await account.send(entry, wraps, to: relay)
      let recovery = RelayCaller.device(account.recovery)
      let left = try await relay.pendingErasure(of: account.id, as: recovery)
      findings.expect(left == nil, "the order waits after an entry")
      let device = isRestored ? RelayCaller.device(restored) : account.caller
      let usage = try await relay.usage(of: account.id, as: device)
      findings.expect(usage.records > 0, "the records are gone")
    }
    do throws(RelayError) {
      _ = try await relay.usage(of: account.id, as: account.caller)
      findings.expect(false, "a device that was not kept still reads")
    } catch { findings.expect(error, is: .unknownAccount, "a device that was not kept gets") }
  }

  @Sendable static func announcedRecoveryDevicesLeadNowhere(
    _ relay: any Relay, _ findings: inout Findings
  ) async throws {
    var account = try await TestAccount(at: relay)
    let thief = try await TestAccount(at: relay)
    let (new, old) = (try DeviceKeys(), account.recovery)
    // One that is another account's is refused.
    let theft = try thief.announcement(of: account.recovery)
    await expect(.accountExists, "announcing another account's recovery device", &findings) {
      () async throws(RelayError) in
      try await relay.appendLogEntry(theft, wraps: [], to: thief.id, as: thief.caller)
    }
    let announcement = try account.announcement(of: new)
    try await account.send(announcement, [], to: relay)
    let found = try await relay.account(recoveredBy: new.deviceID, as: .device(new))
    findings.expect(found, is: nil, "the announced recovery device leads to")
    let still = try await relay.account(recoveredBy: old.deviceID, as: .device(old))
    findings.expect(still, is: account.id, "the recovery device leads to")
    // Nobody else takes it meanwhile.
    let second = try thief.announcement(of: new)
    await expect(.accountExists, "announcing what another account announced", &findings) {
      () async throws(RelayError) in
      try await relay.appendLogEntry(second, wraps: [], to: thief.id, as: thief.caller)
    }
    let checkpoint = try await account.newestCheckpoint(at: relay)
    let (early, wraps) = try account.completion(of: new, from: checkpoint, to: checkpoint)
    await expect(.entryRefused(.tooSoon), "completing at once", &findings) { () async throws(RelayError) in
      try await relay.appendLogEntry(early, wraps: wraps, to: account.id, as: account.caller)
    }
  }

  /// Notes whatever a call gets but this error.
  static func expect(
    _ wanted: RelayError, _ what: String, _ findings: inout Findings,
    _ call: () async throws(RelayError) -> Void
  ) async {
    do throws(RelayError) {
      try await call()
      findings.expect(false, "\(what) is accepted")
    } catch { findings.expect(error, is: wanted, "\(what) gets") }
  }
}
