#if SQLite
import Foundation
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
@testable import LetterlockSQLite

@Suite("A process that is killed while it seals, sends, drops, fetches, erases or collects files")
struct HostileAttachmentCrashTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil
  private static let roundCount = isHostile ? 150 : 8

  @Test func `loses no file that was acknowledged, leaves nothing half done, and goes on`() async throws {
    let folder = try TemporaryFolder()
    _ = try await Device.createAccount(
      named: "Phone", vault: FileKeyVault(path: folder.file("keys"), passphrase: nil),
      store: SQLiteDeviceStore(path: folder.file("store.sqlite")),
      relay: SQLiteRelay(path: folder.file("relay.sqlite")))
    var random = SplitMix64(state: 7)
    var said = Said()
    for round in 0..<Self.roundCount {
      try said.run(
        in: folder, killingAfter: Int.random(in: 1...16, using: &random),
        andMicroseconds: UInt32.random(in: 0...30_000, using: &random))
      try await check(folder, said, round)
    }
    #expect(said.kept > Self.roundCount / 2)
    #expect(said.lastWords.count >= (Self.isHostile ? 5 : 2), "\(said.lastWords)")
  }

  private func check(_ folder: TemporaryFolder, _ said: Said, _ round: Int) async throws {
    let store = try SQLiteDeviceStore(existing: folder.file("store.sqlite"))
    let relay = try SQLiteRelay(existing: folder.file("relay.sqlite"))
    #expect(try store.isFileWhole())
    #expect(try relay.isFileWhole())
    let device = try Device(
      vault: FileKeyVault(path: folder.file("keys"), passphrase: nil), store: store, relay: relay)
    let messages = try device.timeline().messages
    let present = Set(messages.compactMap { Int($0.text) })
    // What was kept is here unless it was about to be erased.
    let lost = (0..<said.kept).map { $0 + 1 }.filter { !present.contains($0) && !said.erasing.contains($0) }
    #expect(lost == [], "round \(round) after \(said.last)")
    #expect(present.isDisjoint(with: said.erased), "round \(round)")
    // Every file that a message names opens, from here or from the relay.
    for message in messages.suffix(Self.isHostile ? 3 : 2) {
      let number = try #require(Int(message.text))
      let expected = CrashContent.of(number)
      var read: [UInt8] = []
      try await device.read(message.attachments[0]) { read += $0 }
      #expect(read == expected, "file \(number) in round \(round) after \(said.last)")
    }
    // Half the time the next process finds what this one left, else what a whole life of it left.
    guard round.isMultiple(of: 2) else { return }
    try store.removeUnfinishedBlobs()
    #expect(try await device.sync().verdict.isComplete)
    _ = try await device.collectUnreferencedAttachments()
    let referenced = Set(try device.timeline().messages.flatMap(\.attachments).map(\.blob))
    let listed = try await relay.blobs(of: device.account, after: nil, as: .device(device.id))
    #expect(Set(listed.map(\.upload.blob)) == referenced)
    #expect(try Set(store.allBlobs()).isSubset(of: referenced))
    // Files that are being fetched have rows too, and were all finished or dropped.
    #expect(Set(store.blobs.names).isSubset(of: referenced.map(\.description)))
    let findings = try await ArchiveVerification.run(device).findings
    #expect(findings == [], "round \(round) after \(said.last)")
  }
}

/// What the probe's files hold.
enum CrashContent {
  static func of(_ number: Int) -> [UInt8] {
    (0..<1_200_000 + number).map { UInt8(truncatingIfNeeded: ($0 &* (number + 3)) >> 4) }
  }
}

/// What killed processes had said.
private struct Said {
  var kept = 0
  var erasing: Set<Int> = []
  var erased: Set<Int> = []
  var last = ""
  /// What they were doing when they died.
  var lastWords: Set<String> = []

  mutating func run(in folder: TemporaryFolder, killingAfter lineCount: Int, andMicroseconds delay: UInt32)
    throws
  {
    let process = Process()
    process.executableURL = try ProbeProgram.url()
    process.arguments = [folder.path, "attachments"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    var buffer: [UInt8] = []
    while buffer.count(where: { $0 == UInt8(ascii: "\n") }) < lineCount {
      let part = pipe.fileHandleForReading.availableData
      guard !part.isEmpty else { break }
      buffer += part
    }
    // Somewhere in the middle of what it said last.
    usleep(delay)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal)
    buffer += pipe.fileHandleForReading.readDataToEndOfFile()
    for line in String(decoding: buffer, as: UTF8.self).split(separator: "\n") { try take(line) }
    lastWords.insert(String(last.prefix { $0 != " " }))
  }

  private mutating func take(_ line: Substring) throws {
    last = String(line)
    let words = line.split(separator: " ")
    let number = try #require(words.last.flatMap { Int($0) }, "\(line)")
    switch words.first {
    case "kept": kept = max(kept, number)
    case "erasing": erasing.insert(number)
    case "erased": erased.insert(number)
    case "sealing", "sending", "sent", "evicting", "fetching", "collecting": break
    default: Issue.record("The probe said: \(line)")
    }
  }
}
#endif
