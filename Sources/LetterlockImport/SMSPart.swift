#if SQLite
import Foundation
import Letterlock

/// One part of a multimedia message.
struct SMSPart {
  let sequence: Int
  /// The text of a text part.
  let text: String?
  /// The file of any other part.
  let attachment: AttachmentSource?

  /// Nil for the part that only says how to lay out the others.
  /// - Parameter path: the file, which is no link.
  init?(_ attributes: SMSAttributes, path: String) {
    let type = attributes["ct"] ?? "application/octet-stream"
    guard type != "application/smil" else { return nil }
    sequence = attributes["seq"].flatMap { Int($0) } ?? 0
    if type == "text/plain", let text = attributes["text"] {
      self.text = text
      attachment = nil
      return
    }
    text = nil
    let name = attributes["cl"] ?? attributes["name"] ?? attributes["fn"]
    let content: AttachmentSource.Content
    switch attributes.value("data") {
    case .range(let range):
      content = .stream(Base64Source(path: path, range: range).stream)
    case .text(let encoded) where encoded != "null" && !encoded.isEmpty:
      var decoder = Base64Decoder()
      let bytes = try? decoder.decode(Array(encoded.utf8))
      content = bytes.map { .bytes($0) } ?? .damaged(reason: "it is not base64")
    default:
      content = .missing(reason: "the file was not backed up")
    }
    attachment = AttachmentSource(name: name, mediaType: type, content: content)
  }
}

/// Names for messages, which the format does not give: who, when and what, and a count for the same again. Files play no
/// part, since a backup may leave them out.
struct SMSIdentifiers {
  private var counts: [String: Int] = [:]

  /// A name that is the same each time the file is read.
  mutating func identifier(_ parts: [String]) -> String {
    let text = parts.map { "\($0.utf8.count):\($0)" }.joined()
    let digest = MessageID.imported(source: "sms.xml content", identifier: text).description
    let count = counts[digest, default: 0]
    counts[digest] = count + 1
    return count == 0 ? digest : "\(digest)-\(count + 1)"
  }
}

/// Conversations by who is in them.
struct SMSConversations {
  private var known: [ConversationID: ConversationProfile] = [:]
  private var order: [ConversationID] = []

  var profiles: [ConversationProfile] { order.compactMap { known[$0] } }

  /// Digits and a leading plus for numbers, lower case for everything else.
  static func normalised(_ address: String) -> String {
    let isNumber = address.allSatisfy { $0.isNumber || "+-() .".contains($0) }
    return isNumber ? address.filter { $0.isNumber || $0 == "+" } : address.lowercased()
  }

  /// Everybody but the owner of the phone: the app joins them by `~`, or lists them one by one.
  static func people(_ joined: String, _ addresses: [(type: String, address: String)]) -> [Address] {
    let listed = joined.split(separator: "~").map(String.init).filter { $0 != "insert-address-token" }
    let all = listed.isEmpty ? addresses.map(\.address).filter { $0 != "insert-address-token" } : listed
    var seen: Set<String> = []
    return all.filter { seen.insert(normalised($0)).inserted }.map { Address($0) }
  }

  mutating func id(of people: [Address], name: String?) -> ConversationID {
    let key = people.map { Self.normalised($0.rawValue) }.sorted().joined(separator: "~")
    let id = ConversationID.imported(source: SMSBackupImporter.source, identifier: key)
    let name = name == "(Unknown)" ? nil : name
    if known[id] == nil {
      order.append(id)
      known[id] = ConversationProfile(
        id: id, name: name, participants: people, service: "SMS", isGroup: people.count > 1)
    } else if known[id]?.name == nil, let name {
      known[id]?.name = name
    }
    return id
  }
}
#endif
