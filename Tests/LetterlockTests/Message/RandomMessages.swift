import CryptoCore

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// Makes values of every kind, with every field sometimes there and sometimes not.
struct RandomMessages {
  var generator: SeededGenerator

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
  }

  mutating func maybe<Value>(_ make: (inout Self) -> Value) -> Value? {
    generator.next() % 3 == 0 ? make(&self) : nil
  }

  mutating func number(below bound: Int) -> Int {
    Int(generator.next() % UInt64(bound))
  }

  mutating func text(upTo count: Int = 40) -> String {
    let alphabet = Array("abc XYZ 0123 éßж€😀e\u{301}👩‍👩‍👧\n\u{0}".unicodeScalars)
    var scalars = String.UnicodeScalarView()
    for _ in 0..<number(below: count + 1) {
      scalars.append(alphabet[number(below: alphabet.count)])
    }
    return String(scalars)
  }

  mutating func id() -> Bytes16 {
    Bytes16(high: generator.next(), low: generator.next())
  }

  mutating func time() -> Timestamp {
    Timestamp(nanosecondsSince1970: Int64(bitPattern: generator.next()))
  }

  mutating func address() -> Address { Address(text(upTo: 12)) }

  mutating func addresses() -> [Address] {
    (0..<number(below: 4)).map { _ in address() }
  }

  mutating func unknownValue(from code: UInt16) -> UnknownValue {
    UnknownValue(code: code + UInt16(number(below: 1000)), bytes: generator.bytes(number(below: 80)))
  }

  mutating func style() -> RichText.Style {
    switch number(below: 8) {
    case 0: .bold
    case 1: .italic
    case 2: .underline
    case 3: .strikethrough
    case 4: .link(text())
    case 5: .mention(address())
    case 6: .effect(text())
    default: .unknown(unknownValue(from: 8))
    }
  }

  mutating func richText() -> RichText {
    let text = text(upTo: 300)
    let styles = (0..<number(below: 5)).map { _ in
      let start = number(below: text.utf8.count + 1)
      return RichText.StyledRange(utf8Range: start..<start + number(below: 9), style: style())
    }
    return RichText(text, styles: styles)
  }

  mutating func reactionKind() -> Reaction.Kind {
    let plain: [Reaction.Kind] = [.love, .like, .dislike, .laugh, .emphasize, .question]
    let choice = number(below: plain.count + 2)
    if choice < plain.count { return plain[choice] }
    return choice == plain.count ? .emoji(text(upTo: 3)) : .unknown(unknownValue(from: 8))
  }

  mutating func groupEvent() -> GroupEvent {
    switch number(below: 8) {
    case 0: .nameChanged(text())
    case 1: .nameChanged(nil)
    case 2: .memberAdded(address())
    case 3: .memberRemoved(address())
    case 4: .memberLeft(address())
    case 5: .photoChanged
    case 6: .other(text())
    default: .unknown(unknownValue(from: 8))
    }
  }

  mutating func body(_ kind: Int) -> Message.Body {
    switch kind {
    case 0: .text(richText())
    case 1:
      .reaction(
        Reaction(
          target: MessageID(id()), part: UInt32(truncatingIfNeeded: generator.next()), kind: reactionKind(),
          change: number(below: 2) == 0 ? .added : .removed))
    case 2: .edit(Message.Edit(target: MessageID(id()), newText: richText()))
    case 3: .retraction(target: maybe { MessageID($0.id()) })
    case 4:
      .sticker(
        Message.Sticker(
          target: maybe { MessageID($0.id()) }, attachment: UInt32(truncatingIfNeeded: generator.next())))
    case 5: .groupEvent(groupEvent())
    case 6:
      .app(
        AppContent(
          mediaType: text(), bytes: generator.bytes(number(below: 200)), summary: maybe { $0.text() }))
    default: .unknown(unknownValue(from: 8))
    }
  }

  mutating func carriage() -> Carriage {
    let all: [Carriage] = [
      .local, .carrier(.sms), .carrier(.mms), .carrier(.rcs), .endToEnd(service: text()), .unknown(77),
    ]
    return all[number(below: all.count)]
  }

  mutating func attachment() throws -> Attachment {
    var attachment = try Attachment(
      blob: BlobID(id()), key: SecretKey(copying: generator.bytes(32)), name: maybe { $0.text() },
      mediaType: text(), byteCount: generator.next() >> 12, digest: generator.bytes(32))
    let roles: [Attachment.Role] = [.file, .preview, .sticker, .voice, .unknown(9)]
    attachment.role = roles[number(below: roles.count)]
    if let unknown = maybe({ $0.unknownValue(from: 8) }) { attachment.unknownFields = [unknown] }
    return attachment
  }

  private mutating func absentFiles() -> [Message.AbsentFile] {
    let causes: [Message.AbsentFile.Cause] = [.notFound, .damaged, .unknown(77)]
    return (0..<number(below: 3)).map { _ in
      Message.AbsentFile(
        name: maybe { $0.text() }, mediaType: text(), cause: causes[number(below: causes.count)])
    }
  }

  private mutating func deviceID() -> DeviceID { DeviceID(unchecked: generator.bytes(32)) }

  mutating func sendRequest() throws -> SendRequestContent {
    let (text, isShort) = (text(), number(below: 2) == 0)
    let message = Message(
      id: MessageID(id()), conversation: maybe { ConversationID($0.id()) }, sender: .me, sentAt: time(),
      carriage: .carrier(isShort ? .sms : .mms), body: .text(RichText(text)),
      subject: isShort ? nil : maybe { $0.text() }, recipients: [address()])
    let content = SendRequestContent(
      message, device: deviceID(), expiresAt: time(), segments: isShort ? [text, ""] : [])
    guard var content else { throw CancellationError() }
    if let unknown = maybe({ $0.unknownValue(from: 5) }) { content.unknownFields = [unknown] }
    return content
  }

  mutating func sendReport() -> SendReport {
    let steps: [SendReport.Step] = [
      .claimed(id()), .sent(id()), .failed(id(), reason: text()), .outcomeUnknown(id()), .cancelled, .expired,
      .askerRemoved, .unknown(77),
    ]
    var report = SendReport(
      steps[number(below: steps.count)], of: MessageID(id()), in: ConversationID(id()), at: time())
    if let unknown = maybe({ $0.unknownValue(from: 7) }) { report.unknownFields = [unknown] }
    return report
  }

  /// - Parameter kind: of the body, 0 to 7.
  mutating func message(_ kind: Int) throws -> Message {
    var message = Message(
      id: MessageID(id()), conversation: maybe { ConversationID($0.id()) },
      sender: maybe { .other($0.address()) } ?? .me, sentAt: time(), receivedAt: maybe { $0.time() },
      carriage: carriage(), body: body(kind), replyTo: maybe { MessageID($0.id()) },
      effect: maybe { Message.Effect($0.text()) }, subject: maybe { $0.text() },
      editedAt: maybe { $0.time() },
      recentlyDeletedAt: maybe { $0.time() }, recipients: addresses(),
      origin: maybe { Message.Origin(source: $0.text(), identifier: $0.text(), service: $0.text()) })
    for _ in 0..<number(below: 3) { message.attachments.append(try attachment()) }
    message.absentFiles = absentFiles()
    message.unsentPartCount = UInt32(number(below: 3))
    if let unknown = maybe({ $0.unknownValue(from: 20) }) { message.unknownFields = [unknown] }
    return message
  }

  mutating func conversation() -> ConversationProfile {
    var profile = ConversationProfile(
      id: ConversationID(id()), name: maybe { $0.text() }, participants: addresses(),
      service: maybe { $0.text() }, isGroup: number(below: 2) == 0)
    if let unknown = maybe({ $0.unknownValue(from: 6) }) { profile.unknownFields = [unknown] }
    return profile
  }

  mutating func device() -> DeviceProfile {
    var profile = DeviceProfile(name: text())
    if let unknown = maybe({ $0.unknownValue(from: 2) }) { profile.unknownFields = [unknown] }
    return profile
  }

  /// - Parameter kind: 0 to 12; the first eight are messages.
  mutating func entry(_ kind: Int) throws -> ArchiveEntry {
    switch kind {
    case 0...7: .message(try message(kind))
    case 8: .conversation(conversation())
    case 9: .device(device())
    case 10: .sendRequest(try sendRequest())
    case 11: .sendReport(sendReport())
    default: .unknown(unknownValue(from: 9))
    }
  }
}
