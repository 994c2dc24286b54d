#if SQLite
public import Letterlock

/// Reads what Android's "SMS Backup & Restore" writes, in memory that does not grow with the file.
public struct SMSBackupImporter: MessageImporter {
  /// `sms.xml`.
  public var sourceName: String { Self.source }
  static let source = "sms.xml"

  private let path: String
  private let reader: XMLByteReader
  private var parser: XMLPullParser
  private var conversations = SMSConversations()
  private var names = SMSIdentifiers()
  private var hasBegun = false

  /// Opens the file at `path` for reading alone.
  /// - Throws: `ImportError.unreadable`.
  public init(path: String) throws(ImportError) {
    self.path = try SourceFile.resolve(path)
    reader = try XMLByteReader(path: self.path)
    parser = XMLPullParser(reader)
  }

  /// How much of the file has been read, from 0 to 1.
  public var fractionDone: Double {
    reader.byteCount == 0 ? 1 : Double(reader.offset) / Double(reader.byteCount)
  }

  /// The conversations of the messages that were read so far.
  public func profiles() throws(ImportError) -> [ConversationProfile] { conversations.profiles }

  /// The next message, in the file's order.
  public mutating func next() throws(ImportError) -> ImportItem? {
    do throws(ImportError) { return try read() } catch {
      // Other messages stand behind one that breaks the format.
      guard case .malformed = error, try parser.resume() else { throw error }
      hasBegun = true
      return .skipped(.lost("a part of the file that breaks its format"))
    }
  }

  private mutating func read() throws(ImportError) -> ImportItem? {
    while let event = try parser.next() {
      guard case .start(let name, let attributes) = event else { continue }
      switch name {
      case "smses": hasBegun = true
      case "sms" where hasBegun: return sms(SMSAttributes(attributes))
      case "mms" where hasBegun: return try mms(SMSAttributes(attributes))
      case _ where !hasBegun: throw .unknownFormat
      case "parts", "part", "addrs", "addr": break
      default: return .skipped(ImportSkip(reason: "an element of another kind (\(name.prefix(16)))"))
      }
    }
    guard hasBegun else { throw .unknownFormat }
    return nil
  }

  /// 1 is received, 2 sent; the others never travelled.
  private static func skip(type: String?) -> ImportSkip? {
    switch type {
    case "1", "2": nil
    case "3": ImportSkip(reason: "a draft")
    case "4", "6": ImportSkip(reason: "a message that waits to be sent")
    case "5": ImportSkip(reason: "a message that was not sent")
    default: .lost("a message of unknown direction")
    }
  }

  private mutating func sms(_ attributes: SMSAttributes) -> ImportItem {
    let type = attributes["type"]
    if let skip = Self.skip(type: type) { return .skipped(skip) }
    guard !attributes.isTooLong else { return .skipped(.tooLong) }
    guard let date = attributes.date else { return .skipped(.lost("a message without a date")) }
    let address = attributes["address"] ?? "unknown"
    let people = [Address(address)]
    let text = attributes["body"] ?? ""
    let conversation = conversations.id(of: people, name: attributes["contact_name"])
    let identifier = names.identifier(["sms", "\(date)", type ?? "", address, text])
    var message = Message(
      id: .imported(source: Self.source, identifier: identifier), conversation: conversation,
      sender: type == "2" ? .me : .other(people[0]), sentAt: Self.time(date),
      carriage: .carrier(.sms), body: .text(RichText(text)), recipients: type == "2" ? people : [],
      origin: Message.Origin(source: Self.source, identifier: identifier, service: "SMS"))
    message.subject = attributes["subject"]
    return .message(ImportedMessage(message: message))
  }

  static func time(_ milliseconds: Int64) -> Timestamp {
    let (nanoseconds, isOverflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
    return Timestamp(nanosecondsSince1970: isOverflow ? (milliseconds < 0 ? .min : .max) : nanoseconds)
  }

  /// Reads the parts and addresses of a multimedia message, to its end.
  private mutating func mms(_ attributes: SMSAttributes) throws(ImportError) -> ImportItem {
    var content = SMSContent()
    while let event = try parser.next() {
      if case .end("mms") = event { break }
      guard case .start(let name, let values) = event else { continue }
      guard name != "sms", name != "mms" else { throw parser.brokenBeforeTag("a message stands in another") }
      content.add(name, SMSAttributes(values), path: path)
    }
    if let skip = Self.skip(type: attributes["msg_box"]) { return .skipped(skip) }
    guard !content.hasTooMany else { return .skipped(.lost("a message of too many parts")) }
    guard !content.isTooLong, !attributes.isTooLong else { return .skipped(.tooLong) }
    guard let date = attributes.date else { return .skipped(.lost("a message without a date")) }
    return message(attributes, date, content.parts.sorted { $0.sequence < $1.sequence }, content.addresses)
  }

  private mutating func message(
    _ attributes: SMSAttributes, _ date: Int64, _ parts: [SMSPart],
    _ addresses: [(type: String, address: String)]
  ) -> ImportItem {
    let isSent = attributes["msg_box"] == "2"
    let people = SMSConversations.people(attributes["address"] ?? "unknown", addresses)
    let from = addresses.first { $0.type == "137" && $0.address != "insert-address-token" }?.address
    let text = parts.compactMap(\.text).joined(separator: "\n")
    let conversation = conversations.id(of: people, name: attributes["contact_name"])
    let identifier = names.identifier(
      ["mms", "\(date)", attributes["msg_box"] ?? "", attributes["m_id"] ?? ""]
        + people.map(\.rawValue).sorted() + [text])
    var message = Message(
      id: .imported(source: Self.source, identifier: identifier), conversation: conversation,
      sender: isSent ? .me : .other(from.map { Address($0) } ?? people.first ?? Address("unknown")),
      sentAt: Self.time(date), carriage: .carrier(.mms), body: .text(RichText(text)),
      recipients: isSent || people.count > 1 ? people : [],
      origin: Message.Origin(source: Self.source, identifier: identifier, service: "MMS"))
    message.subject = attributes["sub"]
    return .message(
      ImportedMessage(message: message, attachments: parts.compactMap(\.attachment)))
  }
}
#endif
