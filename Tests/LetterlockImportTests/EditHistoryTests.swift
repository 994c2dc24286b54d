#if SQLite
import Foundation
import GRDB
import Letterlock
import LetterlockFormat
import Testing

@testable import LetterlockImport

@Suite("Earlier versions of messages in a Messages database")
struct EditHistoryTests {
  private static func list(_ object: [String: Any]) throws -> [UInt8] {
    [UInt8](try PropertyListSerialization.data(fromPropertyList: object, format: .binary, options: 0))
  }

  private static func event(_ text: String, at seconds: Double) -> [String: Any] {
    ["d": seconds, "t": Data(ArchivedText.bytes(text))]
  }

  private static func parts(_ count: Int) -> [String: Any] {
    Dictionary(uniqueKeysWithValues: (0..<count).map { ("\($0)", ["lo": $0, "le": 1]) })
  }

  /// What an importer makes of one row.
  private func row(
    _ text: String?, edited: Int64 = 0, retracted: Int64 = 0, summary: [UInt8]?
  ) throws -> ImportedMessage {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "letterlock-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appendingPathComponent("chat.db").path
    let queue = try DatabaseQueue(path: path)
    try queue.write { database in
      try database.execute(
        sql: """
          CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, service TEXT, date INTEGER,
            date_edited INTEGER, date_retracted INTEGER, message_summary_info BLOB);
          INSERT INTO message (guid, text, service, date, date_edited, date_retracted, message_summary_info)
            VALUES ('G-1', ?, 'iMessage', 721692860000000000, ?, ?, ?)
          """, arguments: [text, edited, retracted, summary.map { Data($0) }])
    }
    try queue.close()
    var importer = try AppleMessagesImporter(path: path)
    guard case .message(let imported)? = try importer.next() else { throw CancellationError() }
    return imported
  }

  private static func seconds(_ time: Timestamp?) -> Int64? {
    time.map { $0.nanosecondsSince1970 / 1_000_000_000 - 978_307_200 }
  }

  @Test func `each version comes with its time, the first one first`() throws {
    let summary = try Self.list([
      "otr": Self.parts(1), "amc": 1, "ep": [0],
      "ec": [
        "0": [
          Self.event("at 5", at: 721_692_860), Self.event("at 6", at: 721_692_890),
          Self.event("at 7", at: 721_692_920),
        ]
      ],
    ])
    let made = try row("at 7", edited: 721_692_920_500_000_000, summary: summary)
    #expect(made.message.text == "at 7")
    #expect(Self.seconds(made.message.editedAt) == 721_692_920)
    #expect(made.earlier.map(\.text) == ["at 5", "at 6"])
    #expect(made.earlier.map { Self.seconds($0.editedAt) } == [nil, 721_692_890])
    #expect(made.earlier.allSatisfy { $0.id == made.message.id && $0.protection == made.message.protection })
  }

  @Test func `a date that stands in the versions alone counts, and so do words`() throws {
    let summary = try Self.list([
      "otr": Self.parts(1),
      "ec": ["0": [Self.event("red", at: 721_692_860), Self.event("blue", at: 721_692_895)]],
    ])
    let made = try row(nil, summary: summary)
    #expect(made.message.text == "blue")
    #expect(made.message.body != .retraction(target: nil))
    #expect(Self.seconds(made.message.editedAt) == 721_692_895)
    #expect(made.earlier.map(\.text) == ["red"])
  }

  @Test func `a part that was unsent is noted, and the others stay`() throws {
    let summary = try Self.list(["otr": Self.parts(2), "rp": [1]])
    let made = try row("first line", edited: 721_692_895, retracted: 721_692_895, summary: summary)
    #expect(made.message.text == "first line")
    #expect(made.message.unsentPartCount == 1)
    #expect(made.earlier.isEmpty)
  }

  @Test func `a message of which every part was unsent is unsent, and keeps what it said`() throws {
    let gone = try row(
      nil, edited: 721_692_895, retracted: 721_692_895, summary: Self.list(["otr": Self.parts(1), "rp": [0]]))
    #expect(gone.message.body == .retraction(target: nil))
    #expect(gone.message.unsentPartCount == 0)
    #expect(gone.earlier.isEmpty)
    let edited = try row(
      nil, edited: 721_692_899, retracted: 721_692_899,
      summary: Self.list([
        "otr": Self.parts(1), "rp": [0],
        "ec": ["0": [Self.event("one", at: 721_692_860), Self.event("two", at: 721_692_890)]],
      ]))
    #expect(edited.message.body == .retraction(target: nil))
    #expect(edited.earlier.map(\.text) == ["one", "two"])
  }

  @Test func `an edited part stands among the others`() throws {
    let summary = try Self.list([
      "otr": Self.parts(2),
      "ec": ["1": [Self.event("rigth", at: 721_692_860), Self.event("right", at: 721_692_890)]],
    ])
    let made = try row("right", edited: 721_692_890, summary: summary)
    #expect(made.earlier.map(\.text) == ["rigth"])
  }

  @Test func `no version is dated after the newest one`() throws {
    let summary = try Self.list([
      "otr": Self.parts(1),
      "ec": ["0": [Self.event("a", at: 0), Self.event("b", at: 1e18), Self.event("c", at: -1e300)]],
    ])
    let made = try row("now", edited: 721_692_890_000_000_000, summary: summary)
    let newest = try #require(made.message.editedAt)
    #expect(made.earlier.map(\.text) == ["a", "b", "c"])
    #expect(made.earlier.allSatisfy { $0.editedAt.map { $0 < newest } ?? true })
  }

  @Test func `a list that is too long, or has too many versions, is read so far`() throws {
    let many = (0..<200).map { Self.event("v\($0)", at: Double(721_692_860 + $0)) }
    let made = try row("now", edited: 721_693_860_000_000_000, summary: Self.list(["ec": ["0": many]]))
    #expect(made.earlier.count == 64)
    let long = try Self.list([
      "ec": ["0": [Self.event(String(repeating: "x", count: EditHistory.maximumByteCount), at: 1)]]
    ])
    #expect(try row("now", edited: 721_693_860_000_000_000, summary: long).earlier.isEmpty)
  }

  @Test func `no list ends the process, whatever is damaged in it`() throws {
    var random = Seeded(state: 7)
    let whole = try Self.list([
      "otr": Self.parts(2), "rp": [1, 300, -1],
      "ec": ["0": [Self.event("one", at: 721_692_860), Self.event("zwölf 🛳️", at: 721_692_890)]],
      "x": [1.5, true, Date(), "ü", [[[["deep"]]]]],
    ])
    for _ in 0..<20_000 { _ = EditHistory(random.damaged(whole))?.versions([0: "a"]) }
    for count in whole.indices { _ = EditHistory(Array(whole[..<count])) }
    for seed in 0..<200 {
      var random = Seeded(state: UInt64(seed))
      let noise = (0..<80).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      _ = EditHistory(Array("bplist00".utf8) + noise)
    }
  }

  @Test func `a list that holds itself, and one that is nested ten thousand times, is read`() throws {
    // One array, whose only item is itself, as the dictionary's `ec` and `rp`.
    let trailer: [UInt8] =
      [0, 0, 0, 0, 0, 0, 1, 1] + [0, 0, 0, 0, 0, 0, 0, 3] + [0, 0, 0, 0, 0, 0, 0, 0]
    let objects: [UInt8] = [0xd1, 1, 2, 0x52, 0x72, 0x70, 0xa1, 2]
    let offsets: [UInt8] = [8, 11, 14]
    let own = Array("bplist00".utf8) + objects + offsets + trailer + [0, 0, 0, 0, 0, 0, 0, 16]
    #expect(EditHistory(own) == nil)
    var nested: Any = [Any]()
    for _ in 0..<400 { nested = [nested] }
    #expect(EditHistory(try Self.list(["ec": nested, "rp": [0]])) != nil)
  }
}
#endif
