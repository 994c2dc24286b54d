internal import LetterlockFormat

/// Who may do what. SPEC.md section 7.
extension RelayAccount {
  /// Checks that a caller is an active device of the account, the recovery device included, and returns it.
  /// - Throws: `RelayError.unknownAccount`, as if the account were not there.
  @discardableResult
  func checkActive(_ caller: RelayCaller) throws(RelayError) -> DeviceID {
    guard let device = caller.device, log.activeMember(device) != nil else { throw .unknownAccount }
    return device
  }

  /// Checks that a caller is an active device of the account, and the one that signed what it sends.
  func check(_ caller: RelayCaller, sentBy signer: DeviceID) throws(RelayError) {
    guard try checkActive(caller) == signer else { throw .notPermitted }
  }

  /// Checks that a caller may send a log entry: its signer, or any active device if the recovery device signed it, since
  /// the person has typed the recovery key there. An entry that is in the log may come again from any active device.
  func check(_ caller: RelayCaller, sends entry: LogEntry) throws(RelayError) {
    let device = try checkActive(caller)
    let signer = entry.content.signer
    guard device == signer || signer == log.recoveryDevice || log.index(of: entry.head) != nil else {
      throw .notPermitted
    }
  }

  /// The index below which a caller may read the log: its end for an active device, the entry after the one that removed
  /// it for a device that was removed.
  /// - Throws: `RelayError.unknownAccount` for any other caller.
  func endOfLog(for caller: RelayCaller) throws(RelayError) -> UInt64 {
    guard let member = caller.device.flatMap({ log.members[$0] }) else { throw .unknownAccount }
    return member.removal.map { $0.entry + 1 } ?? log.nextIndex
  }
}
