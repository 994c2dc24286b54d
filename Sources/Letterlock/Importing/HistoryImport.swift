internal import LetterlockFormat

/// Adds what an importer reads to a device's history: messages that are not there, and new versions of those that are.
///
/// It knows the history as it was when it was made; a message that comes twice is taken once.
package final class HistoryImport {
  private let timeline: TimelineReader
  private let writer: AttachmentWriter
  private var index = TimelineIndex()
  /// Messages that only change others: they have no place of their own in the timeline.
  private var changes: Set<MessageID> = []
  private var added: Set<MessageID> = []

  /// Reads which messages are there.
  /// - Throws: `DeviceError.noStore`, `.store`, `.cancelled`.
  init(timeline: TimelineReader, writer: AttachmentWriter) throws(DeviceError) {
    (self.timeline, self.writer) = (timeline, writer)
    try read()
  }

  private func read() throws(DeviceError) {
    var (index, changes) = (TimelineIndex(), Set<MessageID>())
    try timeline.history.forEach { read in
      index.add(read)
      if case .success(.message(let message)) = read.entry, message.body.changedMessage != nil {
        changes.insert(message.id)
      }
    }
    index.settle()
    (self.index, self.changes) = (index, changes)
  }

  /// Seals messages and versions with their files, and keeps them. A file that cannot be read is left out of its
  /// message, and comes with a later import.
  ///
  /// - Returns: what became of each, in order.
  /// - Throws: `DeviceError.archive`, `.noStore`, `.store`, and `.cancelled` with everything kept that was sealed before.
  package func add(_ messages: [ImportedMessage]) throws(DeviceError) -> [ImportOutcome] {
    var outcomes: [ImportOutcome] = []
    outcomes.reserveCapacity(messages.count)
    var versions = try versions(of: messages)
    var appending = ImportWriter(writer)
    defer { appending.finish() }
    for imported in messages {
      let id = imported.message.id
      if Task.isCancelled {
        try appending.keep()
        throw .cancelled
      }
      let isErased = index.isErased(id)
      guard !isErased, !changes.contains(id), added.insert(id).inserted else {
        outcomes.append(ImportOutcome(isErased ? .erased : .unchanged))
        continue
      }
      outcomes.append(try appending.add(imported, to: versions.removeValue(forKey: id)))
    }
    try appending.keep()
    return outcomes
  }

  /// The versions of those messages that are there, the message itself first.
  private func versions(of messages: [ImportedMessage]) throws(DeviceError) -> [MessageID: KnownVersions] {
    do throws(DeviceError) { return try readVersions(of: messages) } catch {
      // What waited to be sent has been sent meanwhile.
      guard case .historyChanged = error else { throw error }
    }
    try read()
    return try readVersions(of: messages)
  }

  private func readVersions(of messages: [ImportedMessage]) throws(DeviceError) -> [MessageID: KnownVersions]
  {
    let references = messages.compactMap { index.reference(to: $0.message.id) }
    let recipes = references.map { index.recipe(of: $0) }
    let opened = try timeline.history.messages(in: try timeline.records(at: recipes.flatMap(\.versions)))
    var versions: [MessageID: KnownVersions] = [:]
    var next = 0
    for (reference, recipe) in zip(references, recipes) {
      let count = recipe.versions.count
      versions[index.id(of: reference)] = KnownVersions(
        all: Array(opened[next..<next + count]), unencrypted: recipe.unencrypted)
      next += count
    }
    return versions
  }
}

extension Device {
  /// Begins to add what an importer reads from one source.
  /// - Throws: `DeviceError.noStore`, `.store`, `.cancelled`.
  package func historyImport() throws(DeviceError) -> HistoryImport {
    try HistoryImport(timeline: parts.reading.timeline, writer: parts.writing.attachments)
  }
}

/// What is there of a message that an importer reads again.
struct KnownVersions {
  /// The message itself first.
  var all: [Message]
  /// How a version travelled that others could read, though it is not among those that count.
  var unencrypted: Message?

  /// The message as people see it, which is the first of them with what the others say.
  func shown(of first: Message) -> Message {
    var shown = first.revised(by: all.dropFirst().compactMap(Revision.init))
    if let unencrypted { shown.lower(to: unencrypted) }
    return shown
  }
}

/// What became of a message that an importer read.
package struct ImportOutcome: Sendable {
  /// What was done.
  package enum Action: Hashable, Sendable {
    /// It was not there, and was added.
    case added
    /// It was there, and a new version of it was added.
    case revised(Set<ImportChange>)
    /// It is there as it was read.
    case unchanged
    /// A person erased it: it is not added again.
    case erased
    /// It has as many versions as a message may have.
    case full
  }

  /// What was done.
  package internal(set) var action: Action
  /// How many of its files were sealed.
  package internal(set) var fileCount = 0
  /// Its files that are not whole, or cannot be read.
  package internal(set) var damaged: [DamagedFile] = []

  init(_ action: Action) { self.action = action }

  /// Adds what became of a later version of the same message.
  mutating func add(_ later: ImportOutcome) {
    fileCount += later.fileCount
    switch (action, later.action) {
    case (.revised(let changes), .revised(let further)): action = .revised(changes.union(further))
    case (.unchanged, _): (action, damaged) = (later.action, later.damaged)
    default: break
    }
  }
}

/// What a new version of a message changes.
package enum ImportChange: String, Hashable, Sendable, CaseIterable {
  case files, text, unsent, protection, delivery
}

/// A file that could not be sealed.
package struct DamagedFile: Hashable, Sendable {
  /// Its name, if it has one.
  package let name: String?
  /// Its media type.
  package let mediaType: String
  /// Why, in words.
  package let reason: String

  init(_ source: AttachmentSource, _ reason: String) {
    (name, mediaType) = (source.name, source.mediaType)
    self.reason = reason
  }
}
