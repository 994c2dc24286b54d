import BareImport
import Benchmark
import Foundation

/// `letterlock import` of a Messages database with 100,000 messages, from the start of the process until the last
/// record is durable on the device and at the relay; beside a bare SQLite program that reads the same rows and
/// inserts blobs of the same sizes, in the same batches, into the same two databases.
func registerImporting() {
  guard let tool = ProcessInfo.processInfo.environment["LETTERLOCK_BENCH_TOOL"] else { return }
  Benchmark("import 100,000 messages", configuration: .long) { (benchmark, importing: Importing) in
    let (imported, bare) = try importing.run()
    benchmark.note(imported, of: 1, against: bare)
  } setup: {
    try Importing(tool: tool)
  }
}

private final class Importing {
  private let tool: String
  private let source: String
  private let folder: ScratchFolder

  init(tool: String) throws {
    self.tool = tool
    folder = try ScratchFolder()
    if let given = ProcessInfo.processInfo.environment["LETTERLOCK_BENCH_MESSAGES"] {
      source = given
    } else {
      source = folder.path("chat.db")
      guard unsafe bare_make_messages(source, 100_000) == 0 else { throw Failure.refused }
    }
  }

  func run() throws -> (imported: Batch, bare: Batch) {
    let scratch = try ScratchFolder()
    let archive = scratch.path("archive")
    try letterlock("init", archive, "--recovery-key-file", scratch.path("key.txt"))
    let imported = try Batch(of: 1) { try letterlock("import", source, "--archive", archive) }
    var sizes = unsafe bare_sizes()
    guard unsafe bare_read_sizes(archive + "/relay.sqlite", &sizes) == 0 else { throw Failure.refused }
    defer { unsafe bare_free_sizes(&sizes) }
    guard unsafe sizes.record_count > 99_000 else { throw Failure.wrongContent }
    let bare = try Batch(of: 1) {
      let status = unsafe bare_import(
        source, scratch.path("store.sqlite"), scratch.path("relay.sqlite"), &sizes)
      guard status == 0 else { throw Failure.refused }
    }
    return (imported, bare)
  }

  private func letterlock(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure.refused }
  }
}
