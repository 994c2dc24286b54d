/// What wakes a device up: how far the log and the history of its account have come, and nothing of what is in them.
/// SPEC.md section 13.9.
package enum AccountEvents {
  package static let mediaType = "text/event-stream"
  package static let lastEventField = "Last-Event-ID"
  /// Keeps a connection from looking dead.
  package static let heartbeat = ":\n\n"
  /// At least so often something is sent.
  package static let heartbeatInterval: Duration = .seconds(20)

  /// What a device was told, as an event's identifier says it.
  package struct Position: Hashable, Sendable {
    package var entryCount: UInt64
    package var recordCount: UInt64

    package init(entryCount: UInt64, recordCount: UInt64) {
      (self.entryCount, self.recordCount) = (entryCount, recordCount)
    }

    /// Reads an identifier; nil if it is none.
    package init?(identifier: String) {
      let parts = identifier.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 2, let entries = UInt64(parts[0]), let records = UInt64(parts[1]) else {
        return nil
      }
      self.init(entryCount: entries, recordCount: records)
    }

    package var identifier: String { "\(entryCount).\(recordCount)" }
  }

  /// The events that tell of a position, after another one was told; none if it is the same.
  package static func text(of new: Position, after told: Position?) -> String {
    var text = ""
    if new.entryCount != told?.entryCount {
      let between = Position(entryCount: new.entryCount, recordCount: told?.recordCount ?? 0)
      text += "id: \(between.identifier)\ndata: log \(new.entryCount)\n\n"
    }
    if new.recordCount != told?.recordCount {
      text += "id: \(new.identifier)\ndata: history \(new.recordCount)\n\n"
    }
    return text
  }
}
