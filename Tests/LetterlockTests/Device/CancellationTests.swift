import Synchronization
import Testing

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

@Suite("A task that is cancelled")
struct CancellationTests {
  /// What a body throws in a task that is cancelled already.
  private func cancelled(_ body: @escaping @Sendable () async throws -> Void) async -> (any Error)? {
    await Task {
      cancelCurrentTask()
      do { try await body() } catch { return error }
      return nil
    }.value
  }

  @Test func `reading stops`() async throws {
    let house = try await Household()
    let (phone, snapshot) = (house.phone, try await house.phone.createSnapshot(named: "now"))
    let index = try phone.timelineIndex()
    let readers: [@Sendable () async throws -> Void] = [
      { _ = try phone.timelineIndex() },
      { _ = try phone.timeline() },
      { _ = try phone.messages(index.references, of: index) },
      { try phone.search("first") { _, _ in true } },
      { _ = try phone.snapshots() },
      { _ = try phone.timelineIndex(at: snapshot) },
      { _ = try phone.devices() },
      { _ = try phone.attachmentStorage() },
      { _ = try phone.restoreReport() },
      { _ = try await ArchiveVerification.run(phone) },
    ]
    for (number, reader) in readers.enumerated() {
      #expect(await cancelled(reader) as? DeviceError == .cancelled, "reader \(number)")
    }
  }

  @Test func `waiting for the lock stops, and nothing is noted`() async throws {
    let house = try await Household()
    let phone = house.phone
    let before = try await phone.status().lastAttempt
    #expect(await cancelled { try await phone.sync() } as? DeviceError == .cancelled)
    #expect(try await phone.status().lastAttempt == before)
  }

  @Test func `sending stops between two signed batches, and the next call sends the rest`() async throws {
    let house = try await Household()
    let phone = house.phone
    let count = 3 * SignedBatch.maximumLeafCount
    try phone.enqueue((0..<count).map { .message(Household.text("\($0)").placed(in: house.chat)) })
    let error = await Task { () -> (any Error)? in
      do {
        try await phone.sync { step in
          if case .sent = step { cancelCurrentTask() }
        }
      } catch { return error }
      return nil
    }.value
    #expect(error as? DeviceError == .cancelled)
    let waiting = try phone.waitingCount
    #expect(waiting > 0 && waiting < count)
    #expect(try await phone.status().holds == [])
    #expect(try await phone.sync().verdict.isComplete)
    #expect(try phone.waitingCount == 0)
    #expect(try Household.texts(of: phone).count == count + 1)
  }

  @Test
  func `a change of the account that the relay has taken is made, and the call says that it was cancelled`()
    async throws
  {
    let house = try await Household()
    let (phone, mac) = (house.phone, house.mac.id)
    let count = phone.log.heads.count
    await house.relay.beforeEntry { _ in
      cancelCurrentTask()
      return nil
    }
    let error = await Task { () -> (any Error)? in
      do { try await phone.remove(mac) } catch { return error }
      return nil
    }.value
    #expect(error as? DeviceError == .cancelled)
    #expect(phone.log.activeMember(mac) == nil)
    #expect(try await phone.sync().verdict.isComplete)
    #expect(phone.log.heads.count == count + 1)
  }

  @Test func `a recovery key that the relay has taken is in place, though the task was cancelled`()
    async throws
  {
    let house = try await Household()
    let phone = house.phone
    _ = try phone.prepareRecoveryKey()
    let before = phone.log.recoveryDevice
    await house.relay.beforeEntry { _ in
      cancelCurrentTask()
      return nil
    }
    // It cannot be made again: the old key signs for nothing more.
    try await Task { try await phone.replaceRecoveryKey(try house.key()) }.value
    #expect(phone.log.recoveryDevice != before && phone.hasRecoveryKeyToShow)
    #expect(try await phone.sync().verdict.isComplete)
  }

  @Test func `sealing a large file stops, and leaves nothing`() async throws {
    let house = try await Household()
    let (phone, chat) = (house.phone, house.chat)
    let segments = Mutex(0)
    let stream = ByteStream {
      {
        let number = segments.withLock { count in
          count += 1
          return count
        }
        if number == 4 { cancelCurrentTask() }
        return number < 64 ? [UInt8](repeating: 7, count: SealedSegments.plainByteCount) : nil
      }
    }
    let source = AttachmentSource(mediaType: "text/plain", content: .stream(stream))
    let error = await Task { () -> (any Error)? in
      do {
        try phone.append(Household.text("large"), attaching: [source], to: chat)
      } catch { return error }
      return nil
    }.value
    // The stream may have been read on another thread: then it is sealed to its end.
    guard let error else { return }
    #expect(error as? DeviceError == .cancelled)
    #expect(try phone.neededStore().allBlobs() == [])
    #expect(try phone.waitingCount == 0)
  }

  @Test func `appending many messages keeps those that were sealed`() async throws {
    let house = try await Household()
    let phone = house.phone
    let messages = (0..<10).map { number in
      ImportedMessage(
        message: Household.text("\(number)").placed(in: house.chat),
        attachments: [
          AttachmentSource(
            mediaType: "text/plain",
            content: .stream(
              ByteStream {
                if number == 4 { cancelCurrentTask() }
                return { nil }
              }))
        ])
    }
    let error = await Task { () -> (any Error)? in
      do { try phone.append(messages) } catch { return error }
      return nil
    }.value
    #expect(error as? DeviceError == .cancelled)
    #expect(try Household.texts(of: phone) == ["first", "0", "1", "2", "3", "4"])
  }

  @Test func `a restore that the relay has taken goes on where it was, by one entry`() async throws {
    let house = try await Household()
    let (vault, store, relay) = (MemoryKeyVault(), MemoryDeviceStore(), house.relay)
    await relay.beforeEntry { _ in
      cancelCurrentTask()
      return nil
    }
    let error = await Task { () -> (any Error)? in
      do {
        _ = try await Device.restore(with: try house.key(), vault: vault, store: store, relay: relay)
      } catch { return error }
      return nil
    }.value
    #expect(error == nil || error as? DeviceError == .cancelled)
    let device: Device
    do throws(DeviceError) { device = try Device(vault: vault, store: store, relay: relay) } catch {
      device = try await Device.restore(with: try house.key(), vault: vault, store: store, relay: relay)
    }
    #expect(try await device.sync().verdict.isComplete)
    #expect(try Household.texts(of: device) == ["first"])
    let entries = try await relay.logEntries(of: house.phone.account, from: 0, as: device.caller)
    let recoveries = entries.filter { if case .recover = $0.content.change { true } else { false } }
    #expect(recoveries.count == 1)
  }

  @Test func `a download stops between two parts, and the next one has all`() async throws {
    let house = try await Household()
    let (phone, mac) = (house.phone, house.mac)
    let file = AttachmentSource(
      mediaType: "text/plain",
      content: .bytes([UInt8](repeating: 7, count: 5 * SealedSegments.plainByteCount)))
    for _ in 0..<2 { try phone.append(Household.text("with a file"), attaching: [file], to: house.chat) }
    try await phone.sync()
    try await mac.sync()
    await house.relay.alterBlobs { _, bytes in
      cancelCurrentTask()
      return bytes
    }
    let error = await Task { () -> (any Error)? in
      do { _ = try await mac.downloadAll() } catch { return error }
      return nil
    }.value
    #expect(error as? DeviceError == .cancelled)
    #expect(try mac.attachmentStorage().absent.count > 0)
    await house.relay.behave()
    _ = try await mac.downloadAll()
    #expect(try mac.attachmentStorage().absent.count == 0)
    #expect(
      await cancelled { _ = try await mac.collectUnreferencedAttachments() } as? DeviceError == .cancelled)
    #expect(await cancelled { _ = try await mac.evictOriginals() } as? DeviceError == .cancelled)
    #expect(try mac.attachmentStorage().originals.count == 2)
  }

  @Test func `a relay that does not answer a cancelled call is not blamed`() async throws {
    let error = await cancelled {
      try await asking { () async throws(RelayError) in throw RelayError.unavailable("gone") }
    }
    #expect(error as? DeviceError == .cancelled)
    #expect(DeviceError(RelayError.unavailable("gone")) == .relay(.unavailable("gone")))
  }
}

extension Message {
  fileprivate func placed(in conversation: ConversationID) -> Message {
    var message = self
    message.conversation = conversation
    return message
  }
}

func cancelCurrentTask() {
  unsafe withUnsafeCurrentTask { task in unsafe task?.cancel() }
}
