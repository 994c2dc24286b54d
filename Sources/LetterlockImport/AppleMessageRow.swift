#if SQLite
import Foundation
import Letterlock

/// One row of `message`, made into a message.
struct AppleMessageRow {
  private let row: MessageValues
  private let lookup: MessagesLookup
  private let files: [MessagesLookup.File]
  private let rowID: Int64
  private let body: AttributedBody?
  private let chat: ConversationProfile?
  private let history: EditHistory?
  /// What the message said from its first version to its last one, if it was edited.
  private let versions: [EditHistory.Edit]

  init(_ row: MessageValues, lookup: MessagesLookup, files: [Int64: [MessagesLookup.File]]) {
    self.row = row
    self.lookup = lookup
    rowID = row.number(.rowID)
    self.files = files[rowID] ?? []
    chat = lookup.chat(of: rowID)
    body = row.data(.attributedBody).flatMap { AttributedBody($0) }
    history = row.data(.summaryInfo).flatMap { EditHistory($0) }
    versions = history?.versions(body?.parts ?? [:]) ?? []
  }

  var item: ImportItem {
    guard let guid = row.text(.guid), !guid.isEmpty else {
      return .skipped(.lost("a message without an identifier"))
    }
    let arrived = max(row.number(.dateDelivered), row.number(.dateRead))
    let edited = editedAt
    let isToSeveral = chat?.isGroup == true || isFromMe
    // All at once: each change of a message that is made already copies what most messages have not.
    var message = Message(
      id: Self.id(guid), conversation: conversation, sender: sender, sentAt: Self.time(row.number(.date)),
      receivedAt: arrived > 0 && !isFromMe ? Self.time(arrived) : nil, carriage: carriage, body: content,
      replyTo: row.text(.threadOriginatorGUID).map(Self.id),
      effect: row.text(.effect).flatMap { $0.isEmpty ? nil : Message.Effect($0) },
      subject: row.text(.subject).flatMap { $0.isEmpty ? nil : $0 },
      editedAt: edited,
      recentlyDeletedAt: lookup.deletionDate(of: rowID).map(Self.time),
      recipients: isToSeveral ? chat?.participants ?? [] : [],
      origin: Message.Origin(source: AppleMessagesImporter.source, identifier: guid, service: service),
      delivery: delivery)
    if let count = history?.unsentPartCount, count > 0 { message.unsentPartCount = count }
    return .message(
      ImportedMessage(message: message, attachments: ordered.map(\.source), earlier: earlier(than: message)))
  }

  /// When the newest version was made: some databases say it in the versions alone.
  private var editedAt: Timestamp? {
    let date = max(row.number(.dateEdited), row.number(.dateRetracted))
    if date > 0 { return Self.time(date) }
    guard versions.count > 1, let last = versions.last, last.time > 0 else { return nil }
    return Self.time(last.time)
  }

  /// The versions that the message had before, each dated before it.
  private func earlier(than message: Message) -> [Message] {
    guard let last = message.editedAt, case .text = content(earlier: true) else { return [] }
    var texts = versions
    if case .text(let now) = message.body, texts.last?.text.text == now.text { texts.removeLast() }
    let latest = Timestamp(nanosecondsSince1970: last.nanosecondsSince1970 &- 1)
    return texts.enumerated().map { number, version in
      var made = message
      made.body = .text(version.text)
      made.editedAt = number == 0 ? nil : min(Self.time(version.time), latest)
      made.unsentPartCount = 0
      return made
    }
  }

  static func id(_ guid: String) -> MessageID {
    .imported(source: AppleMessagesImporter.source, identifier: guid)
  }

  /// Nanoseconds since 2001; seconds in databases older than macOS 10.13. A date out of range is the nearest in it.
  static func time(_ date: Int64) -> Timestamp {
    let epoch: Int64 = 978_307_200
    let scale: Int64 = date.magnitude < 1_000_000_000_000 ? 1_000_000_000 : 1
    let (scaled, isTooFar) = date.multipliedReportingOverflow(by: scale)
    let (sum, isOverflow) = scaled.addingReportingOverflow(epoch * 1_000_000_000)
    return Timestamp(nanosecondsSince1970: isTooFar || isOverflow ? (date < 0 ? .min : .max) : sum)
  }

  private var isFromMe: Bool { row.number(.isFromMe) != 0 }
  private var service: String { row.text(.service) ?? "unknown" }

  private var conversation: ConversationID {
    chat?.id
      ?? .imported(
        source: AppleMessagesImporter.source,
        identifier: "handle " + (lookup.address(row.number(.handleID))?.rawValue ?? "unknown"))
  }

  private var sender: Sender {
    guard !isFromMe else { return .me }
    return .other(lookup.address(row.number(.handleID)) ?? Address("unknown"))
  }

  /// What the service says about encryption. A message that fell back to a carrier was not encrypted, whatever its
  /// service is called.
  private var carriage: Carriage {
    switch service.lowercased() {
    case "imessage", "imessagelite", "facetime":
      row.isNo(.wasDowngraded) ? .endToEnd(service: service) : .carrier(carrier)
    case "rcs": .carrier(.rcs)
    case "sms", "mms": .carrier(carrier)
    default: .unknown(0)
    }
  }

  /// An SMS row with files, several recipients or a subject is MMS.
  private var carrier: Carrier {
    let isMultimedia =
      !files.isEmpty || (chat?.participants.count ?? 0) > 1
      || row.text(.subject)?.isEmpty == false || service.lowercased() == "mms"
    return isMultimedia ? .mms : .sms
  }

  /// Whether it went off: a database that does not say so is believed to hold what was sent.
  private var delivery: Message.Delivery? {
    guard isFromMe, row.number(.isSent) == 0 else { return nil }
    if row.number(.scheduleType) == 2 { return .scheduled }
    return row.number(.error) != 0 ? .failed : nil
  }

  private var text: RichText {
    if let body { return body.text }
    // Messages keeps the words of some edited messages in their versions alone.
    if row.text(.text)?.isEmpty ?? true, let last = versions.last { return last.text }
    let plain = row.text(.text) ?? ""
    // U+FFFC begins with this byte, and few other characters do.
    guard plain.utf8.contains(0xef) else { return RichText(plain) }
    let kept = plain.utf16.filter { $0 != AttributedBody.attachmentCharacter }
    return RichText(String(decoding: kept, as: UTF16.self))
  }

  /// Files in the order in which they stand in the text.
  private var ordered: [MessagesLookup.File] {
    guard let guids = body?.attachmentGUIDs, guids.count > 1 else { return files }
    let places = Dictionary(guids.enumerated().map { ($1, $0) }) { first, _ in first }
    return files.enumerated().sorted {
      (places[$0.element.guid] ?? .max, $0.offset) < (places[$1.element.guid] ?? .max, $1.offset)
    }.map(\.element)
  }

  /// A message that was unsent keeps its row and loses its text.
  private var isRetracted: Bool {
    if let history, !versions.isEmpty || history.unsentPartCount > 0 || history.isUnsent {
      return history.isUnsent
    }
    if row.number(.dateRetracted) > 0 { return true }
    return row.number(.dateEdited) > 0 && files.isEmpty && text.text.isEmpty
      && row.text(.subject) == nil && row.text(.balloonBundleID) == nil
  }

  private var content: Message.Body { content(earlier: false) }

  /// - Parameter isEarlier: before it was unsent.
  private func content(earlier isEarlier: Bool) -> Message.Body {
    if let reaction { return reaction }
    if let event { return .groupEvent(event) }
    if isRetracted, !isEarlier { return .retraction(target: nil) }
    if let app { return .app(app) }
    return .text(text)
  }

  /// 2000 to 2006 set a reaction, 3000 to 3006 take it back; 2007 and 3007 are stickers.
  private var reaction: Message.Body? {
    let type = row.number(.associatedType)
    guard let (target, part) = associated else { return nil }
    if type == 2007 || type == 1000 {
      return .sticker(Message.Sticker(target: target, attachment: 0))
    }
    let kind: Reaction.Kind
    switch type % 1000 {
    case 0: kind = .love
    case 1: kind = .like
    case 2: kind = .dislike
    case 3: kind = .laugh
    case 4: kind = .emphasize
    case 5: kind = .question
    case 6: kind = .emoji(row.text(.associatedEmoji) ?? "?")
    case 7: kind = .emoji("sticker")
    default: return nil
    }
    guard (2000...3999).contains(type) else { return nil }
    return .reaction(
      Reaction(target: target, part: part, kind: kind, change: type >= 3000 ? .removed : .added))
  }

  /// `p:PART/GUID` names a part of a message, `bp:GUID` a whole one.
  private var associated: (MessageID, UInt32)? {
    guard let text = row.text(.associatedGUID), !text.isEmpty else { return nil }
    if text.hasPrefix("p:"), let slash = text.firstIndex(of: "/") {
      let part = UInt32(text[..<slash].dropFirst(2)) ?? 0
      return (Self.id(String(text[text.index(after: slash)...])), part)
    }
    return (Self.id(text.hasPrefix("bp:") ? String(text.dropFirst(3)) : text), 0)
  }

  private var event: GroupEvent? {
    let other = lookup.address(row.number(.otherHandle)) ?? Address("unknown")
    switch (row.number(.itemType), row.number(.groupActionType)) {
    case (0, _): return nil
    case (1, 0): return .memberAdded(other)
    case (1, 1): return .memberRemoved(other)
    case (2, _): return .nameChanged(row.text(.groupTitle).flatMap { $0.isEmpty ? nil : $0 })
    case (3, 1), (3, 2): return .photoChanged
    case (3, _):
      return .memberLeft(isFromMe ? Address("me") : lookup.address(row.number(.handleID)) ?? other)
    case (let type, let action): return .other("event \(type).\(action)")
    }
  }

  private var app: AppContent? {
    guard let bundle = row.text(.balloonBundleID), !bundle.isEmpty else { return nil }
    let summary = text.text
    return AppContent(
      mediaType: "application/x-apple-balloon; bundle=\"\(bundle)\"", bytes: row.data(.payloadData) ?? [],
      summary: summary.isEmpty ? nil : summary)
  }
}
#endif
