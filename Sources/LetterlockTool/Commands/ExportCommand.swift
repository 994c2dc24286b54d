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
  @OptionGroup var keys: KeyOptions

  func run() async throws {
    try await Terminal.run {
      let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
      let timeline = try opened.timeline()
      let count: Int
      switch format {
      case .json: count = try LinesExport.json(timeline, of: opened.device, to: output)
      case .text: count = try LinesExport.text(timeline, to: output)
      case .html: count = try await HTMLExport(timeline, device: opened.device, folder: output).write()
      }
      Terminal.note("Wrote \(count) messages to \(output). They are not sealed there.")
      if !timeline.unreadable.isEmpty {
        throw ToolError.wrong(
          "\(timeline.unreadable.count) records could not be read: see `letterlock verify \(dir)`.")
      }
    }
  }
}

extension ArchiveFolder.Opened {
  /// The whole history, as people see it.
  func timeline() throws -> Timeline {
    do throws(DeviceError) { return try device.timeline() } catch {
      throw ToolError(error, folder: folder.path)
    }
  }
}
#endif
