public import LetterlockFormat

/// Whether a `Relay` keeps the rules of SPEC.md section 7 that a device counts on.
public enum RelayConformance {
  /// Runs every check, each on a relay that `makeRelay` makes, in which accounts may keep any number of bytes. Its policy
  /// is `RelayPolicy.standard`, and its clock shows the system's time.
  /// - Returns: What is wrong, a sentence each; nothing if the relay conforms.
  public static func findings(_ makeRelay: @Sendable () async throws -> any Relay) async -> [String] {
    await Findings.of(
      [
        ("each caller gets what it may have", callersGetWhatTheyMay),
        ("an account that is not there is unknown to everyone", strangersAccountsAreUnknown),
        ("a write that is repeated changes nothing", repeatedWritesChangeNothing),
        ("records come back, proven", recordsComeBack),
        ("erased records are gone", erasedRecordsAreGone),
        ("a recovery device leads to one account", recoveryDevicesLeadToOneAccount),
        ("an unfinished upload of a removed device is collected", removedUploadsAreCollected),
        ("an upload that its device did not sign is refused", unsignedUploadsAreRefused),
        ("an account that was erased says so", erasedAccountsSaySo),
        ("an order to erase waits unless the recovery device gave it", ordersToEraseWait),
        ("a log entry voids an order to erase", entriesVoidOrders),
        ("an announced recovery device leads nowhere yet", announcedRecoveryDevicesLeadNowhere),
        ("an account that is held takes nobody else's writes", holdsKeepOthersOff),
        ("a device whose removal was overtaken is next", overtakenRemovalsAreNext),
        ("entries of a device are counted", entriesAreCounted),
        ("a device that joins shares what the other may send", joiningDevicesShare),
        ("a mailbox keeps messages in order", mailboxesKeepOrder),
      ], makeRelay)
  }

  /// What a call brings.
  private static func outcome(
    of row: AccessRow, _ scene: AccessScene, as kind: CallerKind
  ) async throws -> CallOutcome {
    do { return try await row.call(scene, scene.caller(kind)) ? .done : .nothing } catch let error
      as RelayError
    {
      return .refused(error)
    }
  }

  @Sendable private static func callersGetWhatTheyMay(
    _ relay: any Relay, _ findings: inout Findings
  ) async throws {
    let scene = try await AccessScene(at: relay)
    for row in AccessRow.all {
      // Whoever is refused comes first: nothing changes by it. At most one call of each row changes something.
      for kind in CallerKind.allCases {
        guard let wanted = row.outcomes[kind] else {
          findings.expect(false, "\(row.name) says nothing of \(kind)")
          continue
        }
        let found = try await outcome(of: row, scene, as: kind)
        findings.expect(found, is: wanted, "\(row.name) by \(kind) gets")
      }
    }
  }

  /// An account without a relay's knowledge gets the answers that a caller gets who may not ask.
  @Sendable private static func strangersAccountsAreUnknown(
    _ relay: any Relay, _ findings: inout Findings
  ) async throws {
    var scene = try await AccessScene(at: relay)
    let known = scene
    scene.account = try TestAccount(checkpointKey: try await relay.checkpointKey(as: .anyone))
    scene.account.checkpoint = known.account.checkpoint
    for row in AccessRow.all
    where row.outcomes[.anyone] == .refused(.unknownAccount) && row.operation != "eraseAccount" {
      for kind in [CallerKind.anyone, .stranger, .removed, .author] {
        let found = try await outcome(of: row, scene, as: kind)
        findings.expect(found, is: .refused(.unknownAccount), "\(row.name) by \(kind) gets")
      }
    }
  }

  @Sendable private static func repeatedWritesChangeNothing(
    _ relay: any Relay, _ findings: inout Findings
  ) async throws {
    var account = try await TestAccount(at: relay)
    try await relay.createAccount(account.create, wraps: account.firstWraps, as: .anyone)
    let records = [account.record(1)]
    let signedBatch = try account.append(records)
    try await account.send(records, to: relay)
    let (entry, wraps) = try account.epochEntry(for: [account.keys, account.recovery]) { .epoch($0) }
    try await account.send(entry, wraps, to: relay)
    try await account.send(try account.entry(.update(highestVersion: 1)), [], to: relay)
    let upload = try account.upload(of: [1, 2, 3])
    _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    let usage = try await relay.usage(of: account.id, as: account.caller)

    let again = try await relay.append(signedBatch, records: records, to: account.id, as: account.caller)
    findings.expect(again.firstLeaf == nil, "a signed batch is taken twice")
    findings.expect(again.checkpoint.treeSize, is: 1, "the size of the history is")
    // However old the entry is.
    try await relay.appendLogEntry(entry, wraps: wraps, to: account.id, as: account.caller)
    let received = try await relay.beginBlob(upload, of: account.id, as: account.caller)
    findings.expect(received, is: 0, "bytes of an upload that was begun twice")
    let entries = try await relay.logEntries(of: account.id, from: 0, as: account.caller)
    findings.expect(entries.map(\.head), is: account.log.heads, "the log is")
    let after = try await relay.usage(of: account.id, as: account.caller)
    findings.expect(after, is: usage, "what the account keeps is")
  }

  @Sendable private static func recordsComeBack(
    _ relay: any Relay, _ findings: inout Findings
  ) async throws {
    var account = try await TestAccount(at: relay)
    for count in [1, 300, 7] {
      try await account.send((0..<count).map { account.record(UInt8($0 % 5)) }, to: relay)
    }
    var history = History()
    while history.tree.size < account.history.tree.size {
      let before = history.tree.size
      let page = try await relay.history(
        of: account.id, from: before, maximumByteCount: 1, as: account.caller)
      for batch in page.batches { try history.accept(batch, of: account.log) }
      let consistency = page.consistency?.holds(old: history.tree.root, new: page.checkpoint.treeRoot)
      findings.expect(
        consistency ?? (history.tree.root == page.checkpoint.treeRoot),
        "a page is not shown to begin the history")
      guard history.tree.size > before else { break }
    }
    findings.expect(history.tree == account.history.tree, "it is another history")
    let listing = try await relay.newestStreams(
      before: .max, limit: 3, knownSize: 1, of: account.id, as: account.caller)
    let proven = try listing.page.proven(in: account.log)
    findings.expect(
      proven.map(\.leaf), is: [305, 306, 307].map { UInt64($0) }, "the newest records of streams are")
    let key = try await relay.checkpointKey(as: .anyone)
    findings.expect(listing.page.checkpoint.isSigned(by: key), "a checkpoint is not signed")
  }
}
