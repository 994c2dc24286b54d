import CryptoCore
import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What a device is worth once a relay that lied to it is honest again.
@Suite("Attacks: after a lie")
struct AfterALieTests {
  private let house: Household
  private let account: AccountID

  init() async throws {
    house = try await Household()
    account = house.phone.account
  }

  /// The log as `device` knows it, and after it what it forges.
  private func log(of device: Device, adding changes: [AccountChange]) throws -> [LogEntry] {
    var entries = device.state.read { $0.entries }
    for change in changes {
      entries.append(
        try device.forge(change, at: entries.last?.head, index: UInt64(entries.count)))
    }
    return entries
  }

  private func append(_ text: String) throws { try house.phone.append(Household.text(text), to: house.chat) }

  private func reopened() throws -> Device {
    try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
  }

  @Test func `a log that only a removed device made is named entry by entry, and stops nobody`() async throws
  {
    let forged = try log(of: house.mac, adding: [.update(highestVersion: 1), .update(highestVersion: 1)])
    try await house.phone.remove(house.mac.id)
    let own = house.phone.log.heads
    await house.relay.show(forged, of: account)
    for device in [house.phone, try reopened()] {
      try device.append(Household.text("goes on"), to: house.chat)
      let report = try await device.sync()
      #expect(report.verdict == .forked(evidence: nil))
      let other = try #require(report.otherLog)
      #expect(other.signers == [house.mac.id])
      #expect(other.entries == Array(forged.suffix(2)))
      #expect(other.activeSigners(in: device.log) == [])
      #expect(report.sent == 1)
      #expect(device.log.heads == own)
    }
    await house.relay.behave()
    let device = try reopened()
    let report = try await device.sync()
    #expect(report.verdict.isComplete && report.otherLog == nil)
    // It stays to be shown.
    #expect(try await device.status().otherLog?.isShown == false)
  }

  @Test func `a log that an active device made stops sealing until the relay shows this device's again`()
    async throws
  {
    let forged = try log(of: house.mac, adding: [.update(highestVersion: 1)])
    try await house.phone.beginEpoch()
    let own = house.phone.log.heads
    await house.relay.show(forged, of: account)
    for device in [house.phone, try reopened()] {
      #expect(try await device.sync().verdict == .forked(evidence: nil))
      #expect(throws: DeviceError.archive(.forked)) {
        try device.append(Household.text("no"), to: house.chat)
      }
      #expect(try await device.status().holds.first == .forked)
    }
    // What a process that only seals knows of it.
    #expect(throws: DeviceError.archive(.forked)) {
      try reopened().append(Household.text("no"), to: house.chat)
    }
    await house.relay.behave()
    for device in [house.phone, try reopened()] {
      #expect(try await device.sync().verdict.isComplete)
      try device.append(Household.text("yes"), to: house.chat)
      #expect(try await device.sync().sent == 1)
      #expect(device.log.heads == own)
    }
  }

  @Test func `a person decides about one other log and those who made it, and this device's log stays`()
    async throws
  {
    let tablet = try await house.join("Tablet")
    try await house.mac.sync()
    try await house.phone.sync()
    let forged = try log(of: house.mac, adding: [.update(highestVersion: 1)])
    try await house.phone.beginEpoch()
    let own = house.phone.log.heads
    await house.relay.show(forged, of: account)
    #expect(try await house.phone.sync().verdict == .forked(evidence: nil))
    try await house.phone.goOnDespiteEvidence()
    try append("decided")
    #expect(try await house.phone.sync().verdict == .forked(evidence: nil))
    try append("still decided")
    try reopened().append(Household.text("here too"), to: house.chat)

    // The same device goes on there: nothing new. Another one does: a decision of its own.
    let grown =
      forged + [
        try house.mac.forge(.update(highestVersion: 1), at: forged.last?.head, index: UInt64(forged.count))
      ]
    await house.relay.show(grown, of: account)
    #expect(try await house.phone.sync().verdict == .forked(evidence: nil))
    try append("and goes on")
    let others =
      grown + [
        try tablet.forge(.update(highestVersion: 1), at: grown.last?.head, index: UInt64(grown.count))
      ]
    await house.relay.show(others, of: account)
    #expect(try await house.phone.sync().verdict == .forked(evidence: nil))
    #expect(throws: DeviceError.archive(.forked)) { try append("no") }
    #expect(house.phone.log.heads == own)
    await house.relay.behave()
    #expect(try await house.phone.sync().verdict.isComplete)
  }

  @Test func `a checkpoint without records is nothing to hold the relay to`() async throws {
    let device = try await house.join("Tablet")
    let key = await house.relay.honest.key
    let lie = try Checkpoint(
      account: account, treeSize: 1 << 60, treeRoot: Digest32(unchecked: SecureRandom.bytes(32)),
      logHead: house.phone.log.head, at: Timestamp.now.millisecondsSince1970, by: key)
    await house.relay.alterStreams { _ in
      StreamPage(
        checkpoint: lie, consistency: nil, batches: [], proof: LeavesProof(nodes: LeafHashes()),
        hasOlder: false)
    }
    _ = try? await device.newestMessages(in: house.chat)
    _ = try? await device.newestConversations()
    #expect(try device.progress().promised == nil)
    await house.relay.behave()
    #expect(try await device.sync().verdict.isComplete)
  }

  @Test func `a history that records were proven in holds the relay until the person decides`() async throws {
    let fresh = try await house.join("Tablet")
    let before = await house.relay.honest.fork()
    let tree = try fresh.progress().history.tree
    try append("newer")
    try await house.phone.sync()
    #expect(try await fresh.newestMessages(in: house.chat, count: 1).messages.last?.text == "newer")
    await house.relay.turn(to: before)
    for _ in 0..<2 {
      guard case .rolledBack = try await fresh.sync().verdict else { Issue.record("not named"); return }
    }
    try await fresh.goOnDespiteEvidence()
    #expect(try fresh.progress().history.tree == tree)
    #expect(try await fresh.sync().verdict.isComplete)
    try fresh.append(Household.text("goes on"), to: house.chat)
    #expect(try await fresh.sync().verdict.isComplete)
  }

  @Test func `an order to erase is believed as long as the relay shows it and no longer`() async throws {
    let tablet = try await house.join("Tablet")
    try await house.phone.sync()
    _ = try await house.mac.sync()
    try await house.phone.sync()
    let honest = await house.relay.honest
    let past = await honest.fork()
    // The phone has not heard of the removal, and the relay signs what the removed device needs.
    try await tablet.remove(house.mac.id)
    let history = try house.phone.progress().history
    let key = honest.key
    let order = try AccountErasure(
      of: try Checkpoint(
        account: account, treeSize: history.tree.size, treeRoot: history.tree.root,
        logHead: house.phone.log.head, at: Timestamp.now.millisecondsSince1970, by: key), at: .now,
      by: house.mac.secrets.keys)
    await house.relay.turn(to: past)
    try await house.relay.pretendErased(by: order)
    #expect(try await house.phone.sync().verdict == .erased(by: house.mac.id))
    #expect(throws: DeviceError.archive(.accountErased)) { try append("no") }
    #expect(try reopened().erasedBy == house.mac.id)
    await house.relay.behave()
    await house.relay.turn(to: honest)
    let device = try reopened()
    let report = try await device.sync()
    #expect(report.verdict.isComplete)
    #expect(report.withdrawnErasure == order)
    try device.append(Household.text("goes on"), to: house.chat)
    #expect(try await device.sync().sent == 1)
    #expect(try reopened().erasedBy == nil)
    // A log that is longer than the order's voids it, whoever still shows it.
    try await house.relay.pretendErased(by: order)
    guard case .rolledBack = try await device.sync().verdict else { Issue.record("believed"); return }
    #expect(device.erasedBy == nil)
  }

  @Test func `a removed device says by whom it was removed, and keeps what waits`() async throws {
    try house.mac.append(Household.text("waits"), to: house.chat)
    try await house.phone.remove(house.mac.id)
    let removal = Verdict.removed(by: house.phone.id, entry: house.phone.log.nextIndex - 1)
    for _ in 0..<2 { #expect(try await house.mac.sync().verdict == removal) }
    #expect(try Household.texts(of: house.mac) == ["first", "waits"])
    #expect(try await house.mac.status().holds == [.removed])
    #expect(throws: DeviceError.removed) { _ = try house.mac.prepareRecoveryKey() }
    await #expect(throws: DeviceError.removed) { try await house.mac.remove(house.phone.id) }
    await #expect(throws: DeviceError.removed) { try await house.mac.newestMessages(in: house.chat) }
  }

  @Test func `a device that is removed while it synchronises learns it from the log`() async throws {
    let (phone, mac) = (house.phone, house.mac)
    try mac.append(Household.text("waits"), to: house.chat)
    await house.relay.beforePage { try await phone.remove(mac.id) }
    let report = try await mac.sync()
    #expect(report.verdict == .removed(by: phone.id, entry: phone.log.nextIndex - 1))
    #expect(report.left == [mac.id])
    #expect(try Household.texts(of: mac) == ["first", "waits"])
  }

  @Test func `an error of the relay removes nobody`() async throws {
    await house.relay.beforePage { throw RelayError.unknownAccount }
    await #expect(throws: DeviceError.self) { try await house.mac.sync() }
    #expect(house.mac.log.activeMember(house.mac.id) != nil)
    try house.mac.append(Household.text("goes on"), to: house.chat)
    #expect(try await house.mac.sync().verdict.isComplete)
  }
}
