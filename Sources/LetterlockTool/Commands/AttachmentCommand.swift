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
          let name = row.name ?? row.mediaType
          Terminal.line("\(row.id.prefix(16))  \(place)  \(ByteText(row.byteCount))  \(name)")
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
    @Option(help: "The new file to write, or - for standard output.") var output: String
    @OptionGroup var force: ForceOption
    @Option(help: "Which bytes, as FIRST-LAST, counted from 0, or FIRST- to the end.") var range: String?
    @OptionGroup var keys: KeyOptions

    func validate() throws {
      guard output != Output.standardName || !force.force else {
        throw ValidationError("Nothing is replaced on standard output: leave --force out.")
      }
    }

    func run() async throws {
      try await Terminal.run {
        let passphrase = try keys.passphrase()
        let opened = try ArchiveFolder(path: dir).openForReading(passphrase)
        let attachment = try find(in: opened)
        let source = Source(opened.device, RelayFiles(of: opened, passphrase), attachment)
        let part = try range.map { try Self.bytes($0, of: attachment) }
        guard output != Output.standardName || !Terminal.isInteractive else {
          throw ToolError("A terminal shows no files: send standard output to a file or another program.")
        }
        let target = try Output(output, force)
        try await write(part, of: source, to: target)
        try target.finish()
        let count = part.map { UInt64($0.count) } ?? attachment.byteCount
        Terminal.note("Wrote \(count) bytes to \(target.name). They are not sealed there.")
      }
    }

    private func find(in opened: any OpenedArchive) throws -> Attachment {
      let all = try opened.timeline().messages.flatMap(\.attachments)
      // All versions of a message refer to the same file.
      let files = Dictionary(all.map { ($0.blob, $0) }) { first, _ in first }
      return try Choice(of: id, "file", "letterlock attachment list \(dir)").pick(Array(files.values)) {
        [$0.blob.description]
      }
    }

    /// As many bytes of a part as are read at once.
    private static let partByteCount: UInt64 = 4 << 20

    private func write(_ range: Range<UInt64>?, of source: Source, to target: Output) async throws {
      let (device, attachment) = (try source.device(), source.attachment)
      do throws(DeviceError) {
        guard let range else {
          guard let file = target.file else {
            return try await device.read(attachment) { (part) throws(DeviceError) in
              try Self.write(part, to: target, of: attachment)
            }
          }
          return try await device.save(attachment, into: file)
        }
        var start = range.lowerBound
        while start < range.upperBound {
          let end = min(range.upperBound, start + Self.partByteCount)
          try Self.write(try await source.read(start..<end), to: target, of: attachment)
          start = end
        }
      } catch {
        if let failure = target.failure { throw ToolError(failure, writing: target.name) }
        throw ToolError(error, folder: dir)
      }
    }

    private static func write(
      _ bytes: [UInt8], to target: Output, of attachment: Attachment
    ) throws(DeviceError) {
      do { try target.write(bytes) } catch { throw .attachmentNotWritten(attachment.blob) }
    }

    static func bytes(_ text: String, of attachment: Attachment) throws -> Range<UInt64> {
      let ends = text.split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count == 2, let first = UInt64(ends[0]), first <= attachment.byteCount,
        let end = ends[1].isEmpty ? attachment.byteCount : Self.end(UInt64(ends[1]), attachment),
        end >= first
      else {
        throw ToolError(
          "Give --range as FIRST-LAST, within the file's \(attachment.byteCount) bytes.", exitCode: 64)
      }
      return first..<end
    }

    /// The end of a part that has a last byte: where the file ends, if that is before.
    private static func end(_ last: UInt64?, _ attachment: Attachment) -> UInt64? {
      last.map { $0 < attachment.byteCount ? $0 + 1 : attachment.byteCount }
    }
  }

  /// Where a file is read: on this device, or at the relay if it is not here.
  private struct Source {
    let attachment: Attachment
    private let here: ReadOnlyDevice
    private let relayFiles: RelayFiles?
    private let isHere: Bool

    init(_ here: ReadOnlyDevice, _ relayFiles: RelayFiles?, _ attachment: Attachment) {
      (self.here, self.relayFiles, self.attachment) = (here, relayFiles, attachment)
      isHere = (try? here.isStored(attachment.blob)) == true
    }

    /// What reads it. The relay is opened only for a file that is not here.
    func device() throws -> any HistoryReading {
      guard !isHere, let relayFiles else { return here }
      try relayFiles.lock()
      do throws(ToolError) { return try relayFiles.device() } catch {
        throw ToolError.wrong(
          "The file \(attachment.shownName) is not on this device, and does not come from the relay.")
      }
    }

    /// A part of it: from the relay, if what is here does not open.
    func read(_ range: Range<UInt64>) async throws(DeviceError) -> [UInt8] {
      if isHere {
        do throws(DeviceError) { return try await here.open(attachment).read(range) } catch {
          guard error == .attachmentUnreadable(attachment.blob) else { throw error }
        }
      }
      guard let device = try? relayFiles?.device() else { return try await here.open(attachment).read(range) }
      return try await device.open(attachment).read(range)
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
    @Option(help: "The beginning of a conversation's number, or of its title; one of their own unless given.")
    var to: String?
    @Flag(help: "Leaves them on this device until the next `letterlock sync`.") var later = false
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        for path in files { try ReadFile.check(path) }
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        let conversation = try conversation(in: opened)
        for path in files {
          let name = URL(fileURLWithPath: path).lastPathComponent
          let source = AttachmentSource(
            name: name, mediaType: MediaTypes.type(ofFileNamed: name), content: .file(path: path))
          do { try opened.device.append(.note(""), attaching: [source], to: conversation) } catch {
            throw (error as? DeviceError).map { ToolError($0, folder: dir) } ?? ToolError("\(error)")
          }
        }
        let noun = files.count == 1 ? "file" : "files"
        Terminal.line("Sealed \(files.count) \(noun)\(later ? ". `letterlock sync \(dir)` sends them" : "").")
        if !later { try await opened.send() }
      }
    }

    /// The conversation that was named, or the one for files.
    private func conversation(in opened: ArchiveFolder.Opened) throws -> ConversationID {
      let index = try opened.timelineIndex()
      if let to { return try ConversationChoice.find(to, in: index, folder: dir) }
      do throws(DeviceError) { return try FilesConversation.find(in: index, of: opened.device) } catch {
        throw ToolError(error, folder: dir)
      }
    }
  }
}
#endif
