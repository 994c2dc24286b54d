@testable import LetterlockFormat

/// The entries of the log that the processes of one device sent, received or not: a relay that lies may have kept each.
/// SPEC.md section 3.4.
struct SentEntries: Sendable {
  private struct Place: Hashable {
    let signer: DeviceID
    let predecessor: LogHead
  }

  private var newest: [Place: LogEntryContent] = [:]
  /// The first rule that was broken.
  var fault: String?

  /// Notes an entry. Nobody signs a second one on a predecessor, unless the history has grown since the first began an
  /// epoch: with both a relay could split the account.
  mutating func note(_ entry: LogEntryContent) {
    let place = Place(signer: entry.signer, predecessor: entry.predecessor)
    let known = newest.updateValue(entry, forKey: place)
    guard let known, known != entry else { return }
    if let first = known.change.epoch?.treeSize, entry.change.epoch.map({ $0.treeSize > first }) ?? true {
      return
    }
    let changes = [known, entry].map { SimulationTrace.label(of: $0.change) }
    fault = fault ?? "signed two entries on one predecessor: \(changes.joined(separator: ", "))"
  }
}
