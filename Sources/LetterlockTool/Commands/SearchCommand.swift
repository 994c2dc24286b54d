#if Tool
import ArgumentParser
import Letterlock

/// `letterlock search`
struct SearchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search", abstract: "Finds messages that hold all the words, the newest first.",
    discussion: """
      Case and accents do not count. Nothing readable lies on the disk to search in: each record is opened and \
      read, so a long history takes seconds.
      """)

  @Argument(help: "The archive's folder.") var dir: String
  @Argument(help: "The words.") var words: [String]
  @Option(help: "Stops after this many.") var limit: Int?
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints one JSON object a line.") var json = false

  func run() async throws {
    try await Terminal.run {
      let line = words.joined(separator: " ")
      guard line.contains(where: { !$0.isWhitespace }) else { throw ToolError("Name at least one word.") }
      guard limit ?? 1 > 0 else { throw ToolError("--limit takes a number above 0.") }
      let opened = try ArchiveFolder(path: dir).openForReading(try keys.passphrase())
      var count = 0
      var failure: (any Error)?
      do throws(DeviceError) {
        let index = try opened.device.search(line) { message, index in
          count += 1
          do { try show(message, index) } catch { failure = error }
          return failure == nil && count < limit ?? .max
        }
        _ = opened.noting(index)
      } catch { throw ToolError(error, folder: dir) }
      if let failure { throw failure }
      if !json { Terminal.line("\(count) messages.") }
    }
  }

  private func show(_ message: Message, _ index: TimelineIndex) throws {
    let isDateDoubtful = index.impliedDate(of: message) != nil
    guard json else { return Terminal.line("\(TextLine(message, isDateDoubtful: isDateDoubtful))") }
    let title = message.conversation.map { index.title(of: $0) } ?? ""
    try Terminal.print(json: ExportedMessage(message, title: title, isDateDoubtful: isDateDoubtful))
  }
}
#endif
