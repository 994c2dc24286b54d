#if Tool
import Foundation

/// A message that a test knows, as it must come out again.
struct SampleMessage: Hashable {
  /// Milliseconds since 1970; no two messages share one.
  var sentAt: Int64
  var text: String
  /// Nil for the owner's own messages.
  var sender: String?
  var title: String
  var kind = "text"
  var service: String
  var carriage: String
  var attachment: SampleFile?

  var isEncrypted: Bool { carriage == "importedEndToEnd" }
}

/// A file that was sent with a message.
struct SampleFile: Hashable {
  var name: String
  var bytes: [UInt8]
}

/// A history that a test knows by heart, in the two sources that the tool reads. Their messages alternate in
/// time.
struct SampleHistory {
  private(set) var messages: [SampleMessage] = []
  /// What must not be found in any archive, besides what the messages say.
  private(set) var secrets: Set<String> = []
  private let start: Int64 = 1_767_000_000_000

  /// Writes `sms.xml` into a folder, in the manner of SMS Backup & Restore: every tenth message brings a
  /// picture, every tenth goes to a group.
  mutating func writeSMS(
    count: Int, largestFile: Int = 20_000, to name: String = "sms.xml", in folder: ToolFolder,
    seed: UInt64 = 1
  ) throws {
    var random = SplitMix64(state: seed)
    var xml = "<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n<smses count=\"\(count)\">\n"
    for number in 0..<count {
      let message = sms(number, seed, number == 39 ? largestFile : 700, &random)
      xml += number % 10 == 9 || number % 10 == 4 ? Self.mms(message, number) : Self.sms(message, number)
      messages.append(message)
    }
    let draft = "A draft that nobody ever sent, seed \(seed)"
    secrets.insert(draft)
    xml += "<sms address=\"\(Self.number(0))\" date=\"\(start)\" type=\"3\" body=\"\(draft)\" />\n</smses>\n"
    try folder.write(xml, to: name)
    messages.sort { $0.sentAt < $1.sentAt }
    for person in 0..<Self.peopleCount { secrets.formUnion([Self.number(person), Self.name(person)]) }
  }

  private static let peopleCount = 5
  private static func number(_ person: Int) -> String { "+1555019\(4000 + person)" }
  private static func name(_ person: Int) -> String { "Marguerite Oldcastle \(person)" }

  private func sms(
    _ number: Int, _ seed: UInt64, _ byteCount: Int, _ random: inout SplitMix64
  ) -> SampleMessage {
    let person = number / 3 % Self.peopleCount
    let isSent = number.isMultiple(of: 2)
    var message = SampleMessage(
      sentAt: start + Int64(seed) * 1_000 + Int64(number) * 120_000,
      text: "Telephone text \(number) of \(seed): tomatoes & <basil>, \"Grüße\" 🍅 \(random.next())",
      sender: isSent ? nil : Self.number(person), title: Self.name(person), service: "SMS",
      carriage: "sms")
    guard number % 10 == 9 || number % 10 == 4 else { return message }
    message.service = "MMS"
    message.carriage = "mms"
    if number % 10 == 9 {
      message.kind = "attachment"
      message.attachment = SampleFile(
        name: "holiday-picture-\(seed)-\(number).jpg", bytes: random.bytes(byteCount))
    } else {
      message.title = "Harvest Supper Friends"
    }
    return message
  }

  private static func sms(_ message: SampleMessage, _ number: Int) -> String {
    let person = number / 3 % peopleCount
    return """
      <sms protocol="0" address="\(Self.number(person))" date="\(message.sentAt)" \
      type="\(message.sender == nil ? 2 : 1)" subject="null" body="\(escaped(message.text))" \
      contact_name="\(name(person))" read="1" />

      """
  }

  private static func mms(_ message: SampleMessage, _ number: Int) -> String {
    let person = number / 3 % peopleCount
    // The numbers of a group are joined, whoever sends.
    let others = (0..<3).map { Self.number((person + $0) % peopleCount) }
    let isGroup = message.attachment == nil
    let all = isGroup ? (0..<peopleCount).map(Self.number).joined(separator: "~") : others[0]
    let title = isGroup ? message.title : name(person)
    let file = message.attachment.map {
      "<part seq=\"1\" ct=\"image/jpeg\" cl=\"\($0.name)\" data=\"\(Data($0.bytes).base64EncodedString())\" />"
    }
    let from = message.sender ?? "insert-address-token"
    return """
      <mms date="\(message.sentAt)" msg_box="\(message.sender == nil ? 2 : 1)" address="\(all)" \
      contact_name="\(title)" m_type="132"><parts>
      <part seq="0" ct="text/plain" text="\(escaped(message.text))" />\(file ?? "")
      </parts><addrs><addr address="\(from)" type="137" /></addrs></mms>

      """
  }

  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: "\"", with: "&quot;")
  }

  /// Adds messages that stand in another source.
  mutating func add(_ others: [SampleMessage], secrets more: Set<String>) {
    messages += others
    messages.sort { $0.sentAt < $1.sentAt }
    secrets.formUnion(more)
  }

  func count(by key: (SampleMessage) -> String) -> [String: Int] {
    messages.reduce(into: [:]) { counts, message in counts[key(message), default: 0] += 1 }
  }
}
#endif
