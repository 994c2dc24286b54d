internal import LetterlockFormat

/// Whom the table of SPEC.md section 7.7 lets make a call.
enum CallAccess: Sendable {
  /// Any active device, or the recovery device.
  case reader
  /// This device, if it is one of those.
  case itself(DeviceID)
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
      case .writer: device != log.recoveryDevice
      case .author(let named): device == named && device != log.recoveryDevice
      }
    guard isAllowed else { throw .unknownAccount }
  }

  /// The index below which a caller may read the log: its end for an active device, the entry after the one that removed
  /// it for a device that was removed.
  /// - Throws: `RelayError.unknownAccount` for any other caller.
  func endOfLog(for caller: RelayCaller) throws(RelayError) -> UInt64 {
    guard let member = caller.device.flatMap({ log.members[$0] }) else { throw .unknownAccount }
    return member.removal.map { $0.entry + 1 } ?? log.nextIndex
  }
}
