internal import LetterlockFormat

/// The requests to send in a history, and how far each has come.
struct SendLedger: Sendable {
  struct Entry: Sendable {
    let id: MessageID
    let conversation: ConversationID
    let position: RecordPosition
    var progress: SendProgress
  }

  private var known: [MessageID: Entry] = [:]
  private var order: [MessageID] = []

  /// The requests, in the order in which they came.
  var entries: [Entry] { order.compactMap { known[$0] } }

  /// The request of a message.
  subscript(_ id: MessageID) -> Entry? { known[id] }

  /// Takes a request whose message is the first of its identifier.
  mutating func add(_ content: SendRequestContent, by asker: DeviceID, at position: RecordPosition) {
    let id = content.message.id
    known[id] = Entry(
      id: id, conversation: content.message.conversation ?? .account, position: position,
      progress: SendProgress(content, by: asker))
    order.append(id)
  }

  /// Takes what a device reported.
  mutating func take(_ report: SendReport, by author: DeviceID) {
    guard known[report.message]?.conversation == report.conversation else { return }
    known[report.message]?.progress.take(report.step, by: author)
  }

  /// Takes what a person did to messages: whoever deletes one does not want it sent.
  mutating func apply(_ deletion: Deletion) {
    switch deletion.action {
    case .deleted, .erased:
      for id in deletion.messages.isEmpty ? order : deletion.messages
      where known[id]?.conversation == deletion.conversation {
        known[id]?.progress.cancel()
      }
    case .recovered, .unknown: break
    }
  }

  /// Takes which devices are part of the account: no other sends or reports anything any more.
  mutating func settle(_ activeDevices: Set<DeviceID>) {
    for (id, entry) in known where !activeDevices.contains(entry.progress.device) {
      known[id]?.progress.takeRemoval()
    }
  }
}
