import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SPEC.md section 10.12: versions that a source still has")
struct EarlierVersionTests {
  private func edited(_ chat: ConversationID, files: [AttachmentSource] = []) -> ImportedMessage {
    ImportedMessage(
      message: ImportedSample.message("three", edited: 30, in: chat), attachments: files,
      earlier: [
        ImportedSample.message("one", in: chat), ImportedSample.message("two", edited: 20, in: chat),
      ])
  }

  private func versions(_ device: Device) throws -> [MessageVersion] {
    let index = try device.timelineIndex()
    let message = try #require(try device.imported())
    return try device.versions(of: try #require(index.reference(to: message.id)), of: index)
  }

  @Test func `an edited message comes in with the versions that it had, once`() async throws {
    let house = try await Household()
    let photo = ImportedSample.file("a.jpg", [1, 2])
    let outcome = try house.phone.historyImport().add([edited(house.chat, files: [photo])])
    #expect(outcome.map(\.action) == [.added])
    #expect(outcome.map(\.fileCount) == [1])
    let shown = try #require(try house.phone.imported())
    #expect(shown.text == "three")
    #expect(shown.attachments.map(\.name) == ["a.jpg"])
    #expect(try versions(house.phone).map(\.message.text) == ["one", "two", "three"])
    #expect(
      try versions(house.phone).map(\.message.editedAt) == [
        nil, ImportedSample.time(20), ImportedSample.time(30),
      ])
    let count = try house.phone.recordCount()
    #expect(
      try house.phone.historyImport().add([edited(house.chat, files: [photo])]).map(\.action) == [.unchanged])
    #expect(try house.phone.recordCount() == count)
    try await house.phone.sync()
    try await house.mac.sync()
    #expect(try house.mac.imported() == shown)
  }

  @Test func `a message that was imported without its versions gets them, and shows the newest`() async throws
  {
    let house = try await Household()
    try house.phone.importing([ImportedSample.message("three", edited: 30, in: house.chat)])
    #expect(try house.phone.historyImport().add([edited(house.chat)]).map(\.action) == [.revised([.text])])
    #expect(try house.phone.imported()?.text == "three")
    #expect(try versions(house.phone).map(\.message.text) == ["three", "one", "two"])
    #expect(try house.phone.historyImport().add([edited(house.chat)]).map(\.action) == [.unchanged])
  }

  @Test func `a file that was not there is marked, until an import brings it`() async throws {
    let house = try await Household()
    let message = ImportedSample.message(in: house.chat)
    let gone = AttachmentSource(name: "a.jpg", mediaType: "image/jpeg", content: .missing(reason: "gone"))
    let broken = AttachmentSource(name: "b.jpg", mediaType: "image/jpeg", content: .damaged(reason: "cut"))
    try house.phone.importing([message], with: [gone, broken])
    #expect(
      try house.phone.imported()?.absentFiles == [
        Message.AbsentFile(name: "a.jpg", mediaType: "image/jpeg", cause: .notFound),
        Message.AbsentFile(name: "b.jpg", mediaType: "image/jpeg", cause: .damaged),
      ])
    #expect(try house.phone.importing([message], with: [gone, gone]).map(\.action) == [.unchanged])
    let found = ImportedSample.file("a.jpg", [1])
    #expect(
      try house.phone.importing([message], with: [found, broken]).map(\.action) == [.revised([.files])])
    let shown = try #require(try house.phone.imported())
    #expect(shown.attachments.map(\.name) == ["a.jpg"])
    #expect(shown.absentFiles.map(\.name) == ["b.jpg"])
    // An edit of a source that has lost both takes nothing away, and marks nothing that is here.
    try house.phone.importing(
      [ImportedSample.message("again", edited: 9, in: house.chat)], with: [gone, gone])
    let again = try #require(try house.phone.imported())
    #expect(again.attachments.map(\.name) == ["a.jpg"])
    #expect(again.absentFiles.map(\.name) == ["a.jpg"])
  }
}
