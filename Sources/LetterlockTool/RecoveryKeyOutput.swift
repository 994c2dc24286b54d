#if Tool
import ArgumentParser
import Foundation
import Letterlock

/// Where a recovery key is shown.
struct RecoveryKeyOutput: ParsableArguments {
  @Option(help: "Writes the recovery key to this new file (mode 0600) instead of showing it.")
  var recoveryKeyFile: String?

  /// The file for it, made before the key is: what cannot be written must not be made.
  func file() throws -> NewSecretFile? { try recoveryKeyFile.map(NewSecretFile.init) }

  /// Shows the key, and gives it up.
  func show(_ key: consuming RecoveryKey, in file: NewSecretFile?) throws {
    try key.reveal { (text) throws in
      guard let file else {
        let words = "Recovery key, shown this once. Write it down and keep it safe:\n\n  \(text)\n\n"
        // What nobody could read must not count: unlike print, this fails.
        try FileHandle.standardOutput.write(contentsOf: Data(words.utf8))
        return
      }
      try file.write(text + "\n")
      print("The recovery key is in \(file.path). Keep it somewhere else than this machine.")
    }
  }
}
#endif
