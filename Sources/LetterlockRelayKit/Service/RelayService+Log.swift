public import LetterlockFormat

/// Accounts, their logs, and wraps.
extension RelayService {
  /// Begins an account.
  public func createAccount(
    _ entry: LogEntry, wraps: [StoredWrap], as caller: RelayCaller
  ) async throws(RelayError) {
    try RelayLimits.check(entry, wraps)
    let rules = try RelayAccount(create: entry, wraps: wraps, quota: quota)
    // After the entry was verified: nobody claims another's recovery device.
    try await claim(rules.log.recoveryDevice, for: rules.log.account)
    let created = StoredAccount(version: StoredAccount.version(at: clock()), rules: rules)
    try await store.write(.account(rules.log.account)) { (rows) throws(RelayError) in
      guard try rows.row(in: .account) == nil else {
        guard try StoredErasure(rows)?.completed == nil else { throw .accountExists }
        return
      }
      guard try AccountSetting(rows).importBegun == nil else { throw .isTakenIn }
      try LogRows.add(entry, wraps, rules.log, to: rows)
      try AccountRows.save(created, after: nil, rows)
    }
  }

  /// Returns the account whose newest recovery device this is.
  public func account(
    recoveredBy device: DeviceID, as caller: RelayCaller
  ) async throws(RelayError) -> AccountID? {
    guard caller.device == device else { return nil }
    let claimant = try await store.read(.recovery(device)) { (rows) throws(RelayError) in
      try Self.claimant(rows)
    }
    guard let claimant, try await isRecoveryDevice(device, of: claimant) else { return nil }
    return claimant
  }

  /// Returns the entries of a log from an index on.
  public func logEntries(
    of account: AccountID, from index: UInt64, as caller: RelayCaller
  ) async throws(RelayError) -> [LogEntry] {
    try await loading(account) { (rows, rules) throws(RelayError) in
      try LogRows(rows).entries(from: index, below: try rules.endOfLog(for: caller))
    }
  }

  /// Adds an entry, and erases the wraps of devices that it removes.
  public func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID, as caller: RelayCaller
  ) async throws(RelayError) {
    try RelayLimits.check(entry, wraps)
    let replaced = try await claimNewRecoveryDevice(of: entry, wraps, account, caller)
    let moment = moment
    let outcome = try await changing(account, as: caller, .reader) {
      (rows, rules) throws(RelayError) -> EntryOutcome in
      do throws(RelayError) {
        return try Self.append(entry, wraps, in: rows, &rules, at: moment)
      } catch {
        guard rules.giveTurn(for: entry, refused: error, to: caller, at: moment) else { throw error }
        // The turn is committed with the refusal.
        return .refused(error)
      }
    }
    if case .refused(let error) = outcome { throw error }
    if let replaced { await dropClaim(of: replaced, by: account) }
    // The entry is accepted even if this must wait.
    if outcome == .acceptedWithErasing { try? await store.scrub() }
  }

  private enum EntryOutcome: Equatable, Sendable {
    case accepted
    /// Wraps were erased.
    case acceptedWithErasing
    /// Nothing changed but whose turn it is.
    case refused(RelayError)
  }

  private static func append(
    _ entry: LogEntry, _ wraps: [StoredWrap], in rows: any WritableRelayRows, _ rules: inout RelayAccount,
    at moment: RelayMoment
  ) throws(RelayError) -> EntryOutcome {
    let before = rules.log
    guard case .new = try rules.accept(entry, wraps: wraps, at: moment) else { return .accepted }
    let left = rules.devicesThatLeft(since: before)
    for device in left {
      rules.usage.subtract(try LogRows.eraseWraps(of: device, in: rows), from: \.log)
    }
    try LogRows.add(entry, wraps, rules.log, to: rows)
    return left.isEmpty ? .accepted : .acceptedWithErasing
  }

  /// Holds an account for its recovery device.
  public func hold(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) -> Timestamp {
    let moment = moment
    return try await changing(account, as: caller, .recovery) { (_, rules) throws(RelayError) in
      rules.control.hold(rules.log, at: moment)
    }
  }

  /// Ends a hold.
  public func release(_ account: AccountID, as caller: RelayCaller) async throws(RelayError) {
    try await changing(account, as: caller, .recovery) { (_, rules) throws(RelayError) in
      rules.control.release()
    }
  }

  /// Returns a device's wrap of an epoch's secret.
  public func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID, as caller: RelayCaller
  ) async throws(RelayError) -> [UInt8]? {
    try await reading(account, as: caller, .itself(device)) { (rows, _) throws(RelayError) in
      try LogRows(rows).wrap(epoch: epoch, for: device)
    }
  }

  /// Returns what the account keeps.
  public func usage(of account: AccountID, as caller: RelayCaller) async throws(RelayError) -> RelayUsage {
    try await reading(account, as: caller) { (_, rules) throws(RelayError) in rules.usage }
  }
}

/// Which recovery device leads to which account: a claim under the device's identifier, made before the account changes
/// and verified against the account's log whenever it counts.
extension RelayService {
  /// Claims the recovery device that an entry brings in, or announces, once the entry is known to be right. Returns the
  /// one that it replaces.
  private func claimNewRecoveryDevice(
    of entry: LogEntry, _ wraps: [StoredWrap], _ account: AccountID, _ caller: RelayCaller
  ) async throws(RelayError) -> DeviceID? {
    switch entry.content.change {
    case .replaceRecovery, .announceRecovery, .completeRecovery: break
    default: return nil
    }
    let moment = moment
    let devices = try await reading(account, as: caller) {
      (_, rules) throws(RelayError) -> (old: DeviceID, new: DeviceID)? in
      var next = rules
      try rules.checkTurn(of: caller, at: moment)
      guard case .new = try next.accept(entry, wraps: wraps, at: moment) else { return nil }
      // An announced one is claimed too, so that no other account takes it before it comes into force.
      return (rules.log.recoveryDevice, next.log.announcement?.recovery.deviceID ?? next.log.recoveryDevice)
    }
    guard let devices else { return nil }
    try await claim(devices.new, for: account)
    if case .announceRecovery = entry.content.change { return nil }
    return devices.old
  }

  /// Claims a recovery device for an account.
  /// - Throws: `RelayError.accountExists` if it is another account's newest.
  func claim(_ device: DeviceID, for account: AccountID) async throws(RelayError) {
    var stale: AccountID?
    // A claim that is left over is replaced; if others do the same at once, one of them gets it.
    for _ in 0..<8 {
      let left = stale
      let holder = try await store.write(.recovery(device)) { (rows) throws(RelayError) -> AccountID in
        if let claimant = try Self.claimant(rows), claimant != left { return claimant }
        try rows.put(.bytes(account.bytes), in: .recovery)
        return account
      }
      guard holder != account else { return }
      guard try await !claims(device, holder) else { throw .accountExists }
      stale = holder
    }
    throw .recoveryDeviceIsClaimed
  }

  /// Drops the claim of a recovery device that was replaced. One that stays is left over, and does no harm.
  func dropClaim(of device: DeviceID, by account: AccountID) async {
    try? await store.write(.recovery(device)) { (rows) throws(RelayError) in
      guard try Self.claimant(rows) == account else { return }
      try rows.remove(.all, in: .recovery)
    }
  }

  private static func claimant(_ rows: any RelayRows) throws(RelayError) -> AccountID? {
    guard let row = try rows.row(in: .recovery) else { return nil }
    guard let account = try? AccountID(bytes: try row.bytes(0)) else {
      throw .corrupted("The account of a recovery device is damaged.")
    }
    return account
  }

  private func isRecoveryDevice(_ device: DeviceID, of account: AccountID) async throws(RelayError) -> Bool {
    try await holds(of: account) { $0.recoveryDevice == device }
  }

  /// Whether an account's log says that a device is its newest recovery device, or is announced to be it.
  private func claims(_ device: DeviceID, _ account: AccountID) async throws(RelayError) -> Bool {
    try await holds(of: account) {
      $0.recoveryDevice == device || $0.announcement?.recovery.deviceID == device
    }
  }

  /// Whether something holds of an account's log; of none that is not there.
  private func holds(
    of account: AccountID, _ condition: @escaping @Sendable (AccountLog) -> Bool
  ) async throws(RelayError) -> Bool {
    do throws(RelayError) {
      return try await loading(account) { (_, rules) throws(RelayError) in condition(rules.log) }
    } catch {
      guard error == .unknownAccount else { throw error }
      return false
    }
  }
}
