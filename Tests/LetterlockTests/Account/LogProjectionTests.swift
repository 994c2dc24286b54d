import CryptoCore
import TLSCodec
import Testing

@testable import LetterlockFormat

@Suite("SPEC.md section 3.8: a log in part")
struct LogProjectionTests {
  /// A log with these kinds of entries, in an order that the seed draws.
  private func log(seed: UInt64) throws -> LogScene {
    var generator = SeededGenerator(seed: seed)
    var scene = try LogScene()
    var added: [DeviceKeys] = []
    for _ in 0..<12 {
      switch generator.next() % 5 {
      case 0, 1:
        let keys = try DeviceKeys()
        try scene.add(keys)
        added.append(keys)
      case 2: try scene.take(.epoch(scene.header()), by: [scene.phone])
      case 3: try scene.take(.update(highestVersion: 1), by: [scene.phone])
      default:
        guard let last = added.popLast() else { continue }
        try scene.remove(last.deviceID, by: scene.phone)
      }
    }
    let restored = try DeviceKeys()
    try scene.take(
      scene.recovery(of: restored, keeping: Array(added.prefix(2))), by: [scene.recovery, restored])
    return scene
  }

  @Test(arguments: UInt64(0)..<3)
  func `a projection shows the devices of the log, and nothing of its epochs`(seed: UInt64) throws {
    let scene = try log(seed: seed)
    let projection = try LogProjection(
      decoding: LogProjection(of: scene.log, scene.entries).encoded)
    let shown = try projection.verify(head: scene.log.head)
    #expect(shown.devices.mapValues(\.isActive) == scene.log.members.mapValues(\.isActive))
    #expect(
      shown.devices.mapValues(\.signingKeys) == scene.log.members.mapValues(\.bundle.signingKeys))
    #expect(shown.recoveryDevice == scene.log.recoveryDevice)
    #expect(shown.approvers == scene.log.approvers)
    #expect(shown.inboxKey == scene.log.newestEpoch.header.inboxKey)
    #expect(projection.entries.allSatisfy { $0.content.change.epoch == nil })
  }

  @Test func `a projection without one of its entries is refused`() throws {
    let scene = try log(seed: 3)
    let good = LogProjection(of: scene.log, scene.entries)
    for place in good.entries.indices {
      var projection = good
      projection.entries.remove(at: place)
      #expect(throws: LogProjectionError.self) { try projection.verify(head: scene.log.head) }
      projection = good
      projection.entries.swapAt(place, (place + 1) % good.entries.count)
      #expect(throws: LogProjectionError.self) { try projection.verify(head: scene.log.head) }
    }
  }

  @Test func `signatures stand where membership changes, and nowhere else`() throws {
    let scene = try log(seed: 1)
    let good = LogProjection(of: scene.log, scene.entries)
    for (place, entry) in good.entries.enumerated() {
      var projection = good
      projection.entries[place].signatures = entry.signatures.isEmpty ? scene.entries[place].signatures : []
      #expect(
        throws: entry.signatures.isEmpty ? .needlessSignatures : LogProjectionError.entry(.wrongSigners)
      ) {
        try projection.verify(head: scene.log.head)
      }
    }
  }
}
