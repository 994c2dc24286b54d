#if Tool
import ArgumentParser
import CryptoCore
import SystemCore
import Foundation
import Letterlock

/// `letterlock attachment`
struct AttachmentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "attachment", abstract: "An archive's files: list them, write one out, add one.",
    subcommands: [List.self, Get.self, Add.self])

  /// `letterlock attachment list`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Lists the files that messages refer to, and whether they are here.")

    @Argument(help: "The archive's folder.") var dir: String
    @OptionGroup var keys: KeyOptions
    @Flag(help: "Prints one JSON object.") var json = false

    private struct Row: Encodable {
      var id: String
      var name: String?
      var mediaType: String
      var byteCount: UInt64
      var preview: Bool
      var here: Bool
    }

    private struct Listing: Encodable {
      var attachments: [Row]
    }

    func run() async throws {
      try await Terminal.run {
        let opened = try ArchiveFolder(path: dir).openForReading(try keys.passphrase())
        let here: Set<BlobID>
        do throws(StoreError) { here = Set(try opened.store.allBlobs()) } catch { throw ToolError(error) }
        let rows = try opened.timeline().messages.flatMap(\.attachments).map {
          Row(
            id: $0.blob.description, name: $0.name, mediaType: $0.mediaType, byteCount: $0.byteCount,
            preview: $0.role == .preview, here: here.contains($0.blob))
        }
        guard !json else { return try Terminal.print(json: Listing(attachments: rows)) }
        for row in rows {
          let place = row.here ? "here   " : "at relay"
          print("\(row.id.prefix(16))  \(place)  \(ByteText(row.byteCount))  \(row.name ?? row.mediaType)")
        }
      }
    }
  }

  /// `letterlock attachment get`
  struct Get: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "get", abstract: "Opens a file, or a part of it, and writes it out.",
      discussion: "A part is read without the rest: from the relay, if the file is not here, and not kept.")

    @Argument(help: "The archive's folder.") var dir: String
    @Argument(help: "The beginning of the file's number.") var id: String
    @Option(help: "The file to write.") var output: String
    @Option(help: "Which bytes, as FIRST-LAST, counted from 0, or FIRST- to the end.") var range: String?
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let folder = ArchiveFolder(path: dir)
        // A file that is only at the relay is fetched, where the archive can keep it.
        let opened: any OpenedArchive =
          folder.isWritable
          ? try folder.open(try keys.passphrase()) : try folder.openForReading(try keys.passphrase())
        let attachment = try find(in: opened)
        let part = try range.map { try Self.bytes($0, of: attachment) }
        do throws(DeviceError) {
          guard let part else {
            try await opened.history.save(attachment, to: output)
            return print("Wrote \(attachment.byteCount) bytes to \(output). They are not sealed there.")
          }
          let count = try await write(part, of: attachment, opened.history)
          print("Wrote \(count) bytes to \(output). They are not sealed there.")
        } catch { throw ToolError(error, folder: dir) }
      }
    }

    private func find(in opened: any OpenedArchive) throws -> Attachment {
      let all = try opened.timeline().messages.flatMap(\.attachments)
      let found = all.filter { $0.blob.description.hasPrefix(id.lowercased()) }
      guard let first = found.first, !id.isEmpty, Set(found.map(\.blob)).count == 1 else {
        throw ToolError("\(found.count) files begin with \(id): see `letterlock attachment list \(dir)`.")
      }
      return first
    }

    private func write(
      _ range: Range<UInt64>, of attachment: Attachment, _ device: any HistoryReading
    ) async throws(DeviceError) -> Int {
      let bytes = try await device.open(attachment).read(range)
      do throws(DurableFileError) { try DurableFile.replace(output, with: bytes) } catch {
        throw .attachmentNotWritten(attachment.blob)
      }
      return bytes.count
    }

    static func bytes(_ text: String, of attachment: Attachment) throws -> Range<UInt64> {
      let ends = text.split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count == 2, let first = UInt64(ends[0]), first <= attachment.byteCount,
        let last = ends[1].isEmpty ? attachment.byteCount : UInt64(ends[1]).map({ $0 &+ 1 }), last >= first
      else {
        throw ToolError(
          "Give --range as FIRST-LAST, within the file's \(attachment.byteCount) bytes.", exitCode: 64)
      }
      return first..<last
    }
  }

  /// `letterlock attachment add`
  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Seals files as notes, in a conversation of their own or another.",
      discussion:
        "They go to the relay with the same command; if that breaks off, with the next `letterlock sync`.")

    @Argument(help: "The archive's folder.") var dir: String
    @Argument(help: "The files.") var files: [String]
    @Option(help: "The beginning of a conversation's number, or of its title.") var to = "Files"
    @Flag(help: "Leaves them on this device until the next `letterlock sync`.") var later = false
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        let conversation = try conversation(in: opened)
        for path in files {
          let source = AttachmentSource(
            name: URL(fileURLWithPath: path).lastPathComponent, mediaType: "application/octet-stream",
            content: .file(path: path))
          do { try opened.device.append(.note(""), attaching: [source], to: conversation) } catch {
            throw (error as? DeviceError).map { ToolError($0, folder: dir) } ?? ToolError("\(error)")
          }
        }
        do throws(DeviceError) {
          if !later { try await opened.device.sync().checked() }
        } catch { throw ToolError(error, folder: dir) }
        print("Sealed \(files.count) files\(later ? ", which wait for `letterlock sync`" : "").")
      }
    }

    /// The conversation that was named, or a new one for files.
    private func conversation(in opened: ArchiveFolder.Opened) throws -> ConversationID {
      let index = try opened.timelineIndex()
      guard to == "Files", !index.conversations.contains(where: { index.title(of: $0) == to }) else {
        return try ConversationChoice.find(to, in: index, folder: dir)
      }
      let id = ConversationID()
      do throws(DeviceError) {
        try opened.device.enqueue([.conversation(ConversationProfile(id: id, name: to))])
      } catch { throw ToolError(error, folder: dir) }
      return id
    }
  }
}
#endif
