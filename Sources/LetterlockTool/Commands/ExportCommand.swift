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
  @Option(help: "The new file, or for html the new folder, to write; - for standard output.") var output:
    String
  @Option(help: "The history as it was at this snapshot: its name, or the beginning of its number.")
  var snapshot: String?
  @OptionGroup var force: ForceOption
  @OptionGroup var keys: KeyOptions

  func validate() throws {
    guard output == Output.standardName else { return }
    guard format != .html else {
      throw ValidationError("A page is a folder: it cannot go to standard output.")
    }
    guard !force.force else {
      throw ValidationError("Nothing is replaced on standard output: leave --force out.")
    }
  }

  func run() async throws {
    try await Terminal.run {
      let passphrase = try keys.passphrase()
      let opened = try ArchiveFolder(path: dir).openForReading(passphrase)
      let index = try opened.timelineIndex(at: snapshot)
      // Files that are only at the relay are fetched for a page, where the archive can keep them.
      let count = try await write(index, of: opened.history, RelayFiles(of: opened, passphrase))
      let name = output == Output.standardName ? "standard output" : output
      Terminal.note("Wrote \(count) messages to \(name). They are not sealed there.")
    }
  }

  private func write(
    _ index: TimelineIndex, of history: any HistoryReading, _ relayFiles: RelayFiles?
  ) async throws -> Int {
    do {
      switch format {
      case .json: return try LinesExport(index, device: history, output: try Output(output, force)).json()
      case .text: return try LinesExport(index, device: history, output: try Output(output, force)).text()
      case .html:
        let folder = try OutputDirectory(output, force.existing)
        return try await HTMLExport(index, device: history, folder: folder, fetching: relayFiles).write()
      }
    } catch let error as DeviceError { throw ToolError(error, folder: dir) }
  }
}
#endif
