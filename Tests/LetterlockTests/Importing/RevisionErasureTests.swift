import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Versions of a message that is deleted or erased")
struct RevisionErasureTests {
  private let old = Timestamp(nanosecondsSince1970: .max)

  private func texts(_ device: Device) throws -> [String] {
    var texts: [String] = []
    try device.forEachEntry { read in
      if case .success(let entry) = read.entry, let message = entry.saidMessage { texts.append(message.text) }
    }
    return texts
  }

  @Test func `erasing a message erases its versions in the same batch, with the files of all`() async throws {
    let house = try await Household()
    let first = ImportedSample.message("one", in: house.chat)
    try house.phone.importing([first], with: [ImportedSample.file("a.jpg", [1])])
    let second = ImportedSample.message("two", edited: 5, in: house.chat)
    try house.phone.importing([second], with: [ImportedSample.file("b.jpg", [2])])
    try await house.phone.sync()
    try house.phone.delete([first.id], in: house.chat)
    try await house.phone.sync()
    let size = try house.phone.progress().history.tree.size
    #expect(try await house.phone.eraseDeleted(before: old) == 1)
    #expect(try texts(house.phone) == ["first"])
    #expect(try house.phoneStore.allBlobs().isEmpty)
    let batch = try house.phoneStore.batches(from: size, limit: 10).first
    #expect(batch?.erasures.count == 2)
    try await house.mac.sync()
    #expect(try texts(house.mac) == ["first"])
    // An erased message is never added, and never revised, again.
    #expect(try house.mac.importing([first, second]).map(\.action) == [.erased, .erased])
  }

  @Test func `a message that stands though an entry says that it is erased is revised`() async throws {
    let house = try await Household()
    let message = ImportedSample.message("one", in: house.chat)
    try house.phone.importing([message])
    try await house.postponeErasure(of: message.id, by: house.phone)
    let again = try house.phone.importing([message], with: [ImportedSample.file("a.jpg", [1])])
    #expect(again.map(\.action) == [.revised([.files])])
    #expect(try house.phone.imported()?.attachments.map(\.name) == ["a.jpg"])
  }

  @Test func `a version of a deleted message leaves it deleted`() async throws {
    let house = try await Household()
    let message = ImportedSample.message("one", in: house.chat)
    try house.phone.importing([message])
    try house.phone.delete([message.id], in: house.chat)
    let again = ImportedSample.message("two", edited: 5, in: house.chat)
    #expect(try house.phone.importing([again]).map(\.action) == [.revised([.text])])
    let shown = try #require(try house.phone.imported())
    #expect(shown.text == "two")
    #expect(shown.recentlyDeletedAt != nil)
    try house.phone.search("two") { _, _ in
      Issue.record("a deleted message was found")
      return true
    }
  }

  @Test
  func `a version that another device added meanwhile is not shown, and is erased with the next messages`()
    async throws
  {
    let house = try await Household()
    let message = ImportedSample.message("one", in: house.chat)
    try house.phone.importing([message])
    try await house.phone.sync()
    try await house.mac.sync()
    // The Mac does not know of the erasure yet.
    try house.mac.importing([ImportedSample.message("two", edited: 5, in: house.chat)])
    try house.phone.delete([message.id], in: house.chat)
    #expect(try await house.phone.eraseDeleted(before: old) == 1)
    try await house.mac.sync()
    try await house.phone.sync()
    #expect(try house.phone.imported() == nil)
    #expect(try texts(house.phone) == ["first", "two"])
    #expect(try await house.phone.eraseDeleted(before: old) == 0)
    #expect(try texts(house.phone) == ["first"])
    try await house.mac.sync()
    #expect(try texts(house.mac) == ["first"])
  }

  @Test func `collecting keeps the files of every version`() async throws {
    let house = try await Household()
    let message = ImportedSample.message("one", in: house.chat)
    try house.phone.importing([message], with: [ImportedSample.file("a.jpg", [1])])
    let unsent = ImportedSample.message(edited: 5, in: house.chat, body: .retraction(target: nil))
    try house.phone.importing([unsent])
    try house.phone.importing(
      [ImportedSample.message("two", edited: 4, in: house.chat)], with: [ImportedSample.file("b.jpg", [2])])
    try await house.phone.sync()
    #expect(try await house.phone.collectUnreferencedAttachments().collected.count == 0)
    #expect(try house.phoneStore.allBlobs().count == 2)
    #expect(try house.phone.attachmentStorage().originals.count == 2)
    try await house.mac.sync()
    #expect(try await house.mac.downloadAll().count == 2)
  }
}
