#if Tool
import ArgumentParser
import Foundation
import Letterlock

/// `letterlock export`
struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Opens the history and writes it out, readable by anyone.",
    discussion: "What is written is not sealed any more. HTML goes to a folder, JSON and text to a file.")

  /// How to write it.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case html, json, text
  }

  @Argument(help: "The archive's folder.") var dir: String
  @Option(help: "html, json (one message a line) or text.") var format: Format
  @Option(help: "The file, or for html the folder, to write.") var output: String
  @Option(help: "The history as it was at this snapshot: its name, or the beginning of its number.")
  var snapshot: String?
  @OptionGroup var keys: KeyOptions

  func run() async throws {
    try await Terminal.run {
      let folder = ArchiveFolder(path: dir)
      // Files that are only at the relay are fetched for a page, where the archive can keep them.
      let opened: any OpenedArchive =
        format == .html && folder.isWritable
        ? try folder.open(try keys.passphrase()) : try folder.openForReading(try keys.passphrase())
      let index = try opened.timelineIndex(at: snapshot)
      let count: Int
      do {
        switch format {
        case .json: count = try LinesExport(index, device: opened.history, path: output).json()
        case .text: count = try LinesExport(index, device: opened.history, path: output).text()
        case .html: count = try await HTMLExport(index, device: opened.history, folder: output).write()
        }
      } catch let error as DeviceError { throw ToolError(error, folder: dir) }
      Terminal.note("Wrote \(count) messages to \(output). They are not sealed there.")
      if !index.unreadable.isEmpty {
        throw ToolError.wrong(
          "\(index.unreadable.count) records could not be read: see `letterlock verify \(dir)`.")
      }
    }
  }
}
#endif
