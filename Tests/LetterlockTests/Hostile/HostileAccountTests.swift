import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("Hostile: one flipped bit in what says who may read")
struct HostileAccountTests {
  @Test func `in a bundle`() throws {
    let bundle = try DeviceKeyBundle(of: DeviceKeys(), createdAt: 1_700_000_000_000)
    #expect(bundle.isSignedByItself)
    for (index, bytes) in Flips(bytes: bundle.encoded, bitsPerByte: 2, sample: 211) {
      guard let altered = try? DeviceKeyBundle(decoding: bytes) else {
        #expect(index == 0)
        continue
      }
      #expect(!altered.isSignedByItself, "byte \(index)")
    }
  }

  @Test func `in a log entry, which changes nothing then`() async throws {
    let house = try await Household()
    let before = house.phone.log
    try await house.phone.beginEpoch()
    let entries = try await house.relay.logEntries(
      of: house.phone.account, from: before.nextIndex, as: house.phone.caller)
    let entry = try #require(entries.first)
    for (index, bytes) in Flips(bytes: entry.encoded, bitsPerByte: 1, sample: 97) {
      var log = before
      guard let altered = try? LogEntry(decoding: bytes) else { continue }
      #expect(throws: AccountLogError.self, "byte \(index)") { try log.append(altered) }
      #expect(log.head == before.head)
      #expect(log.epochs.count == before.epochs.count)
    }
    var log = before
    try log.append(entry)
  }

  @Test func `in the entry that creates an account, which is then another account or none`() async throws {
    let house = try await Household()
    let entries = try await house.relay.logEntries(of: house.phone.account, from: 0, as: house.phone.caller)
    let create = try #require(entries.first)
    for (index, bytes) in Flips(bytes: create.encoded, bitsPerByte: 1, sample: 499) {
      guard let altered = try? LogEntry(decoding: bytes) else { continue }
      #expect(throws: AccountLogError.self, "byte \(index)") {
        try AccountLog(account: house.phone.account, replaying: [altered])
      }
    }
  }

  @Test func `in a wrap`() throws {
    let keys = try DeviceKeys()
    let account = AccountID(unchecked: SecureRandom.bytes(32))
    let opening = try EpochOpening(
      number: 3, account: account, linking: [(2, SecretKey(random: 32))],
      recipients: [keys.deviceID: keys.sealingKey], treeSize: 9, treeRoot: HistoryTree().root)
    let wrap = try #require(opening.wraps.first).wrap.bytes
    let info = EpochWrap.info(
      header: opening.header, account: account, recipient: keys.deviceID, sealingKey: keys.sealingKey)
    let epochSecret = try #require(keys.openWrap(wrap, info: info))
    #expect(epochSecret.isEqual(to: opening.epochSecret))
    for (index, bytes) in Flips(bytes: wrap, bitsPerByte: 2, sample: 29) {
      #expect(keys.openWrap(bytes, info: info) == nil, "byte \(index)")
      #expect(EpochWrap.hash(bytes) != opening.header.wraps[0].wrapHash)
    }
    for (index, bytes) in Flips(bytes: info, bitsPerByte: 1, sample: 131) {
      #expect(keys.openWrap(wrap, info: bytes) == nil, "info, byte \(index)")
    }
  }

  @Test func `in a link or a checkpoint`() throws {
    let account = AccountID(unchecked: SecureRandom.bytes(32))
    let schedule = EpochKeySchedule(account: account, number: 5, epochSecret: SecretKey(random: 32))
    let earlier = SecretKey(random: 32)
    let link = try schedule.link(to: 4, epochSecret: earlier)
    #expect(schedule.open(link)?.isEqual(to: earlier) == true)
    for (_, bytes) in Flips(bytes: link.encoded, sample: 1) {
      #expect(schedule.open(try EpochLink(decoding: bytes)) == nil)
    }
    let key = try CheckpointKey()
    let checkpoint = try Checkpoint(
      account: account, treeSize: 7, treeRoot: HistoryTree().root, logHead: .none, at: 1, by: key)
    #expect(checkpoint.isSigned(by: key.publicKey))
    for (_, bytes) in Flips(bytes: checkpoint.encoded, sample: 1) {
      #expect((try? Checkpoint(decoding: bytes))?.isSigned(by: key.publicKey) != true)
    }
  }

  @Test func `in a log in part`() throws {
    var scene = try LogScene()
    let (tablet, laptop, restored) = (try DeviceKeys(), try DeviceKeys(), try DeviceKeys())
    try scene.add(tablet)
    try scene.add(laptop)
    try scene.take(.epoch(scene.header()), by: [scene.phone])
    try scene.remove(tablet.deviceID, by: scene.phone)
    try scene.take(scene.recovery(of: restored, keeping: [laptop]), by: [scene.recovery, restored])
    let projection = LogProjection(of: scene.log, scene.entries)
    #expect(try projection.verify(head: scene.log.head).devices.count == scene.log.members.count)
    for (index, bytes) in Flips(bytes: projection.encoded, bitsPerByte: 1, sample: 2003) {
      guard let altered = try? LogProjection(decoding: bytes) else { continue }
      #expect(throws: LogProjectionError.self, "byte \(index)") {
        try altered.verify(head: scene.log.head)
      }
    }
  }

  @Test func `in a proposal of a recovery key, or in a vote for it`() async throws {
    let house = try await Household()
    _ = try house.phone.prepareRecoveryKey()
    try await house.phone.replaceRecoveryKey(
      try house.key(), approvers: [house.phone.id, house.mac.id])
    try await house.mac.sync()
    _ = try house.mac.prepareRecoveryKey()
    let proposal = try house.mac.proposeRecoveryKey()
    let vote = try await house.phone.vote(for: proposal, confirmedBy: proposal.code)
    #expect(try house.mac.votesMissing(for: proposal, with: [vote]) == 0)
    for (index, bytes) in Flips(bytes: proposal.encoded, bitsPerByte: 2, sample: 125) {
      guard let altered = try? RecoveryProposal(decoding: bytes) else { continue }
      await #expect(throws: DeviceError.proposalRefused, "byte \(index)") {
        try await house.phone.vote(for: altered, confirmedBy: altered.code)
      }
    }
    for (index, bytes) in Flips(bytes: vote.encoded, bitsPerByte: 8, sample: 125) {
      guard let altered = try? RecoveryVote(decoding: bytes) else { continue }
      #expect(throws: DeviceError.voteRefused(altered.device), "byte \(index)") {
        try house.mac.votesMissing(for: proposal, with: [altered])
      }
    }
  }

  @Test func `random bytes are never taken for anything, and trap nothing`() throws {
    var generator = SeededGenerator(seed: 7)
    for _ in 0..<(Flips.isThorough ? 20_000 : 500) {
      let bytes = generator.bytes(Int(generator.next() % 600))
      #expect((try? LogEntry(decoding: bytes)) == nil)
      #expect((try? SignedBatch(decoding: [1] + bytes)) == nil)
      #expect((try? DeviceKeyBundle(decoding: bytes)) == nil)
      _ = try? HistoryTree(decoding: bytes)
      _ = try? ArchiveEntry(decodingArchiveEntry: bytes)
      _ = try? SealedRecord(decoding: [1] + bytes)
      _ = try? VaultState(decoding: [1] + bytes)
    }
  }
}
