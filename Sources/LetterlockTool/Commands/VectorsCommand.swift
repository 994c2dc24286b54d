#if Tool
import ArgumentParser
import LetterlockVectors

/// `letterlock vectors`
struct VectorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vectors",
    abstract: "Test vectors: this format's, and the official ones of what it builds on.",
    subcommands: [Verify.self, Generate.self])

  /// `letterlock vectors verify`
  struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "verify", abstract: "Checks files of vectors, or folders of them.",
      discussion: "Knows Wycheproof, RFC 9180, X-Wing, Argon2id, Ed25519 and Merkle tree files, and its own.")

    @Argument(help: "Files and folders.") var paths: [String]

    func run() async throws {
      try await Terminal.run {
        let bar = ProgressBar("Verifying")
        let report = VectorVerifier.verify(paths)
        bar.finish()
        Terminal.lines(report.lines)
        Terminal.line("\(report.summary)")
        guard report.failed == 0 else { throw ToolError.wrong("\(report.failed) vectors failed.") }
        guard report.passed > 0 else { throw ToolError("No vectors were found: nothing was verified.") }
      }
    }
  }

  /// `letterlock vectors generate`
  struct Generate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "generate", abstract: "Writes this format's vectors, from fixed seeds.")

    @Argument(help: "The new folder to write to.") var dir: String
    @OptionGroup var force: ForceOption

    func run() async throws {
      try await Terminal.run {
        let folder = try OutputDirectory(dir, force.existing)
        try folder.makeFolder("mls")
        let count = try VectorGenerator.generate { (name, bytes) in
          let file = try folder.file(name)
          try file.write(bytes)
          try file.finish()
        }
        Terminal.line("Wrote \(count) cases to \(dir).")
      }
    }
  }
}
#endif
