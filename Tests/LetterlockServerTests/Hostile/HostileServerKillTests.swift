#if HTTP && Server
import Foundation
import Letterlock
import LetterlockHTTP
import LetterlockRelayKit
import LetterlockSQLite
import LetterlockTestKit
import Testing

@Suite("A server that is killed at any moment", .serialized)
struct HostileServerKillTests {
  private static let isHostile = ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE"] != nil
  private static let roundCount =
    ProcessInfo.processInfo.environment["LETTERLOCK_HOSTILE_RUNS"].flatMap(Int.init)
    ?? (isHostile ? 1_000 : 3)

  private let chat = ConversationID()

  private func text(_ text: String) -> Message { .carrier(.sms, from: Address("+15550100"), text: text) }

  @Test func `loses nothing that it acknowledged, and doubles nothing`() async throws {
    let folder = try TemporaryFolder()
    let server = try RelayProcess(store: folder.file("relay.sqlite"))
    let load = try await KilledServerLoad(server.url)
    let work = Task { try await load.go() }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<Self.roundCount {
      await load.counter.waitForMore(Int.random(in: 5...60, using: &random))
      server.kill()
      try server.start()
    }
    load.end()
    try await work.value
    #expect(load.blame == [])
    try await load.settle()
    print(
      "\(Self.roundCount) kills: \(load.counter.count) requests, \(load.writtenCount) messages,",
      "\(load.unanswered) synchronisations without an answer")
    #expect(server.stop() == 0)
    // What lies in the store is right by itself too.
    let audit = try SQLiteRelay(existing: folder.file("relay.sqlite")).audit()
    #expect(audit == [])
  }

  @Test func `a server that is told to end ends streams of events, and answers`() async throws {
    let folder = try TemporaryFolder()
    let server = try RelayProcess(store: folder.file("relay.sqlite"))
    let phone = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: try HTTPRelay(url: server.url)
    ).device
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: try HTTPRelay(url: server.url))
    try await phone.approve(request.code)
    let mac = try await request.approved()
    try phone.append(text("news"), to: chat)
    try await phone.sync()
    let listening = try #require(mac.wakeUps())
    let task = Task {
      var wakeUps = listening.makeAsyncIterator()
      return await wakeUps.next()
    }
    // The stream is open by then.
    #expect(await task.value == .news)
    let start = ContinuousClock.now
    #expect(server.stop() == 0)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test(arguments: LosingTransport.Loss.allCases)
  func `an import and a restore come through though each request fails once`(
    loss: LosingTransport.Loss
  ) async throws {
    let servers = TestServers()
    let folder = try TemporaryFolder()
    let url = try await servers.serve(SQLiteRelay(path: folder.file("relay.sqlite")))
    let (vault, store) = (MemoryKeyVault(), MemoryDeviceStore())
    let created = try await Device.createAccount(
      named: "Phone", vault: vault, store: store, relay: try HTTPRelay(url: url))
    let key = created.recoveryKey.reveal { text in text }
    let losing = try LosingTransport(url, loss)
    let phone = try Device(vault: vault, store: store, relay: HTTPRelay(transport: losing))
    let texts = (0..<1_500).map { "message \($0)" }
    for text in texts { try phone.append(self.text(text), to: chat) }
    let content = (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 9) }
    try phone.append(
      text("with a file"), attaching: [AttachmentSource(mediaType: "image/png", content: .bytes(content))],
      to: chat)
    try await persist {
      let report = try await phone.sync()
      return report.verdict.isComplete && report.failedAttachments.isEmpty
    }
    #expect(losing.lostCount > 5)
    let restoring = try LosingTransport(url, loss)
    let (newVault, newStore) = (MemoryKeyVault(), MemoryDeviceStore())
    var laptop: Device?
    try await persist {
      let session = try await Device.openRecovery(
        with: RecoveryKey.parse(key).key(), vault: newVault, store: newStore,
        relay: HTTPRelay(transport: restoring))
      laptop = try await session.restore(keeping: [], named: "Laptop").device
      return true
    }
    let restored = try #require(laptop)
    try await persist { try await restored.sync().verdict.isComplete }
    #expect(try restored.timeline().messages.map(\.text) == texts + ["with a file"])
    let file = try #require(try restored.timeline().messages.last?.attachments.first)
    var bytes: [UInt8] = []
    try await persist {
      bytes = []
      try await restored.read(file) { piece in bytes += piece }
      return true
    }
    #expect(bytes == content)
    print("\(loss): \(losing.lostCount) lost while importing, \(restoring.lostCount) while restoring")
  }

  /// Tries until it is done. Nothing but that there was no answer may keep it from that.
  private func persist(_ body: () async throws -> Bool) async throws {
    for _ in 0..<300 {
      do { if try await body() { return } } catch DeviceError.relay(.unavailable) {}
    }
    Issue.record("it does not come through")
  }

  @Test(.enabled(if: RelayProcess.canMount, "A disk must be mounted."))
  func `a full disk refuses what is new, gives what is there, and goes on when there is room`() async throws {
    let folder = try TemporaryFolder()
    let disk = folder.file("disk")
    try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
    let server = try RelayProcess(store: disk + "/relay.sqlite", onDisk: (disk, "4m"))
    let phone = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: try HTTPRelay(url: server.url)
    ).device
    let request = try await Device.requestToJoin(
      named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: try HTTPRelay(url: server.url))
    try await phone.approve(request.code)
    let mac = try await request.approved()
    try phone.append(text("before"), to: chat)
    try await phone.sync()
    let size = try await mac.sync().received
    #expect(size > 0)
    var refusal: RelayError?
    for round in 0..<40 where refusal == nil {
      for number in 0..<500 { try phone.append(text("\(round) \(number)"), to: chat) }
      do throws(DeviceError) { try await phone.sync() } catch {
        guard case .relay(let reason) = error else { throw error }
        refusal = reason
      }
    }
    switch refusal {
    case .unavailable?, .quotaExceeded?: break
    default: Issue.record("a full disk is told as \(String(describing: refusal))")
    }
    // Whoever only reads gets what is there, though it cannot say that it has come.
    _ = try? await mac.sync()
    #expect(try mac.timeline().messages.contains { $0.text == "0 0" })
    try server.grow(to: "64m")
    #expect(try await phone.sync().verdict.isComplete)
    #expect(try await mac.sync().verdict.isComplete)
    let texts = try phone.timeline().messages.map(\.text)
    #expect(try mac.timeline().messages.map(\.text) == texts)
    #expect(Set(texts).count == texts.count)
  }

  @Test func `a server's clock that jumps, back by less than an hour, blames nobody`() async throws {
    let (servers, clock) = (TestServers(), RelayClock())
    let relay = try InMemoryRelay(policy: RelayPolicy(entryInterval: .zero)) { clock.now }
    let url = try await servers.serve(relay)
    let phone = try await Device.createAccount(
      named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: try HTTPRelay(url: url)
    ).device
    for (number, jump) in [0, 3_600, -3_000, 40, -500, 86_400, -3_500, 301, -301].enumerated() {
      clock.advance(by: .seconds(jump))
      try phone.append(text("\(number)"), to: chat)
      #expect(try await phone.sync().verdict.isComplete, "\(jump)")
    }
    #expect(try phone.timeline().messages.count == 9)
  }
}
#endif
