#if Tool
import ArgumentParser
import SystemCore

/// `--yes`, for every command that revokes, removes or erases.
struct Confirmation: ParsableArguments {
  @Flag(help: "Does it without asking. Without a terminal nothing is done unless this is given.") var yes =
    false

  /// Says what would be done, and asks a person; elsewhere it takes `--yes`.
  func ask(_ consequences: TerminalText...) throws {
    guard !yes else { return }
    for line in consequences { Terminal.note(line) }
    guard Terminal.canAsk else {
      throw ToolError("Nothing was changed. Say it again with --yes.")
    }
    try? StandardStream.error.write("Type yes to go on: ")
    guard readLine()?.lowercased() == "yes" else { throw ToolError("Nothing was changed.") }
  }
}
#endif
