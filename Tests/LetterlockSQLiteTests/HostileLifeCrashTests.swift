#if SQLite
import Foundation
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite

/// Epochs, joining, removal, deletion and erasure, killed at any moment: a few times in a build for debugging, many
/// times in one for release.
@Suite("Hostile: the life of an account whose process is killed at any moment")
struct HostileLifeCrashTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil

  private func account(in folder: TemporaryFolder) async throws {
    _ = try await Device.createAccount(
      named: "Phone", vault: FileKeyVault(path: folder.file("keys"), passphrase: nil),
      store: SQLiteDeviceStore(path: folder.file("store.sqlite")),
      relay: SQLiteRelay(path: folder.file("relay.sqlite")))
  }

  private func open(_ folder: TemporaryFolder, _ part: String = "") throws -> Device {
    try Device(
      vault: FileKeyVault(path: folder.file(part + "keys"), passphrase: nil),
      store: SQLiteDeviceStore(existing: folder.file(part + "store.sqlite")),
      relay: SQLiteRelay(
        existing: folder.file("relay.sqlite"), policy: RelayPolicy(entryInterval: .zero)))
  }

  @Test func `keeps everything that was acknowledged, leaves nothing half-done, and goes on`() async throws {
    let folder = try TemporaryFolder()
    try await account(in: folder)
    var random = SplitMix64(state: 77)
    var said = Said()
    for _ in 0..<(Self.isHostile ? 150 : 10) {
      // Between two lines as often as after one: a random wait comes on top.
      said.read(
        try KilledProbe.lines(
          of: [folder.path, "life"], killingAfter: Int.random(in: 0...9, using: &random),
          waiting: .microseconds(Int.random(in: 0...60_000, using: &random))))
      try await check(folder, said)
    }
    #expect(said.kept > 10)
    #expect(said.epochCount > 3)
    #expect(!said.joined.isEmpty)
    #expect(!said.removed.isEmpty)
    #expect(said.erased >= 0)
  }

  private func check(_ folder: TemporaryFolder, _ said: Said) async throws {
    let device = try open(folder)
    #expect(try await device.sync().verdict.isComplete)
    #expect(device.state.read { $0.pending == nil })
    #expect(device.unreadableEpochs == [])
    #expect(device.log.epochs.count >= said.epochCount)
    for id in said.joined { #expect(device.log.members.keys.contains { "\($0)" == id }) }
    for id in said.removed {
      #expect(!device.log.activeDevices.contains { "\($0)" == id })
    }
    let numbers = try device.timeline().messages.compactMap { Int($0.text.dropFirst(8)) }.sorted()
    let (low, high) = (numbers.first ?? 0, (numbers.last ?? -1) + 1)
    #expect(numbers == Array(low..<max(low, high)))
    #expect(high >= said.kept)
    #expect(low > said.erased)
    #expect(low <= max(said.erasing, -1) + 1)
    #expect(device.log.heads == (try await Self.relayHeads(of: device)))
    try await checkOther(folder, said, device)
  }

  private static func relayHeads(of device: Device) async throws -> [LogHead] {
    let entries = try await device.parts.services.relay.needed().logEntries(of: device.account, from: 0)
    return try AccountLog(account: device.account, replaying: entries).heads
  }

  /// A device that joined and was not removed sees the same.
  private func checkOther(_ folder: TemporaryFolder, _ said: Said, _ device: Device) async throws {
    guard let path = said.came.last else { return }
    let other = try open(folder, (path as NSString).lastPathComponent + "/")
    guard device.log.activeMember(other.id) != nil else { return }
    #expect(try await other.sync().verdict.isComplete)
    try await device.sync()
    #expect(
      try other.timeline().messages.map(\.text).sorted() == device.timeline().messages.map(\.text).sorted())
  }

  @Test func `or has erased everything at the relay, or nothing`() async throws {
    var outcomes: Set<Bool> = []
    for round in 0..<(Self.isHostile ? 40 : 4) {
      let folder = try TemporaryFolder()
      try await account(in: folder)
      let device = try open(folder)
      for index in 0..<20 {
        try device.append(.carrier(.sms, from: "+15550100", text: "message \(index)"), to: ConversationID())
      }
      try await device.sync()
      var random = SplitMix64(state: UInt64(round))
      let lines = try KilledProbe.lines(
        of: [folder.path, "erase"], killingAfter: round.isMultiple(of: 2) ? 1 : 2,
        waiting: .microseconds(Int.random(in: 0...30_000, using: &random)))
      let isAcknowledged = lines.contains("gone 0")
      // Its store may not know yet: the relay says.
      let again = try open(folder)
      let verdict = try await again.sync().verdict
      let isErased = verdict == .erased(by: again.id)
      #expect(isErased || verdict.isComplete)
      #expect(isErased || !isAcknowledged)
      #expect(try again.timeline().messages.count == 20)
      outcomes.insert(isErased)
      let relay = try SQLiteRelay(
        existing: folder.file("relay.sqlite"), policy: RelayPolicy(entryInterval: .zero))
      #expect(try relay.isFileWhole())
      #expect(try relay.audit() == [])
    }
    #expect(outcomes.contains(true))
  }
}

/// What killed processes had said.
private struct Said {
  var kept = 0
  var epochCount = 0
  var joined: Set<String> = []
  var removed: Set<String> = []
  var came: [String] = []
  var erasing = -1
  var erased = -1

  mutating func read(_ lines: [String]) {
    for line in lines {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      let number = Int(words.last ?? "") ?? 0
      switch words.first {
      case "kept", "sent": kept = max(kept, number)
      case "epochs": epochCount = max(epochCount, number)
      case "joined": joined.insert(words[1])
      case "removed": removed.insert(words[1])
      case "came": came.append(words[1])
      case "erasing": erasing = max(erasing, number)
      case "erased": erased = max(erased, number)
      default: Issue.record("The probe said: \(line)")
      }
    }
  }
}

/// The probe, killed.
enum KilledProbe {
  /// Runs the probe, waits for so many lines and a while longer, kills it, and gives everything it said.
  static func lines(
    of arguments: [String], killingAfter lineCount: Int, waiting: Duration
  ) throws -> [String] {
    let process = Process()
    process.executableURL = try ProbeProgram.url()
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    var buffer: [UInt8] = []
    while buffer.count(where: { $0 == UInt8(ascii: "\n") }) < lineCount {
      let part = pipe.fileHandleForReading.availableData
      guard !part.isEmpty else { break }
      buffer += part
    }
    usleep(UInt32(waiting.components.attoseconds / 1_000_000_000_000))
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    buffer += pipe.fileHandleForReading.readDataToEndOfFile()
    #expect(process.terminationReason == .uncaughtSignal, "\(String(decoding: buffer, as: UTF8.self))")
    return String(decoding: buffer, as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
#endif
