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
    let created = StoredAccount(version: 1, rules: rules)
    try await store.write(.account(rules.log.account)) { (rows) throws(RelayError) in
      guard try rows.row(in: .account) == nil else {
        guard try rows.row(in: .erasure) == nil else { throw .accountExists }
        return
      }
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
    let hasErased = try await changing(account, as: caller, .reader) { (rows, rules) throws(RelayError) in
      let erased = RelayAccount.erasesWraps(of: entry, before: rules.log)
      guard case .new = try rules.accept(entry, wraps: wraps) else { return false }
      for device in erased {
        rules.usage.subtract(try LogRows.eraseWraps(of: device, in: rows), from: \.log)
      }
      try LogRows.add(entry, wraps, rules.log, to: rows)
      return !erased.isEmpty
    }
    if let replaced { await release(replaced, by: account) }
    // The entry is accepted even if this must wait.
    if hasErased { try? await store.scrub() }
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
  /// Claims the recovery device that an entry brings in, once the entry is known to be right. Returns the one that it
  /// replaces.
  private func claimNewRecoveryDevice(
    of entry: LogEntry, _ wraps: [StoredWrap], _ account: AccountID, _ caller: RelayCaller
  ) async throws(RelayError) -> DeviceID? {
    guard case .replaceRecovery(let replace) = entry.content.change else { return nil }
    let old = try await reading(account, as: caller) { (_, rules) throws(RelayError) -> DeviceID? in
      var next = rules
      guard case .new = try next.accept(entry, wraps: wraps) else { return nil }
      return rules.log.recoveryDevice
    }
    guard let old else { return nil }
    try await claim(replace.recovery.deviceID, for: account)
    return old
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
      guard try await !isRecoveryDevice(device, of: holder) else { throw .accountExists }
      stale = holder
    }
    throw .unavailable("Other accounts claim the same recovery device.")
  }

  /// Drops the claim of a recovery device that was replaced. One that stays is left over, and does no harm.
  private func release(_ device: DeviceID, by account: AccountID) async {
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
    do throws(RelayError) {
      return try await loading(account) { (_, rules) throws(RelayError) in rules.log.recoveryDevice == device
      }
    } catch {
      guard error == .unknownAccount else { throw error }
      return false
    }
  }
}
