import CryptoCore
import Letterlock
import TLSCodec

/// Entries that come after others than those of the fixed log.
extension LogMaker {
  func wrongInOtherLogs() throws -> [WrongEntry] { try [usedVotes()] + withoutCheckpointKey() }

  /// A recovery by which nothing can be read that was sealed before: the last entry of the fixed log comes before it.
  func unlinkedRecovery() throws -> [LogEntry] {
    let notebook = try TestKeys.keys("notebook")
    let opening = try Self.opening(
      UInt64(openings.count), account: log.account, [desktop, notebook, thirdRecovery], linking: [])
    return [
      try entry(
        .recover(
          .init(
            device: DeviceKeyBundle(of: notebook, createdAt: 1_700_000_600_000), kept: [desktop.deviceID],
            approvers: [desktop.deviceID], highestVersion: 1, epoch: Committed(opening.header))),
        by: thirdRecovery, signedBy: [thirdRecovery, notebook])
    ]
  }

  /// The announcement that the fixed log holds, with the same votes, after it was cancelled.
  private func usedVotes() throws -> WrongEntry {
    let announcement = entries[8]
    let cancellation = try LogEntry(
      LogEntryContent(
        version: .one, predecessor: announcement.head, index: 9, signer: secondRecovery.deviceID,
        change: .cancelRecovery(announcement.head)),
      signedBy: [secondRecovery], account: log.account)
    let again = try LogEntry(
      LogEntryContent(
        version: .one, predecessor: cancellation.head, index: 10, signer: rotatedPhone.deviceID,
        change: announcement.content.change),
      signedBy: [rotatedPhone, thirdRecovery],
      votes: Array(announcement.signatures.dropFirst().dropLast()), account: log.account)
    return WrongEntry(
      name: "the votes of a cancelled announcement", after: 9, then: [cancellation], entry: again)
  }

  /// What takes a relay's checkpoints, in an account that was made without a relay.
  private func withoutCheckpointKey() throws -> [WrongEntry] {
    let none = AccountID(unchecked: [UInt8](repeating: 0, count: 32))
    guard case .create(let create) = entries[0].content.change else { return [] }
    let content = LogEntryContent(
      version: .one, predecessor: LogHead(unchecked: [UInt8](repeating: 0, count: 32)), index: 0,
      signer: phone.deviceID,
      change: .create(
        .init(
          device: create.device, recovery: create.recovery, checkpointKey: Opaque([]), epoch: create.epoch)))
    let first = try LogEntry(content, signedBy: [phone, recovery], account: none)
    let account = try AccountLog(create: first).account
    let new = try fourthRecovery
    func wrong(_ name: String, _ change: AccountChange, by signers: [DeviceKeys]) throws -> WrongEntry {
      let entry = try LogEntry(
        LogEntryContent(
          version: .one, predecessor: first.head, index: 1, signer: phone.deviceID, change: change),
        signedBy: signers, account: account)
      return WrongEntry(name: name, after: 1, of: [first], entry: entry)
    }
    let checkpoint = try Checkpoint(
      account: account, treeSize: 0, treeRoot: HistoryTree().root, logHead: first.head, at: 0, by: relay)
    let later = try Checkpoint(
      account: account, treeSize: 0, treeRoot: HistoryTree().root, logHead: first.head,
      at: CoolingOff.withoutVote, by: relay)
    return [
      try wrong(
        "an announcement without a checkpoint key",
        .announceRecovery(
          .init(recovery: try DeviceKeyBundle(of: new, createdAt: 0), approvers: [phone.deviceID])),
        by: [phone, new]),
      try wrong(
        "a completion without a checkpoint key",
        .completeRecovery(
          .init(
            coolingOff: Committed(CoolingOff(first: checkpoint, second: later)),
            epoch: Committed(try Self.opening(1, account: account, [phone, new]).header))), by: [phone]),
    ]
  }
}
