package import LetterlockFormat

/// A relay that a server offers over a network: it has what the server needs to tell who calls. SPEC.md section 13.3.
package protocol ServedRelay: Relay {
  /// What the relay signs checkpoints with, in all its processes.
  var servedKey: CheckpointKey { get }

  /// The relay's time.
  var servedTime: Timestamp { get }

  /// Whether the relay takes back what it lost: whether it was restored from a backup.
  var takesBack: Bool { get }

  /// Returns the public keys of a device that is in an account's log, whether it is active or not; nil if there is no
  /// such account, or no such device in it.
  func signingKeys(of device: DeviceID, in account: AccountID) async throws(RelayError) -> SigningKeys?

  /// Returns how far an account has come, as far as a caller may know. What is known of the account's rows in this version
  /// is not read again; nil reads them.
  func extent(of account: AccountID, version: UInt64?, as caller: RelayCaller) async throws(RelayError)
    -> AccountExtent

  /// Returns what waits for an account to go on.
  func listener(for account: AccountID) -> AccountListener
}

/// How far an account has come.
package struct AccountExtent: Hashable, Sendable {
  /// How many entries of the log the caller may read.
  package let entryCount: UInt64
  /// How many records the history has; nil for a device that was removed.
  package let recordCount: UInt64?
}

extension RelayService: ServedRelay {
  package var servedKey: CheckpointKey { key }

  package var servedTime: Timestamp { clock() }

  package var takesBack: Bool { false }

  package func signingKeys(
    of device: DeviceID, in account: AccountID
  ) async throws(RelayError) -> SigningKeys? {
    // A device's identifier is the hash of its keys: what was verified once holds for ever.
    if let known = accounts[account]?.rules.log.members[device] { return known.bundle.signingKeys }
    do throws(RelayError) {
      return try await loading(account) { (_, rules) throws(RelayError) in
        rules.log.members[device]?.bundle.signingKeys
      }
    } catch {
      guard error == .unknownAccount else { throw error }
      return nil
    }
  }
}

extension RelayService {
  package func extent(
    of account: AccountID, version: UInt64?, as caller: RelayCaller
  ) async throws(RelayError) -> AccountExtent {
    if let version, let known = accounts[account], known.version == version {
      return try known.rules.extent(for: caller)
    }
    return try await loading(account) { (_, rules) throws(RelayError) in try rules.extent(for: caller) }
  }

  package func listener(for account: AccountID) -> AccountListener { watch.listener(for: account) }
}

extension RelayAccount {
  fileprivate func extent(for caller: RelayCaller) throws(RelayError) -> AccountExtent {
    let entryCount = try endOfLog(for: caller)
    let isActive = caller.device.flatMap { log.activeMember($0) } != nil
    return AccountExtent(entryCount: entryCount, recordCount: isActive ? history.tree.size : nil)
  }
}

extension RestoredRelay: ServedRelay {
  package var servedKey: CheckpointKey { service.servedKey }

  package var servedTime: Timestamp { service.servedTime }

  package var takesBack: Bool { true }

  package func signingKeys(
    of device: DeviceID, in account: AccountID
  ) async throws(RelayError) -> SigningKeys? { try await service.signingKeys(of: device, in: account) }

  package func extent(
    of account: AccountID, version: UInt64?, as caller: RelayCaller
  ) async throws(RelayError) -> AccountExtent {
    try await service.extent(of: account, version: version, as: caller)
  }

  package func listener(for account: AccountID) -> AccountListener { service.listener(for: account) }
}
