#if Tool
import Letterlock
import LetterlockFormat
import LetterlockSQLite
import Testing

@Suite("The tool: an archive in which an erasure erased nothing")
struct ImportedErasureToolTests {
  @Test func `a message that stands though an entry says that it is erased is imported in another archive`()
    async throws
  {
    let folder = try ToolFolder.withArchive()
    let chat = ConversationID()
    let message = Message(
      conversation: chat, sender: .other("+15550100"), carriage: .carrier(.sms), body: .text("taken back"))
    let device = try Device(
      vault: FileKeyVault(path: folder.file("A/device/keys"), passphrase: nil),
      store: try SQLiteDeviceStore(path: folder.file("A/device/store.sqlite")),
      relay: try SQLiteRelay(existing: folder.file("A/relay.sqlite")))
    // What is ordered before a message is deleted erases nothing.
    let order = Deletion(
      .erased, at: Timestamp(nanosecondsSince1970: 0), conversation: chat, messages: [message.id])
    try device.enqueue([
      .conversation(ConversationProfile(id: chat, name: "Chat")), .message(message),
      .deletion(Deletion(.deleted, at: .now, conversation: chat, messages: [message.id])),
      .deletion(order),
      .deletion(Deletion(.recovered, at: .now, conversation: chat, messages: [message.id])),
    ])
    try await device.sync()
    try folder.succeed("init", "N", "--recovery-key-file", "new")
    try folder.succeed("import", "A", "--archive", "N")
    for archive in ["A", "N"] {
      #expect(try folder.export(archive).contains("taken back"))
    }
  }
}
#endif
