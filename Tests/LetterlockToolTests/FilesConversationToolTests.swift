#if Tool
import Foundation
import Letterlock
import LetterlockSQLite
import Testing

@Suite("letterlock attachment add: the conversation of the files")
struct FilesConversationToolTests {
  private let folder: ToolFolder

  private struct Listing: Decodable {
    struct Row: Decodable {
      var id: String
      var title: String
      var messages: Int
    }

    var conversations: [Row]
  }

  init() throws {
    folder = try ToolFolder()
    try folder.succeed("init", "A", "--recovery-key-file", "key")
    for number in 1...3 { try folder.write("file \(number)\n", to: "\(number).txt") }
  }

  private func files() throws -> [Listing.Row] {
    let listing: Listing = try folder.succeed("conversations", "A", "--json").json()
    return listing.conversations.filter { $0.title == "Files" }
  }

  /// A message of a stranger whom the person's telephone calls so.
  private func importStranger(_ name: String, _ address: String) throws {
    try folder.write(
      "<?xml version=\"1.0\"?><smses><sms address=\"\(address)\" date=\"1700000000000\" type=\"1\" body=\"hello\" "
        + "contact_name=\"\(name)\" /></smses>",
      to: "stranger.xml")
    try folder.succeed("import", "stranger.xml", "--archive", "A")
  }

  /// A conversation of files as earlier versions made them: with a number of chance.
  private func makeEarlierConversation() throws -> ConversationID {
    let device = try Device(
      vault: FileKeyVault(path: folder.file("A/device/keys")),
      store: try SQLiteDeviceStore(path: folder.file("A/device/store.sqlite")))
    let id = ConversationID()
    try device.enqueue([.conversation(ConversationProfile(id: id, name: "Files"))])
    try device.append(.note("an earlier file"), to: id)
    return id
  }

  @Test func `a stranger who is called Files gets no file of the person's own`() throws {
    try importStranger("Files", "+15550101")
    let stranger = try #require(files().first)
    try folder.succeed("attachment", "add", "A", "1.txt")
    try folder.succeed("attachment", "add", "A", "2.txt", "3.txt")
    let rows = try files()
    #expect(rows.count == 2)
    #expect(rows.first { $0.id == stranger.id }?.messages == 1)
    #expect(rows.first { $0.id != stranger.id }?.messages == 3)
  }

  @Test func `several conversations called Files block nothing`() throws {
    try folder.succeed("attachment", "add", "A", "1.txt")
    let own = try #require(files().first)
    try importStranger("Files", "+15550101")
    try importStranger("Files", "+15550102")
    try folder.succeed("attachment", "add", "A", "2.txt")
    let rows = try files()
    #expect(rows.count == 3)
    #expect(rows.first { $0.id == own.id }?.messages == 2)
    // Whoever names it says which.
    let named = try folder.run("attachment", "add", "A", "3.txt", "--to", "Files")
    #expect(named.exitCode == 1 && named.errors.contains("give more of its number"), "\(named.errors)")
    #expect(named.errors.contains("letterlock conversations A"), "\(named.errors)")
    let other = try #require(rows.first { $0.id != own.id })
    try folder.succeed("attachment", "add", "A", "3.txt", "--to", other.id)
    #expect(try files().first { $0.id == other.id }?.messages == 2)
  }

  @Test func `the conversation of an earlier version goes on`() throws {
    let id = try makeEarlierConversation()
    try importStranger("Files", "+15550101")
    try folder.succeed("attachment", "add", "A", "1.txt")
    #expect(try files().first { $0.id == id.description }?.messages == 2)
    #expect(try files().count == 2)
  }

  @Test func `two conversations of earlier versions block nothing`() throws {
    let earlier = [try makeEarlierConversation(), try makeEarlierConversation()]
    try folder.succeed("attachment", "add", "A", "1.txt")
    try folder.succeed("attachment", "add", "A", "2.txt")
    let rows = try files()
    #expect(rows.count == 3)
    for row in rows {
      #expect(row.messages == (earlier.map(\.description).contains(row.id) ? 1 : 2))
    }
  }

  @Test func `a group of strangers that is called Files and shows no members gets none either`() throws {
    // As an import leaves it whose source names no people.
    let id = ConversationID()
    let device = try Device(
      vault: FileKeyVault(path: folder.file("A/device/keys")),
      store: try SQLiteDeviceStore(path: folder.file("A/device/store.sqlite")))
    try device.enqueue([.conversation(ConversationProfile(id: id, name: "Files"))])
    try device.append(
      .carrier(.sms, from: Address("+15550101"), text: "hello"), to: id)
    try folder.succeed("attachment", "add", "A", "1.txt")
    #expect(try files().first { $0.id == id.description }?.messages == 1)
    #expect(try files().count == 2)
  }

  @Test func `two devices add their files to one conversation`() throws {
    try folder.join("B", "--relay", "A")
    try folder.succeed("sync", "B")
    try folder.succeed("attachment", "add", "A", "1.txt", "--later")
    try folder.succeed("attachment", "add", "B", "2.txt", "--later")
    for name in ["A", "B", "A"] { try folder.succeed("sync", name) }
    let rows = try files()
    #expect(rows.count == 1 && rows.first?.messages == 2)
  }
}
#endif
