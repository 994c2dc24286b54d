#if SQLite
import Foundation
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite

@Suite("A process that is killed at any moment")
struct CrashTests {
  @Test func `loses nothing that was acknowledged and leaves nothing half written`() async throws {
    let folder = try TemporaryFolder()
    _ = try await Device.createAccount(
      named: "Phone", vault: FileKeyVault(path: folder.file("keys"), passphrase: nil),
      store: SQLiteDeviceStore(path: folder.file("store.sqlite")),
      relay: SQLiteRelay(path: folder.file("relay.sqlite")))
    var random = SplitMix64(state: 2026)
    var acknowledged = Acknowledged()
    for _ in 0..<20 {
      let lineCount = Int.random(in: 1...14, using: &random)
      try acknowledged.read(from: folder, killingAfter: lineCount)
      try await check(folder, acknowledged)
    }
    #expect(acknowledged.sent > 20)
    #expect(try texts(in: try open(folder).device).count >= acknowledged.kept)
  }

  private struct Opened {
    let device: Device
    let store: SQLiteDeviceStore
    let relay: SQLiteRelay
  }

  private func open(_ folder: TemporaryFolder) throws -> Opened {
    let store = try SQLiteDeviceStore(existing: folder.file("store.sqlite"))
    let relay = try SQLiteRelay(existing: folder.file("relay.sqlite"))
    let vault = FileKeyVault(path: folder.file("keys"), passphrase: nil)
    return Opened(
      device: try Device(vault: vault, store: store, relay: relay), store: store, relay: relay)
  }

  private func texts(in device: Device) throws -> [String] {
    var texts: [String] = []
    try device.forEachEntry { entry in
      if case .message(let message) = try entry.entry.get() { texts.append(message.text) }
    }
    return texts
  }

  /// Checks the files as the killed process left them, then that the device goes on from there.
  private func check(_ folder: TemporaryFolder, _ acknowledged: Acknowledged) async throws {
    let opened = try open(folder)
    #expect(try opened.store.isFileWhole())
    #expect(try opened.relay.isFileWhole())
    let (atRelay, log) = try await history(of: opened)
    // The device's name is the first record.
    #expect(atRelay.tree.size >= UInt64(acknowledged.sent) + (acknowledged.sent > 0 ? 1 : 0))
    #expect(log.head == opened.device.log.head)
    let kept = try texts(in: opened.device).count
    #expect(kept >= acknowledged.kept)
    // Half the time the next process finds what this one left, else what a synchronisation left.
    guard kept.isMultiple(of: 2) else { return }
    let report = try await opened.device.sync()
    #expect(report.verdict == .complete(size: UInt64(kept) + 1))
    #expect(try texts(in: opened.device) == (0..<kept).map { "message \($0)" })
  }

  /// Verifies everything that the relay holds from nothing.
  private func history(of opened: Opened) async throws -> (History, AccountLog) {
    let account = opened.device.account
    let entries = try await opened.relay.logEntries(
      of: account, from: 0, as: .device(opened.device.id))
    let log = try AccountLog(account: account, replaying: entries)
    var history = History()
    while true {
      let page = try await opened.relay.history(
        of: account, from: history.tree.size, maximumByteCount: 1 << 16, as: .device(opened.device.id))
      guard !page.batches.isEmpty else {
        #expect(page.checkpoint.treeRoot == history.tree.root)
        return (history, log)
      }
      for batch in page.batches {
        #expect(batch.firstLeaf == history.tree.size)
        try history.accept(batch, of: log)
      }
    }
  }
}

/// What killed processes had said before.
struct Acknowledged {
  var kept = 0
  var sent = 0

  /// Runs the probe, and kills it when it has said so many lines.
  mutating func read(from folder: TemporaryFolder, killingAfter lineCount: Int) throws {
    let process = Process()
    process.executableURL = try ProbeProgram.url()
    process.arguments = [folder.path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    var left = lineCount
    var buffer: [UInt8] = []
    while left > 0 {
      let part = pipe.fileHandleForReading.availableData
      guard !part.isEmpty else { break }
      buffer += part
      left = lineCount - buffer.count { $0 == UInt8(ascii: "\n") }
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    // What it said before it died counts, whether it was read before or not.
    buffer += pipe.fileHandleForReading.readDataToEndOfFile()
    for line in String(decoding: buffer, as: UTF8.self).split(separator: "\n") {
      try take(line)
    }
  }

  private mutating func take(_ line: Substring) throws {
    let words = line.split(separator: " ")
    let number = try #require(words.last.flatMap { Int($0) }, "\(line)")
    switch words.first {
    case "kept": kept = max(kept, number)
    case "sent": sent = max(sent, number)
    default: Issue.record("The probe said: \(line)")
    }
  }
}

/// The program that tests start and kill.
enum ProbeProgram {
  /// The probe lies beside the tests.
  static func url() throws -> URL {
    let start = URL(fileURLWithPath: CommandLine.arguments[0])
    let places = [Bundle.main.bundleURL, start] + Bundle.allBundles.map(\.bundleURL)
    for place in places {
      var folder = place
      for _ in 0..<4 {
        folder.deleteLastPathComponent()
        let candidate = folder.appendingPathComponent("CrashProbe")
        if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      }
      let beside = place.appendingPathComponent("CrashProbe")
      if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
    }
    throw CocoaError(.fileNoSuchFile)
  }
}

/// Random numbers that are the same in every run.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
#endif
