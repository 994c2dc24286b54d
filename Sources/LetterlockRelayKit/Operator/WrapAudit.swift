internal import LetterlockFormat

/// Whether the wraps of epoch secrets are those that the log names, for the devices that are active, and no others.
struct WrapAudit {
  private let log: AccountLog
  private let rows: any RelayRows

  init(_ log: AccountLog, _ rows: any RelayRows) { (self.log, self.rows) = (log, rows) }

  /// Whether every active device has a wrap of the newest epoch that it can read: with it, links lead to the others.
  var isNewestReadable: Bool {
    get throws(RelayError) {
      for digest in digests(of: log.newestEpoch) {
        guard try find(digest, of: log.newestEpoch) != nil else { return false }
      }
      return true
    }
  }

  /// What is wrong, and what is not as it was and harms nobody: a wrap of an older epoch that was not given back.
  func findings() throws(RelayError) -> (problems: [String], notes: [String]) {
    var (problems, notes): ([String], [String]) = ([], [])
    let newest = log.newestEpoch.header.number
    for epoch in log.epochs {
      let number = epoch.header.number
      for digest in digests(of: epoch) {
        let thing = "the wrap of epoch \(number) for \(digest.device)"
        guard let wrap = try find(digest, of: epoch) else {
          let text = "\(thing) is not there"
          if number == newest { problems.append(text) } else { notes.append(text) }
          continue
        }
        if EpochWrap.hash(wrap) != digest.wrapHash {
          problems.append("\(thing) is not the one that the log names")
        }
      }
    }
    return (problems + (try strayProblems()), notes)
  }

  /// Wraps that no active device may ask for.
  private func strayProblems() throws(RelayError) -> [String] {
    var problems: [String] = []
    for row in try rows.all(in: .wrap) {
      let number = try row.count(1)
      guard let device = try? DeviceID(bytes: try row.bytes(0)), log.activeMember(device) != nil,
        let place = Int(exactly: number), log.epochs.indices.contains(place),
        log.epochs[place].wrapHash(for: device) != nil
      else {
        problems.append("a wrap of epoch \(number) is for a device that has none")
        continue
      }
    }
    return problems
  }

  private func digests(of epoch: AccountLog.Epoch) -> [WrapDigest] {
    (epoch.header.wraps + epoch.laterWraps).filter { log.activeMember($0.device) != nil }
  }

  private func find(_ digest: WrapDigest, of epoch: AccountLog.Epoch) throws(RelayError) -> [UInt8]? {
    try LogRows(rows).wrap(epoch: epoch.header.number, for: digest.device)
  }
}
