#if Tool
import ArgumentParser
import Letterlock

/// `letterlock snapshots`
struct SnapshotsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshots", abstract: "Names the history as it is now, or lists what was named.",
    discussion: """
      A snapshot is a point in the history, not a copy: `letterlock export --snapshot NAME` writes out what stood \
      there then, apart from what was erased since.
      """)

  @Argument(help: "The archive's folder.") var dir: String
  @Option(help: "Names the history as it is now.") var create: String?
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints one JSON object.") var json = false

  private struct Row: Encodable {
    var id: String
    var name: String
    var at: ShownTime
    var records: UInt64
    var messages: UInt64
    var conversations: UInt64
    var attachments: UInt64
    var device: String
    var verified: Bool
  }

  private struct Listing: Encodable {
    var snapshots: [Row]
  }

  func run() async throws {
    try await Terminal.run {
      guard create.map({ (1...200).contains($0.utf8.count) }) ?? true else {
        throw ToolError("A name has 1 to 200 bytes.")
      }
      let (folder, passphrase) = (ArchiveFolder(path: dir), try keys.passphrase())
      let listed: [Device.ListedSnapshot]
      do {
        if let create { _ = try await folder.open(passphrase).device.createSnapshot(named: create) }
        listed = try folder.openForReading(passphrase).device.snapshots()
      } catch let error as DeviceError { throw ToolError(error, folder: dir) }
      let rows = listed.map { listed in
        let snapshot = listed.snapshot
        return Row(
          id: snapshot.id, name: snapshot.name, at: ShownTime(snapshot.at), records: snapshot.treeSize,
          messages: snapshot.messageCount, conversations: snapshot.conversationCount,
          attachments: snapshot.attachmentCount, device: listed.author.description,
          verified: listed.isVerified)
      }
      if json {
        try Terminal.print(json: Listing(snapshots: rows))
      } else {
        rows.forEach { Terminal.line(Self.line($0)) }
      }
      if rows.isEmpty { Terminal.note("No snapshot yet: letterlock snapshots \(dir) --create NAME") }
      if rows.contains(where: { !$0.verified }) {
        throw ToolError.wrong("A snapshot is not of this history: its line says so.")
      }
    }
  }

  private static func line(_ row: Row) -> TerminalText {
    let counts: TerminalText =
      "\(row.messages) messages in \(row.conversations) conversations, \(row.attachments) attachments, \(row.records) records"
    let mark = row.verified ? "" : "  NOT OF THIS HISTORY"
    return "\(row.id.prefix(8))  \(row.at.time.localText)  \(row.name): \(counts)\(mark)"
  }
}
#endif
