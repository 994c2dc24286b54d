#if Tool
import Letterlock

/// What an archive holds that is imported in another one: an account that has ended can still be read.
struct ArchiveContent {
  /// How messages that no importer brought name their source.
  static let sourceName = "letterlock archive"

  private(set) var reading: ArchiveFolder.Reading
  private(set) var profiles: [ConversationProfile] = []
  /// Versions of messages, those of one message in order.
  private(set) var revisions: [MessageID: [Message]] = [:]
  /// Messages that are in recently deleted, and since when.
  private(set) var deleted: [MessageID: (at: Timestamp, conversation: ConversationID)] = [:]
  /// Records that cannot be read, in words.
  private(set) var damaged: [String] = []
  /// Entries that only a newer version knows.
  private(set) var unknownCount = 0
  /// Which messages are there or were erased, and how far devices have come with what they were asked to send.
  private var index: TimelineIndex
  private var conversations: [ConversationID: [MessageID]] = [:]

  /// Reads everything but the messages.
  init(_ reading: ArchiveFolder.Reading) throws {
    self.reading = reading
    do throws(DeviceError) { index = try reading.device.timelineIndex() } catch {
      throw ToolError(error, folder: reading.folder.path)
    }
    var known: [ConversationID: ConversationProfile] = [:]
    var content = self
    try Self.forEachEntry(in: reading) { read in
      switch read.entry {
      case .failure(let error):
        let place = read.leaf.map { "record \($0)" } ?? "a record that waits to be sent"
        content.damaged.append("\(place) of \(reading.folder.path) cannot be read: \(error)")
      case .success(.message(let message)):
        guard let conversation = message.conversation else { return }
        content.conversations[conversation, default: []].append(message.id)
      case .success(.sendRequest(let request)):
        guard let conversation = request.message.conversation else { return }
        content.conversations[conversation, default: []].append(request.message.id)
      case .success(.revision(let revision)):
        content.revisions[revision.message.id, default: []].append(revision.message)
      case .success(.deletion(let deletion)): content.take(deletion)
      case .success(.conversation(let profile)): known[profile.id] = profile
      case .success(.unknown): content.unknownCount += 1
      case .success(.device), .success(.snapshot), .success(.sendReport): break
      }
    }
    content.profiles = known.values.sorted { $0.id < $1.id }
    content.revisions = content.revisions.filter { !index.isErased($0.key) }
    content.deleted = content.deleted.filter { !index.isErased($0.key) }
    self = content
  }

  private mutating func take(_ deletion: Deletion) {
    // None named are all that stood before.
    let ids = deletion.messages.isEmpty ? conversations[deletion.conversation] ?? [] : deletion.messages
    switch deletion.action {
    case .deleted: for id in ids { deleted[id] = (deletion.at, deletion.conversation) }
    case .recovered: for id in ids { deleted[id] = nil }
    case .erased: break
    case .unknown: unknownCount += 1
    }
  }

  /// Lends each message that was not erased, as an import takes it, in order.
  func forEachMessage(_ body: (ImportedMessage) throws -> Void) throws {
    try Self.forEachEntry(in: reading) { read in
      switch read.entry {
      case .success(let entry) where entry.about.map(index.isErased) ?? false: break
      case .success(.message(let message)) where !index.isErased(message.id):
        // What a device was asked to send, nobody edits.
        if let target = message.body.changedMessage, index.sendProgress(of: target) != nil { return }
        try body(try imported(message, by: read.author))
      case .success(.sendRequest(let request)) where !index.isErased(request.message.id):
        guard let progress = index.sendProgress(of: request.message.id) else { return }
        var message = request.message
        message.delivery = progress.importedDelivery
        try body(try imported(message, by: read.author))
      default: break
      }
    }
  }

  /// Versions of messages, as an import takes them: first the first one of each message, then the second ones.
  func versions() throws -> [[ImportedMessage]] {
    let depth = revisions.values.map(\.count).max() ?? 0
    let ordered = revisions.sorted { $0.key < $1.key }
    return try (0..<depth).map { number in
      try ordered.compactMap { _, versions in
        versions.indices.contains(number) ? try imported(versions[number], by: reading.device.id) : nil
      }
    }
  }

  private func imported(_ message: Message, by author: DeviceID) throws -> ImportedMessage {
    let origin =
      message.origin
      ?? Message.Origin(
        source: Self.sourceName, identifier: "\(author)/\(message.id)", service: message.carriageName)
    do throws(DeviceError) {
      var sources: [AttachmentSource] = []
      for attachment in message.attachments { sources.append(try reading.device.source(of: attachment)) }
      var imported = message.asImported(from: origin)
      // Its versions come later, and an import that is cut short must not show it as better protected.
      if let lowest = index.unencryptedVersion(of: message.id) { imported.lower(to: lowest) }
      return ImportedMessage(message: imported, attachments: sources)
    } catch { throw ToolError(error, folder: reading.folder.path) }
  }

  private static func forEachEntry(
    in reading: ArchiveFolder.Reading, _ body: (HistoryEntry) throws -> Void
  ) throws {
    do { try reading.device.forEachEntry { (read) throws in try body(read) } } catch {
      switch error {
      case .device(let error): throw ToolError(error, folder: reading.folder.path)
      case .body(let error): throw error
      }
    }
  }
}

extension SendProgress {
  /// What an archive says of the message in which nobody is asked to send it: that it was not sent, only where that is
  /// certain.
  fileprivate var importedDelivery: Message.Delivery? {
    switch state {
    case .sent, .sending, .outcomeUnknown: nil
    case .waiting, .failed, .cancelled, .expired, .askerRemoved: .failed
    }
  }
}
#endif
