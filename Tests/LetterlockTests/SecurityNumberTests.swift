import CryptoCore
import Foundation
import TLSCodec
import Testing

@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("SECURITY.md: its numbers")
struct SecurityNumberTests {
  private static func text() throws -> String {
    let project = (0..<3).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent()
    }
    return try String(contentsOf: project.appendingPathComponent("SECURITY.md"), encoding: .utf8)
  }

  @Test func `a log entry and its wraps take at most 105 KB`() throws {
    var scene = try LogScene()
    for _ in 0..<257 { try scene.take(.epoch(scene.header()), by: [scene.phone]) }
    for _ in 1..<AccountLog.maximumDeviceCount { try scene.add(DeviceKeys()) }
    let removed = try #require(scene.log.activeDevices.first { $0 != scene.phone.deviceID })
    let largest = [
      try scene.entry(.epoch(scene.header(links: Array(0..<256))), by: [scene.phone]),
      try scene.entry(
        .remove(.init(devices: [removed], epoch: scene.header(leaving: [removed], links: Array(0..<256)))),
        by: [scene.phone]),
    ]
    for entry in largest {
      let wraps = (entry.content.change.epoch?.wraps.count ?? 0) * (EpochWrap.byteCount + 32)
      #expect((95_000...105_000).contains(entry.encoded.count + wraps))
    }
    #expect(try Self.text().contains("at most 105 KB"))
  }

  @Test func `devices of one member have turns for 19 minutes of an hour`() throws {
    let policy = RelayPolicy.standard
    #expect(policy.turnDuration == .seconds(3) && policy.entryBurst == 16)
    let devices = Double(AccountLog.maximumDeviceCount - 1)
    // The part of all time that their turns take in the long run.
    let share = devices * 3 / Double(policy.entryInterval.components.seconds)
    #expect((18...19).contains(share * 60))
    // They use what they have saved up while more comes.
    #expect((73...74).contains(devices * Double(policy.entryBurst) * 3 / (1 - share) / 60))
    #expect(
      try Self.text().contains("for up to 74 minutes once, and for up to 19 minutes in an hour after that"))
    // Said once, so that no other number contradicts it.
    #expect(try Self.text().components(separatedBy: "turns of 3 seconds").count == 2)
  }
}
