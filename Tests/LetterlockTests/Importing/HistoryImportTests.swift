import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Importing a source again")
struct HistoryImportTests {
  private struct Broken: Error {}

  @Test(arguments: [
    Carriage.endToEnd(service: "iMessage"), .carrier(.sms), .carrier(.mms), .carrier(.rcs), .unknown(0),
    .unknown(1),
    .unknown(77), .carrier(.unknown(2)),
  ])
  func `adds nothing if nothing changed`(carriage: Carriage) async throws {
    let house = try await Household()
    let message = ImportedSample.message("x", carriage, in: house.chat)
    let files = [ImportedSample.file("photo.jpg", [1, 2, 3]), ImportedSample.file("photo.jpg", [1, 2, 4])]
    #expect(try house.phone.importing([message], with: files).map(\.action) == [.added])
    let count = try house.phone.recordCount()
    for isSent in [false, true] {
      if isSent { try await house.phone.sync() }
      let again = try house.phone.importing([message], with: files)
      #expect(again.map(\.action) == [.unchanged])
    }
    try await house.mac.sync()
    #expect(try house.mac.importing([message], with: files).map(\.action) == [.unchanged])
    #expect(try house.mac.recordCount() == count)
  }

  @Test func `an old backup that is imported last changes nothing, and two devices do not alternate`()
    async throws
  {
    let house = try await Household()
    let (old, new) = (
      ImportedSample.message("before", in: house.chat),
      ImportedSample.message("after", edited: 2000, in: house.chat)
    )
    try house.phone.importing([new])
    try await house.phone.sync()
    try await house.mac.sync()
    #expect(try house.mac.importing([old]).map(\.action) == [.revised([.text])])
    #expect(try house.mac.imported()?.text == "after")
    try await house.mac.sync()
    let count = try house.mac.recordCount()
    for _ in 0..<3 {
      for device in [house.phone, house.mac] {
        try await device.sync()
        for version in [old, new] { #expect(try device.importing([version]).map(\.action) == [.unchanged]) }
        #expect(try device.imported()?.text == "after")
      }
    }
    #expect(try house.mac.recordCount() == count)
  }

  @Test func `a file that was not there at first arrives, and what is there is not sealed again`()
    async throws
  {
    let house = try await Household()
    let (message, first) = (ImportedSample.message(in: house.chat), ImportedSample.file("a.jpg", [1, 2, 3]))
    let late = AttachmentSource(
      name: "b.jpg", mediaType: "image/jpeg", content: .missing(reason: "in the cloud"))
    try house.phone.importing([message], with: [first, late])
    #expect(try house.phone.imported()?.attachments.map(\.name) == ["a.jpg"])
    let blob = try #require(try house.phone.imported()?.attachments.first?.blob)
    let both = [first, ImportedSample.file("b.jpg", [4, 5])]
    let again = try house.phone.importing([message], with: both)
    #expect(again.map(\.action) == [.revised([.files])])
    #expect(again.map(\.fileCount) == [1])
    let attachments = try #require(try house.phone.imported()?.attachments)
    #expect(attachments.map(\.name) == ["a.jpg", "b.jpg"])
    #expect(attachments.first?.blob == blob)
    #expect(try house.phoneStore.allBlobs().count == 2)
    #expect(try house.phone.importing([message], with: both).map(\.action) == [.unchanged])
    // The source has lost all files: they stay.
    #expect(try house.phone.importing([message]).map(\.action) == [.unchanged])
    #expect(try house.phone.importing([ImportedSample.message("new", edited: 9, in: house.chat)]).count == 1)
    #expect(try house.phone.imported()?.attachments.map(\.name) == ["a.jpg", "b.jpg"])
  }

  @Test func `a damaged file is named, stops nothing, and comes when it is whole`() async throws {
    let house = try await Household()
    let broken = AttachmentSource(
      name: "b.jpg", mediaType: "image/jpeg",
      content: .stream(
        ByteStream {
          var count = 0
          return {
            count += 1
            guard count < 3 else { throw Broken() }
            return [UInt8](repeating: 7, count: 700_000)
          }
        }))
    let gone = AttachmentSource(
      name: "c.jpg", mediaType: "image/jpeg", content: .file(path: "/nowhere/c.jpg"))
    let known = AttachmentSource(
      name: "d.jpg", mediaType: "image/jpeg", content: .damaged(reason: "not base64"))
    let messages = (0..<3).map { ImportedSample.message("m\($0)", in: house.chat, identifier: "G-\($0)") }
    func add(_ files: [AttachmentSource]) throws -> [ImportOutcome] {
      try house.phone.historyImport().add(
        messages.enumerated().map { ImportedMessage(message: $1, attachments: $0 == 1 ? files : []) })
    }
    let whole = ImportedSample.file("a.jpg", [1])
    for (isFirst, action) in [(true, ImportOutcome.Action.added), (false, .unchanged)] {
      let outcomes = try add([whole, broken, gone, known])
      #expect(outcomes.map(\.action) == [action, action, action])
      #expect(outcomes.map(\.damaged.count) == [0, 3, 0])
      #expect(outcomes[1].damaged.map(\.name) == ["b.jpg", "c.jpg", "d.jpg"])
      #expect(outcomes[1].fileCount == (isFirst ? 1 : 0))
    }
    #expect(
      try house.phone.timeline().messages.filter { $0.origin != nil }.map(\.text) == ["m0", "m1", "m2"])
    let files = [whole] + ["b.jpg", "c.jpg", "d.jpg"].map { ImportedSample.file($0, [2]) }
    #expect(try add(files).map(\.action) == [.unchanged, .revised([.files]), .unchanged])
    let attachments = try house.phone.timeline().messages.flatMap(\.attachments)
    #expect(attachments.map(\.name) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
    #expect(try house.phoneStore.allBlobs().count == 4)
  }

  @Test func `what was unsent at its source is unsent here, and its files are not shown`() async throws {
    let house = try await Household()
    let file = ImportedSample.file("a.jpg", [1])
    try house.phone.importing([ImportedSample.message("oops", in: house.chat)], with: [file])
    let unsent = ImportedSample.message(edited: 2000, in: house.chat, body: .retraction(target: nil))
    #expect(try house.phone.importing([unsent]).map(\.action) == [.revised([.unsent])])
    #expect(try house.phone.imported()?.body == .retraction(target: nil))
    #expect(try house.phone.imported()?.attachments == [])
    #expect(
      try house.phone.importing([ImportedSample.message("oops", in: house.chat)], with: [file]).map(\.action)
        == [.unchanged])
    #expect(try house.phone.imported()?.body == .retraction(target: nil))
  }

  @Test func `a message of another sender with a known identifier changes nothing`() async throws {
    let house = try await Household()
    try house.phone.importing([ImportedSample.message("mine", in: house.chat)])
    let forged = ImportedSample.message("forged", edited: 9, in: house.chat, from: .me)
    #expect(try house.phone.importing([forged]).map(\.action) == [.unchanged])
    #expect(try house.phone.imported()?.text == "mine")
  }

  @Test func `a message that comes twice in one source is taken once`() async throws {
    let house = try await Household()
    let (first, second) = (
      ImportedSample.message("a", in: house.chat), ImportedSample.message("b", edited: 5, in: house.chat)
    )
    #expect(try house.phone.importing([first, second]).map(\.action) == [.added, .unchanged])
    #expect(try house.phone.importing([second]).map(\.action) == [.revised([.text])])
  }
}
