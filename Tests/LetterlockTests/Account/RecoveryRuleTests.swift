import CryptoCore
import TLSCodec
import Testing

@testable import LetterlockFormat

@Suite("SPEC.md section 3.4: recovery")
struct RecoveryRuleTests {
  /// A log, and the devices besides the phone: tablet, laptop, a new recovery device and the present one.
  private typealias Scene = (LogScene, DeviceKeys, DeviceKeys, DeviceKeys, DeviceKeys)

  /// Phone, tablet and laptop, of which phone and tablet are recovery approvers, and the present recovery device.
  private func threeDevices() throws -> Scene {
    let (tablet, laptop, new) = (try DeviceKeys(), try DeviceKeys(), try DeviceKeys())
    var scene = try LogScene()
    try scene.add(tablet)
    try scene.add(laptop)
    let second = try DeviceKeys()
    try scene.replaceRecovery(by: second, approvers: [scene.phone, tablet])
    return (scene, tablet, laptop, new, second)
  }

  private func announced() throws -> Scene {
    var (scene, tablet, laptop, new, second) = try threeDevices()
    try scene.take(
      scene.announcement(of: new), by: [scene.phone, new],
      votes: [scene.vote(of: tablet, for: scene.phone, new: new)])
    return (scene, tablet, laptop, new, second)
  }

  @Test func `SPEC.md section 3.3: an entry keeps its parts, and a part with another hash is refused`() throws
  {
    let (scene, _, _, _, _) = try threeDevices()
    for entry in scene.entries {
      let again = try LogEntry(decoding: entry.encoded)
      #expect(again == entry && again.encoded == entry.encoded)
      #expect(again.content.change.epoch == entry.content.change.epoch)
      guard entry.content.change.epoch != nil else { continue }
      let start = entry.content.encoded.count
      for offset in [1, 20, 60] {
        var bytes = entry.encoded
        bytes[start + offset] ^= 1
        #expect(throws: TLSError.invalidValue) { try LogEntry(decoding: bytes) }
      }
    }
  }

  @Test func `rule 11: an epoch has at most 256 links`() throws {
    var scene = try LogScene()
    for _ in 0..<257 { try scene.take(.epoch(scene.header()), by: [scene.phone]) }
    let many = try scene.header(links: Array(0..<257))
    // What makes epochs keeps to the newest that fit.
    #expect(many.part?.links.map(\.epoch) == Array(1..<257))
    #expect(try scene.refusal(.epoch(many), by: [scene.phone]) == nil)
    let header = try #require(many.part)
    let first = try EpochKeySchedule(
      account: scene.log.account, number: header.number, epochSecret: SecretKey(random: 32)
    ).link(to: 0, epochSecret: SecretKey(random: 32))
    let tooMany = EpochHeader(
      version: header.version, number: header.number, commitment: header.commitment,
      inboxKey: header.inboxKey, links: [first] + header.links, treeSize: header.treeSize,
      treeRoot: header.treeRoot, wraps: header.wraps)
    #expect(try scene.refusal(.epoch(Committed(tooMany)), by: [scene.phone]) == .wrongLinks)
  }

  @Test func `rule 11: an epoch has links, but for one by recover`() throws {
    var scene = try LogScene()
    try scene.take(.epoch(scene.header()), by: [scene.phone])
    let restored = try DeviceKeys()
    let signers = [scene.recovery, restored]
    #expect(try scene.refusal(.epoch(scene.header(links: [])), by: [scene.phone]) == .wrongLinks)
    for links in [[2], [0, 2], [1, 1]] as [[UInt64]] {
      #expect(try scene.refusal(scene.recovery(of: restored, links: links), by: signers) == .wrongLinks)
    }
    for links in [[], [0], [0, 1]] as [[UInt64]] {
      #expect(try scene.refusal(scene.recovery(of: restored, links: links), by: signers) == nil)
    }
  }

  @Test func `rule 14: nothing is announced in an account without a checkpoint key`() throws {
    let scene = try LogScene(hasRelay: false)
    let new = try DeviceKeys()
    #expect(try scene.refusal(scene.announcement(of: new), by: [scene.phone, new]) == .noCheckpointKey)
  }

  @Test func `rule 14: any active device announces when no recovery approver is active`() throws {
    var (scene, tablet, laptop, new, _) = try threeDevices()
    #expect(try scene.refusal(scene.announcement(of: new), by: [laptop, new]) == .wrongSigners)
    try scene.remove(scene.phone.deviceID, by: laptop)
    // The tablet is a recovery approver, and alone.
    #expect(try scene.refusal(scene.announcement(of: new), by: [laptop, new]) == .wrongSigners)
    #expect(try scene.refusal(scene.announcement(of: new), by: [tablet, new]) == nil)
    try scene.remove(tablet.deviceID, by: laptop)
    try scene.take(scene.announcement(of: new), by: [laptop, new])
    #expect(scene.log.announcement?.coolingOff == CoolingOff.withoutVote)
  }

  @Test func `rule 15: an announced recovery device comes in after the cooling-off time`() throws {
    var (scene, tablet, laptop, new, second) = try announced()
    #expect(scene.log.announcement?.voters == [tablet.deviceID])
    #expect(scene.log.recoveryDevice == second.deviceID)
    let day: UInt64 = 24 * 3_600_000
    #expect(
      try scene.refusal(
        scene.completion(by: new, scene.coolingOff(milliseconds: 3 * day - 1)), by: [laptop]) == .tooSoon)
    try scene.take(scene.completion(by: new, scene.coolingOff(milliseconds: 3 * day)), by: [laptop])
    #expect(scene.log.recoveryDevice == new.deviceID && scene.log.announcement == nil)
    #expect(scene.log.activeMember(second.deviceID) == nil)
    #expect(scene.log.approvers.isEmpty)
  }

  @Test func `rule 15: times at the ends of their range make no announcement old`() throws {
    let (scene, _, laptop, new, _) = try announced()
    for (first, second) in [(UInt64.max, UInt64(0)), (.max, .max), (0, 0)] {
      let coolingOff = CoolingOff(
        first: try scene.checkpoint(at: first), second: try scene.checkpoint(at: second))
      #expect(
        try scene.refusal(scene.completion(by: new, Committed(coolingOff)), by: [laptop]) == .tooSoon)
    }
    let oldest = CoolingOff(first: try scene.checkpoint(at: 0), second: try scene.checkpoint(at: .max))
    #expect(try scene.refusal(scene.completion(by: new, Committed(oldest)), by: [laptop]) == nil)
  }

  @Test func `rule 6: a device that was announced joins by no other entry`() throws {
    var (scene, _, _, new, second) = try announced()
    #expect(throws: AccountLogError.deviceKnown(new.deviceID)) { try scene.add(new) }
    try scene.take(.cancelRecovery(scene.log.head), by: [second])
    #expect(throws: AccountLogError.deviceKnown(new.deviceID)) { try scene.add(new) }
  }

  @Test func `rule 16: the recovery device and active recovery approvers cancel`() throws {
    let (scene, tablet, laptop, _, second) = try announced()
    let change = AccountChange.cancelRecovery(scene.log.head)
    for signer in [scene.phone, tablet, second] {
      var next = scene
      try next.take(change, by: [signer])
      #expect(next.log.announcement == nil && next.log.recoveryDevice == second.deviceID)
    }
    #expect(try scene.refusal(change, by: [laptop]) == .wrongSigners)
    #expect(try scene.refusal(.cancelRecovery(scene.log.heads[0]), by: [tablet]) == .noAnnouncement)
  }

  @Test(arguments: ["signer", "voter", "recover", "replace", "other"])
  func `an announcement is void without its signer or a voter, by recovering and by the old key`(
    how: String
  ) throws {
    var (scene, tablet, laptop, _, second) = try announced()
    switch how {
    case "signer": try scene.remove(scene.phone.deviceID, by: laptop)
    case "voter": try scene.remove(tablet.deviceID, by: laptop)
    case "recover":
      let restored = try DeviceKeys()
      try scene.take(scene.recovery(of: restored), by: [second, restored])
    case "replace":
      let third = try DeviceKeys()
      let old = scene.log.recoveryDevice
      try scene.take(
        .replaceRecovery(
          .init(
            recovery: DeviceKeyBundle(of: third, createdAt: 0), approvers: [],
            epoch: scene.header(leaving: [old], joining: [third]))), by: [second, third])
    default: try scene.remove(laptop.deviceID, by: scene.phone)
    }
    #expect((scene.log.announcement == nil) == (how != "other"))
  }

  @Test func `rule 17: recovering removes every device that is not kept`() throws {
    var (scene, tablet, laptop, _, second) = try threeDevices()
    let restored = try DeviceKeys()
    let change = try scene.recovery(of: restored, keeping: [tablet])
    #expect(scene.log.leavers(by: change) == [scene.phone.deviceID, laptop.deviceID].sorted())
    try scene.take(change, by: [second, restored])
    #expect(Set(scene.log.activeDevices) == [restored.deviceID, tablet.deviceID, second.deviceID])
    #expect(scene.log.approvers == [restored.deviceID])
    #expect(scene.log.members[restored.deviceID]?.addedBy == second.deviceID)
  }

  @Test func `rule 17: recovering needs no room among 64 devices`() throws {
    var scene = try LogScene()
    for _ in 0..<63 { try scene.add(DeviceKeys()) }
    let restored = try DeviceKeys()
    try scene.take(scene.recovery(of: restored), by: [scene.recovery, restored])
    #expect(scene.log.activeDevices.count == 2)
  }

  @Test func `SPEC.md section 6.2: checkpoints that differ in time alone do not contradict`() throws {
    let scene = try LogScene()
    let (one, other) = (try scene.checkpoint(at: 1), try scene.checkpoint(at: 2))
    #expect(one != other && one.isOfSameState(as: other))
    let evidence = RelayEvidence(
      create: scene.entries[0], older: one, newer: other, beginning: other.treeRoot,
      proof: ConsistencyProof(oldSize: 0, newSize: 0, path: []))
    #expect(throws: RelayEvidenceError.self) { try evidence.check() }
  }
}
