#if Tool
import Foundation
import Testing

@Suite("An import that is killed at any moment")
struct HostileKillTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil
  private static let roundCount = isHostile ? 40 : 20
  private static let messageCount = isHostile ? 3_000 : 300
  /// So few at once that most kills fall between two of many transactions, on a fast machine too.
  private static let pageCount = messageCount / 15

  private struct Status: Decodable {
    var messages: Int
    var records: Int
    var waiting: Int
  }

  private struct Summary: Decodable {
    var sealed: Int
    var alreadyThere: Int
  }

  /// What an import that nobody kills takes and leaves.
  private struct Unkilled {
    var duration: Duration
    var growth: Int
    var records: Int
    var blobs: Int
    var messages: Int
    var export: String
  }

  @Test func `is made whole by importing again`() throws {
    let folder = try ToolFolder()
    var history = SampleHistory()
    try history.writeSMS(
      count: Self.messageCount, largestFile: Self.isHostile ? 1_500_000 : 100_000, in: folder)
    try folder.succeed("init", "empty", "--recovery-key-file", "key")
    let unkilled = try measure(folder, history)
    var random = SplitMix64(state: 20)
    var (killed, partial) = (0, 0)
    for round in 0..<Self.roundCount {
      try folder.copy("empty", to: "A")
      let moment: Moment =
        round.isMultiple(of: 4)
        ? .after(unkilled.duration * Double.random(in: 0.05...0.95, using: &random))
        : .grown(by: Int.random(in: 1...unkilled.growth, using: &random))
      killed += try importAndKill(folder, at: moment) ? 1 : 0
      let again: Summary = try finishImport(folder).json()
      #expect(again.sealed + again.alreadyThere == history.messages.count, "round \(round)")
      partial += again.sealed > 0 && again.alreadyThere > 0 ? 1 : 0
      try expectWhole(folder, unkilled, isVerified: Self.isHostile || round % 7 == 0)
      try folder.remove("A")
    }
    // Most runs were cut short, and many of them in the middle of the history.
    #expect(killed > Self.roundCount / 2)
    #expect(partial > Self.roundCount / 3)
  }

  private func measure(_ folder: ToolFolder, _ history: SampleHistory) throws -> Unkilled {
    try folder.copy("empty", to: "A")
    let before = size(of: folder)
    let clock = ContinuousClock()
    let duration = try clock.measure { _ = try finishImport(folder) }
    let status: Status = try folder.succeed("status", "A", "--json").json()
    let unkilled = Unkilled(
      duration: duration, growth: size(of: folder) - before, records: status.records,
      blobs: try blobCount(folder), messages: status.messages, export: try folder.export("A"))
    #expect(unkilled.growth > 500 * history.messages.count)
    #expect(unkilled.messages == history.messages.count)
    try history.expect(in: unkilled.export)
    try expectWhole(folder, unkilled, isVerified: true)
    try folder.remove("A")
    return unkilled
  }

  private static var arguments: [String] {
    ["import", "sms.xml", "--archive", "A", "--json", "--at-once", "\(pageCount)"]
  }

  private func finishImport(_ folder: ToolFolder) throws -> ToolOutcome {
    let outcome = try folder.start(Self.arguments).outcome()
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    return outcome
  }

  /// When to kill.
  private enum Moment {
    case after(Duration)
    /// When the archive's files have grown by so many bytes.
    case grown(by: Int)
  }

  /// Whether the process was killed before it was done.
  private func importAndKill(_ folder: ToolFolder, at moment: Moment) throws -> Bool {
    let clock = ContinuousClock()
    let (start, before) = (clock.now, size(of: folder))
    let process = try folder.start(Self.arguments)
    while process.isRunning {
      switch moment {
      case .after(let duration): if clock.now - start > duration { process.kill() }
      case .grown(let count): if size(of: folder) - before >= count { process.kill() }
      }
      usleep(1_000)
    }
    return try process.outcome().wasKilled
  }

  /// How many bytes the archive's files have, those that SQLite keeps beside them included.
  private func size(of folder: ToolFolder) -> Int {
    let names = ["relay.sqlite", "relay.sqlite-wal", "device/store.sqlite", "device/store.sqlite-wal"]
    return names.reduce(0) { sum, name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder.file("A/" + name))
      return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
    }
  }

  private struct Verification: Decodable {
    var failures: [String]
    var unreferencedAttachments: Int
    var attachments: Int
  }

  private func blobCount(_ folder: ToolFolder) throws -> Int {
    let verification: Verification = try folder.succeed("verify", "A", "--json").json()
    return verification.attachments
  }

  /// The exact history, no record and no file twice, nothing that waits.
  private func expectWhole(_ folder: ToolFolder, _ unkilled: Unkilled, isVerified: Bool) throws {
    let isSame = try folder.export("A") == unkilled.export
    #expect(isSame)
    let status: Status = try folder.succeed("status", "A", "--json").json()
    #expect(status.messages == unkilled.messages)
    #expect(status.records == unkilled.records)
    #expect(status.waiting == 0)
    guard isVerified else { return }
    let verification: Verification = try folder.succeed("verify", "A", "--json").json()
    #expect(verification.failures.isEmpty)
    #expect(verification.attachments == unkilled.blobs)
    #expect(verification.unreferencedAttachments == 0)
  }
}
#endif
