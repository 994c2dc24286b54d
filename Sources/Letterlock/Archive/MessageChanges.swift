internal import LetterlockFormat

/// What later records say of messages: edits, retractions and revisions, by the numbers of their messages.
struct MessageChanges: Sendable {
  private struct Change {
    let target: MessageID
    let conversation: ConversationID?
    let sentAt: Timestamp
    let id: MessageID
    let position: RecordPosition
  }

  private struct Version {
    let target: MessageID
    let conversation: ConversationID?
    /// What it must have in common with its message.
    let key: Int
    /// Where it is; nil if it counts for the protection alone.
    let position: RecordPosition?
    /// Only how it travelled, if others could read it.
    let unencrypted: Message?
  }

  /// A reaction to a message, or a report on it: it goes with its message.
  private struct Companion {
    let target: MessageID
    let conversation: ConversationID?
    let position: RecordPosition
    /// The number of the reaction, which is a message itself; nil for a report.
    let number: UInt32?
  }

  /// A record of a message that was erased, or one about it, which was not erased with it.
  struct Orphan: Sendable {
    /// The message that was erased.
    let id: MessageID
    let conversation: ConversationID
    let leaf: UInt64
  }

  private var unsettled: [Change] = []
  private var versions: [Version] = []
  private var companions: [Companion] = []
  private var erased: Set<MessageID> = []
  /// Records of edits and retractions, in the order in which they count.
  private var edits: [UInt32: [RecordPosition]] = [:]
  /// Records of revisions, in the order of the tree.
  private var revisions: [UInt32: [RecordPosition]] = [:]
  /// How an unencrypted version travelled.
  private var unencrypted: [UInt32: Message] = [:]
  /// Records of messages that were erased, perhaps by a device that did not know of these.
  private(set) var orphans: [Orphan] = []
  /// The numbers of reactions to messages that were erased.
  private(set) var hidden: Set<UInt32> = []

  /// Notes an edit or a retraction of `target`.
  mutating func add(_ change: Message, of target: MessageID, at position: RecordPosition) {
    unsettled.append(
      Change(
        target: target, conversation: change.conversation, sentAt: change.sentAt, id: change.id,
        position: position))
  }

  /// Notes a revision; one without a position counts for its message's protection alone.
  mutating func add(_ revision: Revision, at position: RecordPosition?) {
    let message = revision.message
    guard let key = message.revisionKey else { return }
    versions.append(
      Version(
        target: message.id, conversation: message.conversation, key: key.hashValue, position: position,
        unencrypted: Self.travel(of: message)))
  }

  /// Notes that by another copy others could read a message, if that says so.
  mutating func lower(_ number: UInt32, to copy: Message) {
    guard copy.lowersCopies, unencrypted[number] == nil else { return }
    unencrypted[number] = Self.travel(of: copy)
  }

  /// Only how a message travelled, if others could read it.
  private static func travel(of message: Message) -> Message? {
    guard message.protection.isUnencrypted else { return nil }
    return Message(
      id: message.id, sender: message.sender, carriage: message.carriage, body: .retraction(target: nil),
      origin: message.origin)
  }

  /// Notes a report on a message that was to be sent.
  mutating func add(_ report: SendReport, at position: RecordPosition) {
    companions.append(
      Companion(
        target: report.message, conversation: report.conversation, position: position, number: nil))
  }

  /// Notes a reaction to `target`, which is the message of that number.
  mutating func add(
    reaction number: UInt32, to target: MessageID, in conversation: ConversationID?,
    at position: RecordPosition
  ) {
    companions.append(
      Companion(target: target, conversation: conversation, position: position, number: number))
  }

  /// Returns whether a message of this identifier, of which none stands, was erased earlier in the history: the one that
  /// came is an orphan then. SPEC.md section 10.3.
  mutating func dropIfErased(_ message: Message, at position: RecordPosition) -> Bool {
    guard erased.contains(message.id) else { return false }
    addOrphan(message.id, message.conversation, position)
    return true
  }

  /// Notes messages that an `erased` entry names. One that stands all the same was not erased.
  mutating func addErased(_ messages: [MessageID]) { erased.formUnion(messages) }

  /// Finds what changes belong to: whatever order records came in, the outcome is the same.
  ///
  /// - Parameters:
  ///   - find: the number of a message in a conversation.
  ///   - stands: whether there is a message of an identifier.
  ///   - key: what the revisions of a message must have in common with it; 0 if it has none.
  mutating func settle(
    _ find: (MessageID, ConversationID?) -> UInt32?, stands: (MessageID) -> Bool,
    revisionKey key: (UInt32) -> Int
  ) {
    let order = unsettled.indices.sorted { left, right in
      let (first, second) = (unsettled[left], unsettled[right])
      return (first.sentAt, first.id, left) < (second.sentAt, second.id, right)
    }
    for change in order.map({ unsettled[$0] }) {
      guard let number = find(change.target, change.conversation) else {
        if isErased(change.target, stands) { addOrphan(change.target, change.conversation, change.position) }
        continue
      }
      edits[number, default: []].append(change.position)
    }
    unsettled = []
    for version in versions {
      if let number = find(version.target, version.conversation) {
        settle(version, of: number, key)
      } else if let position = version.position, isErased(version.target, stands) {
        addOrphan(version.target, version.conversation, position)
      }
    }
    versions = []
    for companion in companions where isErased(companion.target, stands) {
      addOrphan(companion.target, companion.conversation, companion.position)
      if let number = companion.number { hidden.insert(number) }
    }
    companions = []
  }

  /// Whether a message was erased: an `erased` entry names it, and it is not there. One that is there was not erased with
  /// the entry.
  func isErased(_ id: MessageID, _ stands: (MessageID) -> Bool) -> Bool {
    erased.contains(id) && !stands(id)
  }

  private mutating func addOrphan(
    _ id: MessageID, _ conversation: ConversationID?, _ position: RecordPosition
  ) {
    guard let conversation, let leaf = position.leaf else { return }
    orphans.append(Orphan(id: id, conversation: conversation, leaf: leaf))
  }

  private mutating func settle(_ version: Version, of number: UInt32, _ key: (UInt32) -> Int) {
    guard key(number) == version.key else { return }
    if let travel = version.unencrypted, unencrypted[number] == nil { unencrypted[number] = travel }
    guard let position = version.position, revisions[number]?.count ?? 0 < Revision.maximumCount else {
      return
    }
    revisions[number, default: []].append(position)
  }

  /// How a message travelled by a version or a copy by which others could read it; nil if there is none.
  func unencryptedVersion(of number: UInt32) -> Message? { unencrypted[number] }

  /// Whether a message has revisions.
  func hasRevisions(_ number: UInt32) -> Bool { revisions[number] != nil }

  /// Which records make a message, and what a person last said of deleting it.
  ///
  /// - Parameter request: how far a message has come that a device is to send. What it sends, nobody edits.
  func recipe(
    of number: UInt32, at position: RecordPosition, deletion: Timestamp??, request: SendProgress?
  ) -> MessageRecipe {
    MessageRecipe(
      position: position, revisions: revisions[number] ?? [],
      changes: request == nil ? edits[number] ?? [] : [], unencrypted: unencrypted[number],
      deletion: deletion,
      request: request)
  }
}

/// What a message is made of.
struct MessageRecipe {
  let position: RecordPosition
  /// Revisions, in the order of the tree.
  let revisions: [RecordPosition]
  /// Edits and retractions, in the order in which they count.
  let changes: [RecordPosition]
  /// How a version travelled that others could read, here or later in the history.
  let unencrypted: Message?
  /// When a person deleted the message; nil inside if it was recovered, nil outside if nobody said anything.
  let deletion: Timestamp??
  /// How far a device has come with sending it; nil if none was asked.
  let request: SendProgress?

  /// The message and its revisions.
  var versions: [RecordPosition] { [position] + revisions }

  /// All of it.
  var positions: [RecordPosition] { [position] + revisions + changes }

  /// The message as people see it.
  func made(of message: Message, _ revisions: some Sequence<Message>, _ changes: some Sequence<Message>)
    -> Message
  {
    var message = self.revisions.isEmpty ? message : message.revised(by: revisions.compactMap(Revision.init))
    if let unencrypted { message.lower(to: unencrypted) }
    if let deletion { message.recentlyDeletedAt = deletion }
    if let request { message.delivery = request.delivery }
    for change in changes { message.take(change) }
    return message
  }

  /// The message as people see it, from what stands at `positions`; nil if it is not there itself.
  func made(from found: (RecordPosition) -> Message?) -> Message? {
    found(position).map { made(of: $0, revisions.lazy.compactMap(found), changes.lazy.compactMap(found)) }
  }
}

extension Message {
  /// Only who sent a message changes it.
  fileprivate mutating func take(_ change: Message) {
    guard sender == change.sender else { return }
    switch change.body {
    case .edit(let edit):
      guard case .text = body else { return }
      fold(.text(edit.newText), editedAt: change.sentAt, from: change)
    case .retraction: fold(.retraction(target: nil), editedAt: nil, from: change)
    default: break
    }
  }
}

extension Message.Body {
  /// The message that this one only changes.
  package var changedMessage: MessageID? {
    switch self {
    case .edit(let edit): edit.target
    case .retraction(let target): target
    case .text, .reaction, .sticker, .groupEvent, .app, .unknown: nil
    }
  }
}
