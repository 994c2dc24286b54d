import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md: protection")
struct ProtectionTests {
  private static let evidence = EndToEndEvidence(service: "letterlock", isSenderVerified: true)

  private static func message(_ carriage: Carriage) -> Message {
    Message(sender: .other("+15550100"), carriage: carriage, body: .text("hi"))
  }

  private static func reread(_ message: Message) throws -> Message {
    let bytes = try ArchiveEntry.message(message).padded()
    guard case .message(let message) = try ArchiveEntry(decodingArchiveEntry: bytes) else {
      throw TLSError.unknownValue
    }
    return message
  }

  @Test(arguments: [
    (Carriage.local, Protection.local), (.carrier(.sms), .unencrypted(.sms)),
    (.carrier(.mms), .unencrypted(.mms)), (.carrier(.rcs), .unencrypted(.rcs)),
    (.carrier(.unknown(99)), .unencrypted(.unknown(99))), (.unknown(99), .unencrypted(.unknown(99))),
    (.endToEnd(service: "iMessage"), .importedEndToEnd(service: "iMessage")),
  ])
  func `an app gets at most importedEndToEnd, before and after sealing`(
    carriage: Carriage, protection: Protection
  ) throws {
    let message = Self.message(carriage)
    #expect(message.protection == protection)
    let reread = try Self.reread(message)
    #expect(reread.protection == protection)
    #expect(reread.markedVerified(by: .verifiedRecord).protection == protection)
  }

  @Test func `a conversation message keeps its mark, which counts only in a verified record`() throws {
    let opened = Self.message(.endToEnd(service: "x")).markedVerified(by: .conversation(Self.evidence))
    #expect(opened.protection == .endToEnd(Self.evidence))
    let reread = try Self.reread(opened)
    #expect(reread.protection == .importedEndToEnd(service: "letterlock"))
    #expect(reread.markedVerified(by: .verifiedRecord) == opened)
    #expect(reread.markedVerified(by: .verifiedRecord).protection == .endToEnd(Self.evidence))
    let unverified = EndToEndEvidence(service: "letterlock", isSenderVerified: false)
    let other = Self.message(.endToEnd(service: "x")).markedVerified(by: .conversation(unverified))
    #expect(try Self.reread(other).markedVerified(by: .verifiedRecord).protection == .endToEnd(unverified))
  }

  @Test func `what another archive held comes as its word at most, also in a verified record`() throws {
    let origin = Message.Origin(source: "letterlock archive", identifier: "1", service: "x")
    let opened = Self.message(.endToEnd(service: "x")).markedVerified(by: .conversation(Self.evidence))
    let imported = try Self.reread(opened.asImported(from: origin))
    for message in [imported, imported.markedVerified(by: .verifiedRecord)] {
      guard case .importedEndToEnd = message.protection else {
        Issue.record("\(message.protection)")
        continue
      }
    }
    for carriage in [Carriage.local, .carrier(.sms), .carrier(.rcs), .unknown(99)] {
      let message = Self.message(carriage)
      #expect(message.asImported(from: origin).protection == message.protection)
    }
  }

  @Test func `decoding alone never gives endToEnd`() throws {
    var random = RandomMessages(seed: 1)
    for kind in 0...7 {
      for _ in 0..<50 {
        var message = try random.message(kind)
        if kind.isMultiple(of: 2) { message = message.markedVerified(by: .conversation(Self.evidence)) }
        if case .endToEnd = try Self.reread(message).protection { Issue.record("forged by decoding") }
      }
    }
  }

  @Test func `changing what a verified message says drops the evidence`() {
    let verified = Self.message(.endToEnd(service: "x")).markedVerified(by: .conversation(Self.evidence))
    let changes: [(inout Message) -> Void] = [
      { $0.body = .text("bye") }, { $0.sender = .me }, { $0.id = MessageID() },
      { $0.sentAt = Timestamp(nanosecondsSince1970: 0) }, { $0.subject = "s" }, { $0.attachments = [] },
      { $0.replyTo = MessageID() }, { $0.effect = "e" }, { $0.recipients = ["a"] },
      { $0.editedAt = Timestamp(nanosecondsSince1970: 0) },
    ]
    for change in changes {
      var message = verified
      change(&message)
      #expect(message.protection == .importedEndToEnd(service: "letterlock"))
      #expect(message.markedVerified(by: .verifiedRecord).protection == message.protection)
    }
  }

  @Test func `putting a verified message into its conversation keeps the evidence`() {
    var message = Self.message(.endToEnd(service: "x")).markedVerified(by: .conversation(Self.evidence))
    message.conversation = ConversationID()
    message.receivedAt = .now
    #expect(message.protection == .endToEnd(Self.evidence))
  }

  @Test func `a carrier message never becomes endToEnd through its number`() throws {
    for code in UInt8.min...UInt8.max {
      for carriage in [Carriage.unknown(code), .carrier(.unknown(code))] {
        let reread = try Self.reread(Self.message(carriage)).markedVerified(by: .verifiedRecord)
        guard case .unencrypted(.unknown) = reread.protection else {
          Issue.record("code \(code) became \(reread.protection)")
          continue
        }
      }
    }
  }

  @Test func `a carriage of a newer version shows as unencrypted and survives with its service`() throws {
    var bytes = try ArchiveEntry.message(Self.message(.endToEnd(service: "iMessage"))).padded()
    let field: [UInt8] = [0, 6, 1, 1, 0, 7, 8]
    let start = try #require(
      (0..<bytes.count - field.count).first { Array(bytes[$0..<$0 + field.count]) == field })
    bytes[start + 3] = 200
    guard case .message(let message) = try ArchiveEntry(decodingArchiveEntry: bytes) else {
      Issue.record("no message")
      return
    }
    #expect(message.carriage == .unknown(200))
    #expect(message.protection == .unencrypted(.unknown(200)))
    #expect(message.protection.isUnencrypted)
    #expect(try ArchiveEntry.message(message).padded() == bytes)
  }

  @Test func `a service beside a carrier is refused, and so is an end-to-end carriage without one`() throws {
    let bytes = try ArchiveEntry.message(Self.message(.endToEnd(service: "x"))).padded()
    let field: [UInt8] = [0, 6, 1, 1, 0, 7, 1, UInt8(ascii: "x")]
    let start = try #require(
      (0..<bytes.count - field.count).first { Array(bytes[$0..<$0 + field.count]) == field })
    for code: UInt8 in [0, 17, 18, 19] {
      var forged = bytes
      forged[start + 3] = code
      #expect(throws: TLSError.invalidValue) { try ArchiveEntry(decodingArchiveEntry: forged) }
    }
    let local = try ArchiveEntry.message(Self.message(.local)).padded()
    let localField: [UInt8] = [0, 6, 1, 0]
    let place = try #require((0..<local.count - 4).first { Array(local[$0..<$0 + 4]) == localField })
    for code: UInt8 in [1, 2, 3] {
      var forged = local
      forged[place + 3] = code
      #expect(throws: TLSError.invalidValue) { try ArchiveEntry(decodingArchiveEntry: forged) }
    }
  }

  @Test(arguments: [
    Carriage.carrier(.sms), .carrier(.mms), .carrier(.rcs), .carrier(.unknown(99)), .unknown(99), .local,
  ])
  func `no evidence lifts a message that did not travel end-to-end encrypted`(carriage: Carriage) throws {
    let message = Self.message(carriage)
    for evidence in [ProtectionEvidence.conversation(Self.evidence), .verifiedRecord] {
      #expect(message.markedVerified(by: evidence) == message)
      #expect(try Self.reread(message).markedVerified(by: evidence).protection == message.protection)
    }
  }

  @Test func `no change of a message that came by SMS makes it anything else`() {
    let changes: [(inout Message) -> Void] = [
      { $0.body = .text("bye") }, { $0.sender = .me }, { $0.id = MessageID() }, { $0.receivedAt = .now },
      { $0.sentAt = Timestamp(nanosecondsSince1970: 0) }, { $0.subject = "s" }, { $0.attachments = [] },
      { $0.conversation = ConversationID() }, { $0.recentlyDeletedAt = .now }, { $0.replyTo = MessageID() },
      { $0.origin = Message.Origin(source: "chat.db", identifier: "1", service: "iMessage") },
      { $0.effect = "e" }, { $0.recipients = ["a"] }, { $0.editedAt = .now },
      { $0.fold(.text("new"), editedAt: .now, from: Self.message(.endToEnd(service: "iMessage"))) },
      { $0.lower(to: Self.message(.endToEnd(service: "iMessage"))) }, { $0.lower(to: Self.message(.local)) },
    ]
    for change in changes {
      var message = Self.message(.carrier(.sms))
      change(&message)
      #expect(message.protection == .unencrypted(.sms))
    }
  }

  @Test func `only what came through others counts as unencrypted, and all describe themselves`() {
    let all: [(Protection, Bool, String)] = [
      (.endToEnd(Self.evidence), false, "endToEnd(letterlock)"),
      (.importedEndToEnd(service: "iMessage"), false, "importedEndToEnd(iMessage)"),
      (.unencrypted(.sms), true, "unencrypted(sms)"), (.unencrypted(.rcs), true, "unencrypted(rcs)"),
      (.unencrypted(.unknown(7)), true, "unencrypted(unknown(7))"), (.local, false, "local"),
    ]
    for (protection, isUnencrypted, description) in all {
      #expect(protection.isUnencrypted == isUnencrypted)
      #expect("\(protection)" == description)
    }
  }
}
