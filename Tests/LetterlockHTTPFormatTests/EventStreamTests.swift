import LetterlockFormat
import Testing

@testable import LetterlockHTTPFormat

@Suite("SPEC.md section 13.9: reading a stream of events")
struct EventStreamTests {
  private func told(_ text: String, inPiecesOf count: Int = .max) throws -> [EventStreamReader.Told] {
    var reader = EventStreamReader()
    var told: [EventStreamReader.Told] = []
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      told += try reader.read(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    return told
  }

  private let log = EventStreamReader.Told(
    event: .log(entryCount: 12), position: AccountPosition(entryCount: 12, recordCount: 40960))
  private let history = EventStreamReader.Told(
    event: .history(recordCount: 40961), position: AccountPosition(entryCount: 12, recordCount: 40961))

  @Test func `what a relay writes is read, in pieces of any size`() throws {
    let old = AccountPosition(entryCount: 11, recordCount: 40960)
    let new = AccountPosition(entryCount: 12, recordCount: 40961)
    let text = AccountEvents.heartbeat + AccountEvents.text(of: new, after: old) + AccountEvents.heartbeat
    for count in 1...20 { #expect(try told(text, inPiecesOf: count) == [log, history]) }
    #expect(AccountEvents.text(of: new, after: new) == "")
    let both = try told(AccountEvents.text(of: new, after: nil))
    #expect(both.map(\.event) == [log.event, history.event])
    #expect(both.last?.position == new)
  }

  @Test func `lines may end in three ways, and a mark may stand before the first`() throws {
    for ending in ["\n", "\r\n", "\r"] {
      let text = ["\u{FEFF}id: 12.40961", "data:history 40961", "", ""].joined(separator: ending)
      for count in [1, 2, .max] { #expect(try told(text, inPiecesOf: count) == [history]) }
    }
  }

  @Test func `what says nothing that is known is passed over`() throws {
    let passedOver = [
      "data: history 40961\n", "data: history\n\n", "data: history -1\n\n", "data: history +1\n\n",
      "data: history 01\n\n", "data: history 18446744073709551616\n\n", "data: letters 3\n\n",
      "data: log 1 2\n\n", "data:  log 1\n\n", "data: log 1\ndata: log 2\n\n",
      "data: log 1\ndata\ndata: x\n\n",
      "id: 1.2\n\n", "event: log\n\n", ": data: log 1\n\n", "Data: log 1\n\n", "data\n\n", "\n\n\n", "",
      "retry: 1\n\n",
    ]
    for text in passedOver {
      let found = try told(text + "\n\ndata: log 12\nid: 12.40960\n\n")
      #expect(found.last == log, "\(text)")
      #expect(
        text.hasPrefix("data: log 1\ndata\n") || text == "data: history 40961\n" || found.count == 1,
        "\(text)")
    }
    for identifier in ["1", "1.2.3", "a.b", "+1.2", "1.02", ".", ""] {
      #expect(try told("id: \(identifier)\ndata: log 12\n\n").map(\.position) == [nil])
    }
  }

  @Test func `a line without end is not kept`() throws {
    let longest = EventStreamReader.maximumLineByteCount
    #expect(try told(String(repeating: ":", count: longest) + "\n") == [])
    #expect(throws: EventStreamReader.Failure.longLine) {
      try told(String(repeating: ":", count: longest + 1))
    }
  }
}
