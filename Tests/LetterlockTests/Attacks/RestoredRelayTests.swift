import TLSCodec
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("A relay that was restored from a backup")
struct RestoredRelayTests {
  private let house: Household
  private let backup: InMemoryRelay

  /// After the backup there are records, an epoch, a device that joined and one that left, and a record that is erased.
  init() async throws {
    house = try await Household()
    let tablet = try await house.join("Tablet")
    try await house.phone.sync()
    backup = await house.relay.honest.fork()
    try house.phone.append(Household.text("second"), to: house.chat)
    try await house.phone.sync()
    let leaf = try house.phone.progress().history.tree.size - 1
    try await house.phone.remove(tablet.id)
    try house.phone.append(Household.text("third"), to: house.chat)
    try await house.phone.parts.history.sync.pusher.pushAll(erasing: [leaf])
    try await house.phone.sync()
  }

  @Test func `takes back what it lost from a device that has it, and everybody goes on`() async throws {
    let (phone, mac) = (house.phone, house.mac)
    let tree = try phone.progress().history.tree
    await house.relay.restore(from: backup)
    try phone.append(Household.text("waits"), to: house.chat)
    let report = try await phone.sync()
    #expect(report.verdict == .complete(size: tree.size))
    #expect(report.returned?.entries.count == 1)
    #expect(report.returned?.recordCount == Int(tree.size) - 4)
    #expect(try await phone.status().waitingRecords == 1)
    #expect(
      phone.log.heads
        == (try await backup.logEntries(of: phone.account, from: 0, as: phone.caller)).map(\.head))

    await house.relay.reopen()
    let epoch = phone.log.newestEpoch.header.number
    #expect(try await phone.sync().verdict.isComplete)
    // The wraps of what came back are gone; those of the next epoch lead to all of them.
    #expect(phone.log.newestEpoch.header.number == epoch + 1)
    for _ in 0..<2 { #expect(try await mac.sync().verdict.isComplete) }
    #expect(try Household.texts(of: mac) == ["first", "third", "waits"])
    #expect(try Household.texts(of: try await house.restore()) == ["first", "third", "waits"])
  }

  @Test func `a restore whose entry was taken back without its wraps goes on with what its vault holds`()
    async throws
  {
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    let before = await house.relay.honest.fork()
    let session = try await Device.openRecovery(
      with: try house.key(), vault: vault, store: store, relay: house.relay)
    await house.relay.lose(.answer)
    await #expect(throws: DeviceError.self) {
      _ = try await session.restore(keeping: [house.mac.id, house.phone.id], named: "Restored")
    }
    #expect(try await house.mac.sync().verdict.isComplete)
    await house.relay.restore(from: before)
    #expect(try await house.mac.sync().returned?.entries.count == 1)
    await house.relay.reopen()
    let again = try await Device.openRecovery(
      with: try house.key(), vault: vault, store: store, relay: house.relay)
    let restored = try await again.restore(keeping: [house.mac.id, house.phone.id], named: "Restored").device
    for device in [restored, house.mac, house.phone, restored] {
      #expect(try await device.sync().verdict.isComplete)
    }
    try restored.append(Household.text("after all"), to: house.chat)
    #expect(try await restored.sync().verdict.isComplete)
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(try Household.texts(of: house.phone).last == "after all")
    #expect(try Household.texts(of: restored) == (try Household.texts(of: house.phone)))
  }

  /// Another process on the phone.
  private func twin() throws -> Device {
    try Device(vault: house.phoneVault, store: house.phoneStore, relay: house.relay)
  }

  @Test(arguments: [true, false])
  func `an epoch that one process owes is begun by whichever process comes next`(
    isLongLived: Bool
  ) async throws {
    let second = try twin()
    #expect(try await second.sync().verdict.isComplete)
    await house.relay.restore(from: backup)
    #expect(try await house.phone.sync().returned != nil)
    for device in [second, try twin(), house.phone] {
      #expect(try await device.sync().verdict.isComplete)
    }
    await house.relay.reopen()
    let epoch = house.phone.log.newestEpoch.header.number
    let next = isLongLived ? second : try twin()
    #expect(try await next.sync().verdict.isComplete)
    #expect(next.log.newestEpoch.header.number == epoch + 1)
    // It is owed once.
    for device in [house.phone, second, try twin()] {
      #expect(try await device.sync().verdict.isComplete)
      #expect(device.log.newestEpoch.header.number == epoch + 1)
    }
  }

  @Test
  func `an epoch that is owed is begun once, also if the task is cancelled when the relay has taken it`()
    async throws
  {
    let phone = house.phone
    await house.relay.restore(from: backup)
    #expect(try await phone.sync().returned != nil)
    await house.relay.reopen()
    let epoch = phone.log.newestEpoch.header.number
    await house.relay.beforeEntry { _ in
      cancelCurrentTask()
      return nil
    }
    let error = await Task { () -> (any Error)? in
      do { try await phone.sync() } catch { return error }
      return nil
    }.value
    #expect(error as? DeviceError == .cancelled)
    for _ in 0..<2 { #expect(try await phone.sync().verdict.isComplete) }
    #expect(phone.log.newestEpoch.header.number == epoch + 1)
  }

  @Test
  func `an epoch whose wraps are lost is followed by another, though whoever gave it back never comes again`()
    async throws
  {
    let (phone, mac) = (house.phone, house.mac)
    let giver = try await house.join("Giver")
    try await phone.sync()
    await house.relay.restore(from: backup)
    #expect(try await giver.sync().returned != nil)
    await house.relay.reopen()
    let epoch = phone.log.newestEpoch.header.number
    // Nothing tells the phone that the relay lost something.
    #expect(try await phone.sync().verdict.isComplete)
    _ = try await mac.sync()
    #expect(!mac.isReadingNewestEpoch)
    phone.clock.follow { Timestamp.now.adding(2 * Timestamp.day) }
    try phone.append(Household.text("later"), to: house.chat)
    for _ in 0..<3 { #expect(try await phone.sync().verdict.isComplete) }
    #expect(phone.log.newestEpoch.header.number == epoch + 1)
    for _ in 0..<2 { #expect(try await mac.sync().verdict.isComplete) }
    #expect(try Household.texts(of: mac) == ["first", "third", "later"])
  }

  @Test func `a relay that never shows a wrap has one epoch begun a day, whichever process asks`()
    async throws
  {
    let epoch = house.phone.log.newestEpoch.header.number
    await house.relay.alterWraps { _ in nil }
    for days in 1...2 {
      for _ in 0..<3 {
        let phone = try twin()
        phone.clock.follow { Timestamp.now.adding(Int64(days) * (Timestamp.day + 1_000_000_000)) }
        #expect(try await phone.sync().verdict.isComplete)
        #expect(phone.log.newestEpoch.header.number == epoch + UInt64(days))
      }
    }
  }

  @Test func `a device that gave back an epoch which it cannot read itself owes it, and goes on`()
    async throws
  {
    let (phone, mac) = (house.phone, house.mac)
    await house.relay.alterWraps { _ in nil }
    _ = try await mac.sync()
    #expect(!mac.isReadingNewestEpoch && mac.log.head == phone.log.head)
    await house.relay.restore(from: backup)
    await house.relay.behave()
    #expect(try await mac.sync().returned != nil)
    await house.relay.reopen()
    let epoch = phone.log.newestEpoch.header.number
    for _ in 0..<2 { _ = try await mac.sync() }
    #expect(mac.log.newestEpoch.header.number == epoch)
    phone.clock.follow { Timestamp.now.adding(2 * Timestamp.day) }
    try await phone.sync()
    #expect(try await mac.sync().verdict.isComplete)
    #expect(mac.isReadingNewestEpoch)
    #expect(try Household.texts(of: mac) == ["first", "third"])
  }

  @Test func `a relay that says nothing of a backup stays rolled back, and loses nothing here`() async throws
  {
    let (phone, relay) = (house.phone, house.relay)
    let tree = try phone.progress().history.tree
    await relay.turn(to: backup)
    for _ in 0..<2 {
      let report = try await phone.sync()
      guard case .rolledBack = report.verdict else { Issue.record("\(report.verdict)"); return }
      #expect(report.returned == nil)
      #expect(try phone.parts.services.notes.owedEpochs() == [])
    }
    #expect(try phone.progress().history.tree == tree)
  }

  @Test func `takes back nothing that breaks a rule, and nothing of which a record was left out`()
    async throws
  {
    let phone = house.phone
    let (entries, batches) = (
      phone.state.read { $0.entries.suffix(1) },
      try phone.neededStore().batches(from: 4, limit: .max)
    )
    let checkpoint = try #require(try phone.progress().checkpoint)
    let restored = RestoredRelay(backup)
    func refused(_ entries: [LogEntry], _ batches: [HistoryBatch]) async -> Bool {
      do throws(RelayError) {
        _ = try await restored.takeBack(
          LostPart(entries: entries, batches: batches, checkpoint: checkpoint), of: phone.account,
          as: phone.caller)
        return false
      } catch { return true }
    }
    let last = try #require(batches.last)
    #expect(await refused([], batches))
    #expect(await refused(Array(entries), Array(batches.dropFirst())))
    #expect(await refused(Array(entries), batches.reversed()))
    #expect(await refused(Array(entries), batches.dropLast() + [last.putting(nil, at: last.firstLeaf)]))
    #expect(await refused(Array(entries) + entries, batches))
    let before = try await backup.logEntries(of: phone.account, from: 0, as: phone.caller)
    #expect(before.count == phone.log.heads.count - 1)
    // Nobody but a device of the account is heard.
    await #expect(throws: RelayError.unknownAccount) {
      try await restored.takeBack(
        LostPart(entries: Array(entries), batches: batches, checkpoint: checkpoint), of: phone.account,
        as: .anyone)
    }
    #expect(await !refused(Array(entries), batches))
  }

  @Test func `takes nothing new before it is opened again`() async throws {
    await house.relay.restore(from: backup)
    _ = try await house.mac.sync()
    try house.mac.append(Household.text("too early"), to: house.chat)
    await #expect(throws: DeviceError.self) { try await house.mac.sync() }
    try await house.phone.sync()
    await house.relay.reopen()
    for device in [house.phone, house.mac, house.phone] {
      #expect(try await device.sync().verdict.isComplete)
    }
    #expect(try Household.texts(of: house.phone) == ["first", "third", "too early"])
  }

  @Test func `a device that was restored after the backup gives back what it has`() async throws {
    let restored = try await house.restore(keeping: [])
    try restored.append(Household.text("mine"), to: house.chat)
    try await restored.sync()
    let heads = restored.log.heads
    await house.relay.restore(from: backup)
    try restored.append(Household.text("waits"), to: house.chat)
    let report = try await restored.sync()
    #expect(report.verdict.isComplete)
    #expect(report.returned != nil)
    await house.relay.reopen()
    #expect(try await restored.sync().verdict.isComplete)
    #expect(restored.log.heads.starts(with: heads))
    #expect(try Household.texts(of: restored) == ["first", "third", "mine", "waits"])
    #expect(try await restored.status().waitingRecords == 0)
    // The recovery key reads what was sealed in the lost epoch.
    let again = try await house.restore(keeping: [])
    #expect(try Household.texts(of: again) == ["first", "third", "mine", "waits"])
    let removal = Verdict.removed(by: restored.log.recoveryDevice, entry: UInt64(heads.count) - 1)
    #expect(try await house.phone.sync().verdict == removal)
  }

  @Test func `an entry that no synchronisation followed is given back too`() async throws {
    try await house.phone.remove(house.mac.id)
    let heads = house.phone.log.heads
    await house.relay.restore(from: backup)
    #expect(try await house.phone.sync().verdict.isComplete)
    await house.relay.reopen()
    #expect(try await house.phone.sync().verdict.isComplete)
    #expect(house.phone.log.heads.starts(with: heads))
    #expect(house.phone.log.activeMember(house.mac.id) == nil)
  }

  @Test func `a device that joined after the backup gives back what it has`() async throws {
    let late = try await house.join("Late")
    await house.relay.restore(from: backup)
    #expect(try await late.sync().verdict.isComplete)
    await house.relay.reopen()
    for device in [late, house.phone, house.mac] { #expect(try await device.sync().verdict.isComplete) }
    #expect(try Household.texts(of: late) == ["first", "third"])
  }

  @Test func `files that the relay lost are sent again by whoever has them`() async throws {
    var message = Household.text("file")
    message.conversation = house.chat
    let source = AttachmentSource(
      name: "file", mediaType: "text/plain", content: .bytes([UInt8](repeating: 7, count: 40_000)))
    try house.mac.append([ImportedMessage(message: message, attachments: [source])])
    let file = try #require(house.mac.timeline().messages.last { !$0.attachments.isEmpty }?.attachments.first)
    try await house.mac.sync()
    try await house.phone.sync()
    await house.relay.restore(from: backup)
    #expect(try await house.phone.sync().returned != nil)
    await house.relay.reopen()
    try await house.phone.sync()
    #expect(try await backup.blob(file.blob, of: house.phone.account, as: house.phone.caller) == nil)
    // The phone never fetched it. The computer finds out as soon as it is opened again, or a day later.
    house.mac.clock.follow { Timestamp.now.adding(2 * Timestamp.day) }
    try await house.mac.sync()
    #expect(try await backup.blob(file.blob, of: house.phone.account, as: house.phone.caller) != nil)
    #expect(try await house.restore().downloadAll().count == 1)
  }
}

extension Device {
  /// Whether the device has the newest epoch's secret.
  fileprivate var isReadingNewestEpoch: Bool {
    state.read { $0.keyring.epochSecrets[$0.log.newestEpoch.header.number] != nil }
  }
}
