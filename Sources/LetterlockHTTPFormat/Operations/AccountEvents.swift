package import LetterlockFormat

/// What wakes a device up, as a stream of events: how far the log and the history of its account have come, and nothing of
/// what is in them. SPEC.md section 13.9.
package enum AccountEvents {
  package static let mediaType = "text/event-stream"
  package static let lastEventField = "Last-Event-ID"
  /// Keeps a connection from looking dead.
  package static let heartbeat = ":\n\n"
  /// After so long without a byte a device asks again.
  package static let longestSilence: Duration = .seconds(60)

  /// The events that tell of a position, after another one was told; none if it is the same.
  package static func text(of new: AccountPosition, after told: AccountPosition?) -> String {
    var between = AccountPosition(entryCount: 0, recordCount: told?.recordCount ?? 0)
    between.entryCount = told?.entryCount ?? 0
    return new.events(after: told).map { event in
      between.take(event)
      return "id: \(between.identifier)\ndata: \(event.data)\n\n"
    }.joined()
  }
}

extension AccountPosition {
  /// Reads an event's identifier, which says what was told by then; nil if it is none.
  package init?(identifier: some StringProtocol) {
    let parts = identifier.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, let entries = UInt64(digits: parts[0]), let records = UInt64(digits: parts[1])
    else { return nil }
    self.init(entryCount: entries, recordCount: records)
  }

  /// What an event has for an identifier when this was told.
  package var identifier: String { "\(entryCount).\(recordCount)" }

  /// Goes on to what an event says.
  package mutating func take(_ event: AccountEvent) {
    switch event {
    case .log(let count): entryCount = count
    case .history(let count): recordCount = count
    }
  }
}

extension AccountEvent {
  /// Reads what an event says; nil if it says nothing that is known.
  package init?(data: some StringProtocol) {
    let parts = data.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 2, let count = UInt64(digits: parts[1]) else { return nil }
    switch parts[0] {
    case "log": self = .log(entryCount: count)
    case "history": self = .history(recordCount: count)
    default: return nil
    }
  }

  /// What an event says.
  package var data: String {
    switch self {
    case .log(let count): "log \(count)"
    case .history(let count): "history \(count)"
    }
  }
}

extension UInt64 {
  /// A number in decimal digits, without a sign or a zero before them.
  fileprivate init?(digits: some StringProtocol) {
    guard let number = UInt64(digits), "\(number)" == digits else { return nil }
    self = number
  }
}
