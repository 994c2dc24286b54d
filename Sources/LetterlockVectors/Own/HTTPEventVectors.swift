import Letterlock
import LetterlockHTTPFormat

/// Wake-ups over HTTP.
enum HTTPEventVectors: OwnVectorKind {
  static let name = "http-event"
  static let about =
    "What a stream of events says when the account has so many entries and records, and the device was told what `last_event_id` says. SPEC.md section 13.9."

  static func make() throws -> (shared: [String: Any], cases: [[String: Any]]) {
    let cases: [(String, String?, UInt64, UInt64)] = [
      ("the first time", nil, 12, 40_961), ("a record more", "12.40960", 12, 40_961),
      ("an entry more", "11.40961", 12, 40_961), ("both", "11.40960", 12, 40_961),
      ("nothing", "12.40961", 12, 40_961), ("an account without records", nil, 1, 0),
      ("fewer than it was told", "12.40961", 3, 7), ("an identifier of one number", "12", 12, 40_961),
      ("an identifier of words", "a.b", 12, 40_961), ("an empty identifier", "", 12, 40_961),
      ("an identifier of three numbers", "12.40961.1", 12, 40_961),
      ("the largest numbers", "0.0", .max, .max),
    ]
    return (
      [:],
      cases.map { name, identifier, entries, records in
        var test: [String: Any] = [
          "name": name, "log": "\(entries)", "history": "\(records)",
          "text": text(identifier, entries, records),
        ]
        test["last_event_id"] = identifier
        return test
      }
    )
  }

  private static func text(_ identifier: String?, _ entries: UInt64, _ records: UInt64) -> String {
    AccountEvents.text(
      of: AccountPosition(entryCount: entries, recordCount: records),
      after: identifier.flatMap(AccountPosition.init(identifier:)))
  }

  static func holds(_ test: JSONCase, in file: JSONCase) throws -> Bool {
    guard let entries = test.text("log").flatMap({ UInt64($0) }),
      let records = test.text("history").flatMap({ UInt64($0) })
    else { return false }
    return text(test.text("last_event_id"), entries, records) == test.text("text")
  }
}
