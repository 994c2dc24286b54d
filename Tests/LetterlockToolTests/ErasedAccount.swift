#if Tool
import Testing

extension ToolFolder {
  /// Has everything of the archive A erased at its relay at once, with the code that the first run shows.
  func eraseByRecoveryKey() throws -> ToolOutcome {
    let erase = ["erase", "--relay", "A", "--recovery-key-file", "key"]
    let asked = try start(erase).outcome()
    let code = try #require(asked.errors.firstMatch(of: /--confirm ([0-9a-f]+)/)?.1)
    return try start(erase + ["--confirm", String(code)]).outcome()
  }
}
#endif
