#if Tool
import ArgumentParser
import Foundation
import Letterlock
import SystemCore

/// Where a recovery key is shown.
struct RecoveryKeyOutput: ParsableArguments {
  @Option(help: "Writes the recovery key to this new file (mode 0600) instead of showing it.")
  var recoveryKeyFile: String?

  /// The file for it, made before the key is: what cannot be written must not be made. No file is ever replaced by it.
  func file() throws -> Output? {
    guard let recoveryKeyFile else { return nil }
    guard (try? OutputFolder.content(at: recoveryKeyFile)) != .file else {
      throw ToolError("\(recoveryKeyFile) is there already, and a key replaces no file: choose another name.")
    }
    return try Output(file: recoveryKeyFile)
  }

  /// Shows the key, and gives it up.
  func show(_ key: consuming RecoveryKey, in file: Output?) throws {
    try key.reveal { (text) throws in
      guard let file else {
        let words = "Recovery key, shown this once. Write it down and keep it safe:\n\n  \(text)\n\n"
        // What nobody could read must not count.
        do throws(OutputFileError) { return try StandardStream.output.write(words) } catch {
          throw ToolError(error, writing: "standard output")
        }
      }
      try file.write(Array((text + "\n").utf8))
      try file.finish()
      Terminal.line("The recovery key is in \(file.name). Keep it somewhere else than this machine.")
    }
  }
}
#endif
