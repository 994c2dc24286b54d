@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// A history as people see it, made the plain way, all in memory: what `TimelineIndex` must come to.
struct PlainTimeline {
  private(set) var messages: [Message] = []
  private(set) var unreadableCount = 0
  private(set) var recordCount = 0

  private var places: [MessageID: Int] = [:]
  private var changes: [Message] = []
  private var revisions: [Revision] = []
  private var copies: [MessageID: [Message]] = [:]
  private var erased: Set<MessageID> = []

  mutating func add(_ read: HistoryEntry) {
    recordCount += 1
    switch read.entry {
    case .failure: unreadableCount += 1
    case .success(.message(let message)): add(message)
    case .success(.conversation), .success(.device), .success(.snapshot), .success(.unknown): break
    case .success(.deletion(let deletion)): apply(deletion)
    case .success(.revision(let revision)): revisions.append(revision)
    case .success(.sendRequest(let request)): add(request.message)
    case .success(.sendReport): break
    }
  }

  /// The first message of an identifier stands. Another copy of one that was imported can lower its protection.
  private mutating func add(_ message: Message) {
    switch message.body {
    case .edit, .retraction(target: .some): changes.append(message)
    default:
      if places[message.id] != nil { return copies[message.id, default: []].append(message) }
      guard !erased.contains(message.id) else { return }
      places[message.id] = messages.count
      messages.append(message)
    }
  }

  /// Deletions and recoveries count in the order of the history, which all devices share.
  private mutating func apply(_ deletion: Deletion) {
    let deletedAt: Timestamp?
    switch deletion.action {
    case .deleted: deletedAt = deletion.at
    case .recovered: deletedAt = nil
    case .erased: return erased.formUnion(deletion.messages)
    case .unknown: return
    }
    let named = deletion.messages.compactMap { places[$0] }
    for place in deletion.messages.isEmpty ? Array(messages.indices) : named
    where messages[place].conversation == deletion.conversation {
      messages[place].recentlyDeletedAt = deletedAt
    }
  }

  /// Folds changes in and sorts: whatever order records came in, the outcome is the same.
  mutating func settle() {
    let hidden = Set(messages.filter(isOfErased).map(\.id))
    takeRevisions()
    changes.sort { ($0.sentAt, $0.id) < ($1.sentAt, $1.id) }
    for change in changes { fold(change) }
    changes = []
    messages.removeAll { hidden.contains($0.id) }
    let messages = messages
    let keys = ClockOrder(messages.map(\.sentAt)) { messages[$0].origin == nil }.keys
    let order = messages.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    self.messages = order.map { messages[$0] }
    places = [:]
  }

  /// Whether it came as a reaction to a message that was erased.
  private func isOfErased(_ message: Message) -> Bool {
    guard case .reaction(let reaction) = message.body else { return false }
    return erased.contains(reaction.target) && places[reaction.target] == nil
  }

  private mutating func takeRevisions() {
    for place in messages.indices {
      let message = messages[place]
      let fitting = revisions.filter { $0.fits(message) }
      messages[place] = message.revised(by: fitting.prefix(Revision.maximumCount))
      if message.revisionKey != nil {
        for copy in copies[message.id] ?? [] where copy.lowersCopies {
          messages[place].lower(to: copy)
        }
      }
      for revision in fitting { messages[place].lower(to: revision.message) }
    }
    revisions = []
  }

  /// Only who sent a message changes it.
  private mutating func fold(_ change: Message) {
    switch change.body {
    case .edit(let edit):
      guard let place = editable(edit.target, by: change), case .text = messages[place].body else {
        return
      }
      messages[place].fold(.text(edit.newText), editedAt: change.sentAt, from: change)
    case .retraction(target: .some(let target)):
      guard let place = editable(target, by: change) else { return }
      messages[place].fold(.retraction(target: nil), editedAt: nil, from: change)
    default: break
    }
  }

  private func editable(_ target: MessageID, by change: Message) -> Int? {
    guard let place = places[target], messages[place].sender == change.sender,
      messages[place].conversation == change.conversation
    else { return nil }
    return place
  }

  /// The conversations that hold messages, the one with the newest message first.
  var conversations: [ConversationID] {
    var newest: [ConversationID: Timestamp] = [:]
    for message in messages {
      guard let id = message.conversation else { continue }
      newest[id] = max(newest[id] ?? message.sentAt, message.sentAt)
    }
    return newest.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
  }
}
