internal import LetterlockFormat

/// Holds, turns and rates. SPEC.md section 7.8.
extension RelayConformance {
  @Sendable static func holdsKeepOthersOff(_ relay: any Relay, _ findings: inout Findings) async throws {
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1)], to: relay)
    let recovery = RelayCaller.device(account.recovery)
    let id = account.id
    let ends = [
      try await relay.hold(id, as: recovery), try await relay.hold(id, as: recovery),
    ]
    findings.expect(ends[0] <= ends[1], "a hold that is renewed ends earlier")
    for (name, write) in try writes(of: account, at: relay) {
      do throws(RelayError) {
        try await write()
        findings.expect(false, "\(name) is accepted")
      } catch {
        guard case .recoveryUnderway(let wait) = error else {
          findings.expect(false, "\(name) gets \(error)")
          continue
        }
        findings.expect(wait > .zero && wait <= .seconds(600), "\(name) is to wait for \(wait)")
      }
    }
    let page = try await relay.history(of: id, from: 0, maximumByteCount: 1, as: account.caller)
    findings.expect(page.checkpoint.treeSize, is: 1, "the size of the history is")
    // The recovery device goes on; the hold goes with its release.
    let restored = try DeviceKeys()
    try await account.add(restored, by: account.recovery, at: relay)
    try await relay.release(id, as: recovery)
    try await account.send([account.record(3)], by: restored, to: relay)
  }

  /// Every write of an account, by its first device.
  private static func writes(
    of account: TestAccount, at relay: any Relay
  ) throws -> [(String, () async throws(RelayError) -> Void)] {
    let (records, upload) = ([account.record(2)], try account.upload(of: [1]))
    let (batch, update) = (try account.append(records), try account.entry(.update(highestVersion: 1)))
    guard let checkpoint = account.checkpoint else { return [] }
    let order = try AccountErasure(of: checkpoint, at: .now, by: account.keys)
    let removal = try BlobRemoval(
      of: [upload.blob], knownCheckpoint: checkpoint, by: account.keys, account: account.id)
    let (id, caller) = (account.id, account.caller)
    return [
      (
        "append",
        { () async throws(RelayError) in
          _ = try await relay.append(batch, records: records, to: id, as: caller)
        }
      ),
      (
        "appendLogEntry",
        { () async throws(RelayError) in
          try await relay.appendLogEntry(update, wraps: [], to: id, as: caller)
        }
      ),
      (
        "beginBlob",
        { () async throws(RelayError) in _ = try await relay.beginBlob(upload, of: id, as: caller) }
      ),
      (
        "writeBlob",
        { () async throws(RelayError) in
          try await relay.writeBlob(upload.blob, of: id, at: 0, [1], as: caller)
        }
      ),
      (
        "removeBlobs",
        { () async throws(RelayError) in try await relay.removeBlobs(removal, of: id, as: caller) }
      ),
      (
        "eraseAccount",
        { () async throws(RelayError) in
          _ = try await relay.eraseAccount(order, of: id, as: caller)
        }
      ),
    ]
  }

  @Sendable static func overtakenRemovalsAreNext(_ relay: any Relay, _ findings: inout Findings) async throws
  {
    var account = try await TestAccount(at: relay)
    let (bot, witness) = (try DeviceKeys(), try DeviceKeys())
    for device in [bot, witness] { try await account.add(device, by: account.recovery, at: relay) }
    let (late, lateWraps) = try account.removal(of: [bot], keeping: [witness])
    try await account.send(try account.entry(.update(highestVersion: 1), by: bot), [], to: relay)
    let next = try account.entry(.update(highestVersion: 1), by: bot)
    let start = ContinuousClock.now
    await expect(.staleLogHead(newest: account.log.head), "a removal that was overtaken", &findings) {
      () async throws(RelayError) in
      try await relay.appendLogEntry(late, wraps: lateWraps, to: account.id, as: account.caller)
    }
    do throws(RelayError) {
      try await relay.appendLogEntry(next, wraps: [], to: account.id, as: .device(bot))
      // On a machine that is busy the turn may be over.
      let isOver = ContinuousClock.now - start > .seconds(2)
      findings.expect(isOver, "another device comes first again")
      return
    } catch {
      guard case .removalUnderway(let wait) = error else {
        findings.expect(false, "another device gets \(error)")
        return
      }
      findings.expect(wait > .zero && wait <= .seconds(3), "another device is to wait for \(wait)")
    }
    let (removal, wraps) = try account.removal(of: [bot], keeping: [witness])
    try await account.send(removal, wraps, to: relay)
    // The turn ends with the removal.
    try await account.send([account.record(1)], by: witness, to: relay)
  }

  @Sendable static func entriesAreCounted(_ relay: any Relay, _ findings: inout Findings) async throws {
    var account = try await TestAccount(at: relay)
    for _ in 0..<16 { try await account.send(try account.entry(.update(highestVersion: 1)), [], to: relay) }
    findings.expect(
      await wait(of: account.keys, account, relay), is: true, "after 16 entries, the first device has to wait"
    )
    for _ in 0..<2 {
      let entry = try account.entry(.update(highestVersion: 1), by: account.recovery)
      try await account.send(entry, [], to: relay)
    }
    let joiner = try DeviceKeys()
    try await account.add(joiner, by: account.recovery, at: relay)
    findings.expect(await wait(of: joiner, account, relay), is: false, "a new device has to wait")
  }

  @Sendable static func joiningDevicesShare(_ relay: any Relay, _ findings: inout Findings) async throws {
    var account = try await TestAccount(at: relay)
    let joiner = try DeviceKeys()
    // 16 less the addition itself are 15: seven whole entries for each.
    try await account.add(joiner, at: relay)
    for signer in [joiner, account.keys] {
      for _ in 0..<7 {
        let entry = try account.entry(.update(highestVersion: 1), by: signer)
        try await account.send(entry, [], to: relay)
      }
      findings.expect(
        await wait(of: signer, account, relay), is: true,
        "after seven entries, \(signer.deviceID) has to wait")
    }
  }

  /// Whether a device has to wait before it sends an entry, and for a time that makes sense.
  private static func wait(
    of signer: DeviceKeys, _ account: TestAccount, _ relay: any Relay
  ) async -> Bool? {
    guard let entry = try? account.entry(.update(highestVersion: 1), by: signer) else { return nil }
    do throws(RelayError) {
      try await relay.appendLogEntry(entry, wraps: [], to: account.id, as: .device(signer))
      return false
    } catch {
      guard case .tooManyEntries(let wait) = error else { return nil }
      return wait > .zero && wait <= .seconds(600)
    }
  }
}
