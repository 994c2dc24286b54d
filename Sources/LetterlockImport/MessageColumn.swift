#if SQLite
internal import GRDB

/// The columns of `message` that are read, in the order in which they are asked for: a column that is looked up by
/// its name costs more than all else about a row.
enum MessageColumn: Int, CaseIterable {
  case rowID, guid, text, handleID, subject, attributedBody, service, date, dateRead, dateDelivered, isFromMe
  case itemType, groupTitle, groupActionType, otherHandle, associatedGUID, associatedType, associatedEmoji
  case balloonBundleID, payloadData, effect, threadOriginatorGUID, dateEdited, dateRetracted
  case isSent, error, wasDowngraded, scheduleType, summaryInfo

  var name: String {
    switch self {
    case .rowID: "ROWID"
    case .guid: "guid"
    case .text: "text"
    case .handleID: "handle_id"
    case .subject: "subject"
    case .attributedBody: "attributedBody"
    case .service: "service"
    case .date: "date"
    case .dateRead: "date_read"
    case .dateDelivered: "date_delivered"
    case .isFromMe: "is_from_me"
    case .itemType: "item_type"
    case .groupTitle: "group_title"
    case .groupActionType: "group_action_type"
    case .otherHandle: "other_handle"
    case .associatedGUID: "associated_message_guid"
    case .associatedType: "associated_message_type"
    case .associatedEmoji: "associated_message_emoji"
    case .balloonBundleID: "balloon_bundle_id"
    case .payloadData: "payload_data"
    case .effect: "expressive_send_style_id"
    case .threadOriginatorGUID: "thread_originator_guid"
    case .dateEdited: "date_edited"
    case .dateRetracted: "date_retracted"
    case .isSent: "is_sent"
    case .error: "error"
    case .wasDowngraded: "was_downgraded"
    case .scheduleType: "schedule_type"
    case .summaryInfo: "message_summary_info"
    }
  }
}

/// One row of `message`, as the database has it.
struct MessageValues: Sendable {
  private let values: [DatabaseValue]

  /// Copies a row of all columns.
  init(_ row: Row) {
    // Most columns are NULL, and asking for that is cheaper than taking a value.
    values = (0..<Self.columnCount).map { row.hasNull(atIndex: $0) ? .null : row[$0] }
  }

  private static let columnCount = MessageColumn.allCases.count

  /// A column that holds text; anything else reads as nothing.
  func text(_ column: MessageColumn) -> String? { values[column.rawValue].text }

  /// A column that holds a whole number; anything else reads as 0.
  func number(_ column: MessageColumn) -> Int64 { values[column.rawValue].number }

  /// Whether a column holds nothing, or the number 0: anything else, whatever it is, may mean yes.
  func isNo(_ column: MessageColumn) -> Bool {
    switch values[column.rawValue].storage {
    case .null: true
    case .int64(let number): number == 0
    default: false
    }
  }

  /// How many bytes its texts and blobs take.
  var byteCount: Int { values.reduce(0) { $0 + $1.byteCount } }

  /// A column that holds bytes; anything else reads as nothing.
  func data(_ column: MessageColumn) -> [UInt8]? {
    guard case .blob(let data) = values[column.rawValue].storage else { return nil }
    return [UInt8](data)
  }
}

extension DatabaseValue {
  /// How many bytes a text or a blob takes.
  var byteCount: Int {
    switch storage {
    case .string(let text): text.utf8.count
    case .blob(let data): data.count
    default: 0
    }
  }

  /// Text; anything else reads as nothing.
  var text: String? {
    guard case .string(let text) = storage else { return nil }
    return text
  }

  /// A whole number; anything else reads as 0.
  var number: Int64 {
    switch storage {
    case .int64(let number): number
    case .double(let number): Int64(exactly: number.rounded()) ?? 0
    default: 0
    }
  }
}
#endif
