package import LetterlockFormat

/// Reads a stream of events as it comes, in pieces of any size. WHATWG HTML section 9.2.6.
///
/// It keeps one line at most, and of an event what it says. An event that says nothing that is known here is passed over.
package struct EventStreamReader: Sendable {
  /// What the stream told.
  package struct Told: Hashable, Sendable {
    /// What happened.
    package let event: AccountEvent
    /// What the relay is to be told when it is asked again; nil if the event has no identifier of this protocol.
    package let position: AccountPosition?
  }

  /// Why nothing more is read.
  package enum Failure: Error, Hashable, Sendable {
    /// A line is longer than any of this protocol.
    case longLine
  }

  /// Longer lines are not read.
  package static let maximumLineByteCount = 256

  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  private var line: [UInt8] = []
  /// Whether the line ended with a carriage return, after which a newline ends nothing.
  private var endsWithReturn = false
  private var isFirstLine = true
  private var identifier: AccountPosition?
  private var data: [AccountEvent?] = []

  package init() {}

  /// Reads a piece. Returns what it told.
  package mutating func read(_ bytes: [UInt8]) throws(Failure) -> [Told] {
    var told: [Told] = []
    for byte in bytes {
      let follows = endsWithReturn
      endsWithReturn = byte == Self.carriageReturn
      if byte == Self.newline, follows { continue }
      if byte == Self.newline || byte == Self.carriageReturn {
        if let event = endLine() { told.append(event) }
        continue
      }
      guard line.count < Self.maximumLineByteCount else { throw .longLine }
      line.append(byte)
    }
    return told
  }

  private mutating func endLine() -> Told? {
    defer { line.removeAll(keepingCapacity: true) }
    if isFirstLine {
      isFirstLine = false
      if line.starts(with: [0xEF, 0xBB, 0xBF]) { line.removeFirst(3) }
    }
    guard !line.isEmpty else { return endEvent() }
    let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty else { return nil }
    let value = parts[1].first == UInt8(ascii: " ") ? parts[1].dropFirst() : parts[1]
    let text = String(decoding: value, as: UTF8.self)
    switch String(decoding: parts[0], as: UTF8.self) {
    case "id": identifier = AccountPosition(identifier: text)
    // Of more lines than one no event is made.
    case "data": if data.count < 2 { data.append(AccountEvent(data: text)) }
    default: break
    }
    return nil
  }

  private mutating func endEvent() -> Told? {
    defer { data = [] }
    guard data.count == 1, let event = data[0] else { return nil }
    return Told(event: event, position: identifier)
  }
}
