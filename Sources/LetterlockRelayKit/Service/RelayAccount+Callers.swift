internal import LetterlockFormat

/// Whom the table of SPEC.md section 7.7 lets make a call.
enum CallAccess: Sendable {
  /// Any active device, or the recovery device.
  case reader
  /// This device, if it is one of those.
  case itself(DeviceID)
  /// The recovery device.
  case recovery
  /// Any active device but the recovery device.
  case writer
  /// This device, if it is one of those.
  case author(DeviceID)
}

/// Who may do what. SPEC.md section 7.7.
extension RelayAccount {
  /// Checks that a caller may make a call.
  /// - Throws: `RelayError.unknownAccount`, as if the account were not there.
  func check(_ caller: RelayCaller, _ access: CallAccess) throws(RelayError) {
    guard let device = caller.device, log.activeMember(device) != nil else { throw .unknownAccount }
    let isAllowed =
      switch access {
      case .reader: true
      case .itself(let named): device == named
      case .recovery: device == log.recoveryDevice
      case .writer: device != log.recoveryDevice
      case .author(let named): device == named && device != log.recoveryDevice
      }
    guard isAllowed else { throw .unknownAccount }
  }

  /// Checks that a caller that may make a call may also change something now. SPEC.md section 7.8.
  func checkTurn(of caller: RelayCaller, at moment: RelayMoment) throws(RelayError) {
    guard let device = caller.device else { throw .unknownAccount }
    try checkNotMoved()
    try control.check(device, of: log, at: moment)
  }

  /// Checks that the account was not moved to another relay: two that both take writes would fork it. SPEC.md section 7.9.
  func checkNotMoved() throws(RelayError) { if isMoved { throw .accountMoved } }

  /// Reserves the next moments for the signer of a `remove` that was refused because something else came first, if it may have
  /// them. Returns whether it has.
  mutating func giveTurn(
    for entry: LogEntry, refused error: RelayError, to caller: RelayCaller, at moment: RelayMoment
  ) -> Bool {
    guard error.isOvertaken, case .remove(let remove) = entry.content.change, let device = caller.device,
      device == entry.content.signer, device != log.recoveryDevice, isSigned(entry, by: device),
      remove.devices.contains(where: { removable($0, by: device) })
    else { return false }
    let before = control
    return control.giveTurn(to: device, of: log, at: moment) && control != before
  }

  private func removable(_ device: DeviceID, by remover: DeviceID) -> Bool {
    device != remover && device != log.recoveryDevice && log.activeMember(device) != nil
  }

  private func isSigned(_ entry: LogEntry, by device: DeviceID) -> Bool {
    guard let member = log.activeMember(device), let signature = entry.signatures.first,
      signature.device == device
    else { return false }
    return member.bundle.signingKeys.isValid(
      signature.signature, for: .logEntry, account: log.account, body: entry.content.encoded)
  }

  /// The index below which a caller may read the log: its end for an active device, the entry after the one that removed
  /// it for a device that was removed.
  /// - Throws: `RelayError.unknownAccount` for any other caller.
  func endOfLog(for caller: RelayCaller) throws(RelayError) -> UInt64 {
    guard let member = caller.device.flatMap({ log.members[$0] }) else { throw .unknownAccount }
    return member.removal.map { $0.entry + 1 } ?? log.nextIndex
  }
}

extension RelayError {
  /// Whether something else came first.
  fileprivate var isOvertaken: Bool {
    switch self {
    case .staleLogHead, .staleHistory: true
    default: false
    }
  }
}
