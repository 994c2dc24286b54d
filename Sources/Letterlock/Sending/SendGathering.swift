internal import LetterlockFormat

/// The requests to send that records name, taken one after the other in the order of the history.
///
/// It says the same of requests as a `TimelineIndex` of the same records, and keeps of other messages only their names.
struct SendGathering: Sendable {
  /// Messages by their names.
  private struct Names: Sendable {
    var standing: Set<MessageID> = []
    var erased: Set<MessageID> = []
  }

  private(set) var ledger = SendLedger()
  private var names = Names()
  /// What was gathered of the records that stand before those that this value takes.
  private let before: Names

  init() { before = Names() }

  /// Goes on from the end of a history with what comes after it, and leaves what was gathered of the history as it is.
  init(after history: SendGathering) {
    (ledger, before) = (history.ledger, history.names)
  }

  /// What a record was for this.
  enum Outcome {
    /// It names a message, or has nothing to do with sending.
    case passed
    /// It counts: were it not there, other requests might wait.
    case counted
    /// A request that is none, since there is a message of its identifier.
    case refused
  }

  mutating func take(_ entry: ArchiveEntry, by author: DeviceID, at position: RecordPosition) -> Outcome {
    switch entry {
    case .message(let message):
      if message.body.changedMessage == nil { _ = isFirst(message.id) }
      return .passed
    case .sendRequest(let content):
      guard isFirst(content.message.id) else { return .refused }
      ledger.add(content, by: author, at: position)
    case .sendReport(let report): ledger.take(report, by: author)
    case .deletion(let deletion):
      ledger.apply(deletion)
      if deletion.action == .erased { names.erased.formUnion(deletion.messages) }
    case .conversation, .device, .revision, .snapshot, .unknown: return .passed
    }
    return .counted
  }

  /// Notes a message. Returns whether it is the first of its identifier, and was not erased before.
  private mutating func isFirst(_ id: MessageID) -> Bool {
    guard !names.erased.contains(id), !before.erased.contains(id), !before.standing.contains(id) else {
      return false
    }
    return names.standing.insert(id).inserted
  }
}
