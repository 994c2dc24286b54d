import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 10.12: versions of a message")
struct RevisionTests {
  private let chat = ConversationID()

  private func version(
    _ text: String, _ carriage: Carriage = .endToEnd(service: "iMessage"), edited: Int64? = nil
  ) -> Message { ImportedSample.message(text, carriage, edited: edited, in: chat) }

  private func revision(_ message: Message) throws -> Revision { try #require(Revision(message)) }

  private func file(_ name: String, byteCount: UInt64 = 5) throws -> LetterlockFormat.Attachment {
    try LetterlockFormat.Attachment(
      blob: BlobID(), key: SecretKey(random: 32), name: name, mediaType: "image/jpeg", byteCount: byteCount,
      digest: [UInt8](repeating: 1, count: 32))
  }

  @Test func `a revision has an origin, the carriage of an import, and changes no other message`() throws {
    var strange = version("x")
    strange.origin = nil
    #expect(Revision(strange) == nil)
    #expect(Revision(version("x", .local)) == nil)
    let evidence = EndToEndEvidence(service: "x", isSenderVerified: true)
    #expect(Revision(version("x").markedVerified(by: .conversation(evidence))) == nil)
    for code: UInt8 in 4...16 { #expect(Revision(version("x", .unknown(code))) == nil) }
    for code: UInt8 in 20...255 { #expect(Revision(version("x", .unknown(code))) != nil) }
    for body in [
      Message.Body.edit(Message.Edit(target: MessageID(), newText: "y")), .retraction(target: MessageID()),
    ] {
      #expect(Revision(ImportedSample.message(in: chat, body: body)) == nil)
    }
    #expect(Revision(version("x")) != nil)
  }

  @Test func `a revision comes back as it was written, fields of a newer version included`() throws {
    var message = version("x", .carrier(.sms), edited: 9)
    message.unknownFields = [UnknownValue(code: 900, bytes: [1, 2])]
    let entry = ArchiveEntry.revision(try revision(message))
    #expect(try ArchiveEntry(decodingArchiveEntry: entry.padded()) == entry)
    #expect(entry.conversation == chat)
  }

  @Test func `the newest version is that of the latest edit, and of equals the last`() throws {
    let base = version("base", edited: 5)
    #expect(base.revised(by: [try revision(version("old"))]).text == "base")
    #expect(base.revised(by: [try revision(version("older", edited: 4))]).text == "base")
    #expect(base.revised(by: [try revision(version("equal", edited: 5))]).text == "equal")
    let made = base.revised(by: [
      try revision(version("new", edited: 7)), try revision(version("between", edited: 6)),
    ])
    #expect(made.text == "new")
    #expect(made.editedAt == ImportedSample.time(7))
    #expect(
      version("base").revised(by: [try revision(version("a")), try revision(version("b"))]).text == "b")
  }

  @Test(arguments: [0, 1, 2], [nil, 1, 9] as [Int64?])
  func `the protection is the lowest of all versions, whatever their order`(place: Int, edited: Int64?) throws
  {
    var versions = [version("a", edited: 5), version("b", edited: 6), version("c")]
    versions[place] = version("sms", .carrier(.sms), edited: edited)
    let made = versions[0].revised(by: try versions.dropFirst().map(revision))
    #expect(made.protection == .unencrypted(.sms))
    #expect(made.origin?.service == "SMS")
    let revised = Message(
      id: versions[0].id, sender: .me, carriage: .endToEnd(service: "x"), body: .text(""))
    var lowered = made
    lowered.lower(to: revised)
    #expect(lowered.protection == .unencrypted(.sms))
  }

  @Test func `a version takes no file away that is there, and an unsent message has none`() throws {
    var base = version("a")
    let (photo, clip) = (try file("photo"), try file("clip"))
    base.attachments = [photo]
    var other = version("b", edited: 3)
    other.attachments = [clip]
    #expect(base.revised(by: [try revision(version("lost", edited: 2))]).attachments == [photo])
    #expect(base.revised(by: [try revision(other)]).attachments == [clip, photo])
    // Two devices sealed the same file.
    var again = version("c", edited: 4)
    again.attachments = [try file("photo")]
    #expect(base.revised(by: [try revision(again)]).attachments == again.attachments)
    var twice = version("d", edited: 5)
    twice.attachments = [try file("photo"), try file("photo")]
    #expect(base.revised(by: [try revision(twice)]).attachments == twice.attachments)
    #expect(twice.revised(by: [try revision(base)]).attachments == twice.attachments)
    let unsent = ImportedSample.message(edited: 6, in: chat, body: .retraction(target: nil))
    #expect(base.revised(by: [try revision(other), try revision(unsent)]).attachments == [])
  }

  @Test func `a version of another origin, sender, conversation or identifier changes nothing`() throws {
    let base = version("base")
    var (origin, sender, conversation, id) = (version("x"), version("x"), version("x"), version("x"))
    origin.origin?.identifier = "G-2"
    sender.sender = .me
    conversation.conversation = ConversationID()
    id.id = MessageID()
    var source = version("x")
    source.origin?.source = "sms.xml"
    for wrong in [origin, sender, conversation, id, source] {
      #expect(base.revised(by: [try revision(wrong)]) == base)
    }
    for carriage in [Carriage.local, .unknown(16)] {
      let other = ImportedSample.message("base", carriage, in: chat)
      #expect(other.revised(by: [try revision(version("x"))]) == other)
    }
    let evidence = EndToEndEvidence(service: "x", isSenderVerified: false)
    let opened = base.markedVerified(by: .conversation(evidence))
    #expect(opened.revised(by: [try revision(version("x"))]) == opened)
  }
}
