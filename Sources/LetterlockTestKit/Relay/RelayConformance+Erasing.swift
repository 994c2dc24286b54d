internal import CryptoCore
internal import LetterlockFormat

/// What goes, and what leads to what.
extension RelayConformance {
  @Sendable static func erasedRecordsAreGone(_ relay: any Relay, _ findings: inout Findings) async throws {
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1), account.record(2)], to: relay)
    let before = try await relay.usage(of: account.id, as: account.caller).records
    let size = UInt64(account.record(1).count)
    try await account.send([account.record(3)], erasing: [0], to: relay)
    let page = try await relay.history(of: account.id, from: 0, maximumByteCount: .max, as: account.caller)
    findings.expect(
      page.batches.flatMap(\.records) == [nil, account.record(2), account.record(3)],
      "other records are there")
    findings.expect(page.batches.last?.erasures, is: [0], "the batch erases")
    var history = History()
    for batch in page.batches { try history.accept(batch, of: account.log) }
    findings.expect(history.absent, is: [], "of the records are absent")
    let signed = UInt64(page.batches.last?.signedBatch.encoded.count ?? 0)
    let after = try await relay.usage(of: account.id, as: account.caller).records
    findings.expect(after, is: before + signed, "what records take, one that came and one that went, is")
    findings.expect(size == UInt64(account.record(3).count), "the records are of one size")
    let listing = try await relay.newestStreams(
      before: .max, limit: 9, knownSize: 0, of: account.id, as: account.caller)
    findings.expect(listing.sizes.count, is: 2, "streams that have records are")
  }

  @Sendable static func unsignedUploadsAreRefused(
    _ relay: any Relay, _ findings: inout Findings
  ) async throws {
    let account = try await TestAccount(at: relay)
    let bytes = try account.upload(of: [1, 2, 3]).encoded
    // Each field that is signed, and the signature itself.
    for place in [1, 56, 57, 88, 89, 152] {
      var altered = bytes
      altered[place] ^= 1
      let upload = try BlobUpload(decoding: altered)
      var refusal: RelayError?
      do throws(RelayError) {
        _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
      } catch { refusal = error }
      findings.expect(refusal, is: .blobRefused, "an upload with byte \(place) altered gets")
    }
    let listed = try await relay.blobs(of: account.id, after: nil, as: account.caller)
    findings.expect(listed.count, is: 0, "uploads that were begun are")
  }

  @Sendable static func recoveryDevicesLeadToOneAccount(
    _ relay: any Relay, _ findings: inout Findings
  ) async throws {
    var account = try await TestAccount(at: relay)
    let thief = try await TestAccount(at: relay)
    let (new, old) = (try DeviceKeys(), account.recovery)
    let (entry, wraps) = try account.replacement(by: new)
    // The recovery device signed; the device sends.
    try await relay.appendLogEntry(entry, wraps: wraps, to: account.id, as: account.caller)
    try account.log.append(entry)
    let found = try await relay.account(recoveredBy: new.deviceID, as: .device(new))
    findings.expect(found, is: account.id, "the new recovery device leads to")
    let forgotten = try await relay.account(recoveredBy: old.deviceID, as: .device(old))
    findings.expect(forgotten, is: nil, "the old recovery device leads to")
    let (theft, stolen) = try thief.replacement(by: new)
    do throws(RelayError) {
      try await relay.appendLogEntry(theft, wraps: stolen, to: thief.id, as: thief.caller)
      findings.expect(false, "a recovery device becomes another account's too")
    } catch { findings.expect(error, is: .accountExists, "a recovery device for another account gets") }
    let own = thief.recovery
    let still = try await relay.account(recoveredBy: own.deviceID, as: .device(own))
    findings.expect(still, is: thief.id, "an account that was refused another recovery device is led to")
  }

  @Sendable static func removedUploadsAreCollected(
    _ relay: any Relay, _ findings: inout Findings
  ) async throws {
    var account = try await TestAccount(at: relay)
    let leaver = try DeviceKeys()
    let (entry, wraps) = try account.addition(of: leaver)
    try await account.send(entry, wraps, to: relay)
    let upload = try account.upload(of: [1, 2, 3, 4], by: leaver)
    _ = try await relay.beginBlob(upload, of: account.id, as: .device(leaver))
    try await relay.writeBlob(upload.blob, of: account.id, at: 0, [1, 2], as: .device(leaver))
    let hidden = try await relay.blobs(of: account.id, after: nil, as: account.caller)
    findings.expect(hidden, is: [], "another device's unfinished uploads are listed as")
    let (removal, newWraps) = try account.epochEntry(for: [account.keys, account.recovery]) {
      .remove(.init(devices: [leaver.deviceID], epoch: $0))
    }
    try await account.send(removal, newWraps, to: relay)
    try await account.send([account.record(1)], to: relay)
    let shown = try await relay.blobs(of: account.id, after: nil, as: account.caller)
    findings.expect(shown.map(\.upload), is: [upload], "a removed device's unfinished uploads are listed as")
    guard let checkpoint = account.checkpoint else { return }
    let collecting = try BlobRemoval(
      of: [upload.blob], knownCheckpoint: checkpoint, by: account.keys, account: account.id)
    try await relay.removeBlobs(collecting, of: account.id, as: account.caller)
    let usage = try await relay.usage(of: account.id, as: account.caller)
    findings.expect(usage.blobs, is: 0, "what attachments take is")
  }

  @Sendable static func erasedAccountsSaySo(_ relay: any Relay, _ findings: inout Findings) async throws {
    var account = try await TestAccount(at: relay)
    try await account.send([account.record(1)], to: relay)
    guard let checkpoint = account.checkpoint else { return }
    let order = try AccountErasure(of: checkpoint, at: .now, by: account.recovery)
    let recoveryCaller = RelayCaller.device(account.recovery)
    for _ in 0..<2 {
      let pending = try await relay.eraseAccount(order, of: account.id, as: recoveryCaller)
      findings.expect(pending == nil, "the recovery device's order waits")
    }
    for (caller, isTold) in [(account.caller, true), (.anyone, false)] {
      do throws(RelayError) {
        _ = try await relay.history(of: account.id, from: 0, maximumByteCount: 1, as: caller)
        findings.expect(false, "it still shows a history")
      } catch {
        if isTold, case .accountErased(let completed) = error {
          findings.expect(completed.order == order, "it answers with another order")
          let holds = (try? completed.check(against: account.log)) != nil
          findings.expect(holds, "what it answers with breaks a rule")
        } else {
          findings.expect(!isTold && error == .unknownAccount, "it answers \(caller) with \(error)")
        }
      }
    }
    let entries = try await relay.logEntries(of: account.id, from: 0, as: account.caller)
    findings.expect(entries == [account.create], "its log is not there")
    let recovery = account.recovery
    let found = try await relay.account(recoveredBy: recovery.deviceID, as: .device(recovery))
    findings.expect(found, is: account.id, "the recovery device leads to")
    do throws(RelayError) {
      try await relay.createAccount(account.create, wraps: account.firstWraps, as: .anyone)
      findings.expect(false, "it begins again")
    } catch { findings.expect(error, is: .accountExists, "beginning it again gets") }
  }

  @Sendable static func mailboxesKeepOrder(_ relay: any Relay, _ findings: inout Findings) async throws {
    let mailbox = MailboxID(unchecked: SecureRandom.bytes(32))
    let messages = (0..<RelayLimits.messageCount).map { [UInt8](repeating: UInt8($0), count: $0) }
    for message in messages { try await relay.post(message, to: mailbox, as: .anyone) }
    let found = try await relay.messages(in: mailbox, as: .anyone)
    findings.expect(found, is: messages, "the messages are")
    let other = MailboxID(unchecked: SecureRandom.bytes(32))
    let large = [UInt8](repeating: 0, count: RelayLimits.messageByteCount + 1)
    for (message, mailbox) in [([1], mailbox), (large, other)] {
      do throws(RelayError) {
        try await relay.post(message, to: mailbox, as: .anyone)
        findings.expect(false, "one message too many, or one that is too large, is taken")
      } catch { findings.expect(error, is: .tooLarge, "what is too much gets") }
    }
  }
}
