#if HTTP && Server
import Foundation
import Letterlock
import LetterlockHTTP
import Synchronization
import Testing

/// Four accounts with two devices each, which write all the time.
final class KilledServerLoad: Sendable {
  struct Party: Sendable {
    let device: Device
    let account: Int
    let name: String
  }

  let counter = RequestCounter()
  let parties: [Party]
  private let chat = ConversationID()
  private let isOver = Mutex(false)
  /// What each account's devices wrote.
  private let written: Mutex<[[String]]>
  private let refusals = Mutex<[String]>([])
  private let unansweredCount = Mutex(0)

  static let accountCount = 4

  init(_ url: URL) async throws {
    var parties: [Party] = []
    for account in 0..<Self.accountCount {
      let phone = try await Device.createAccount(
        named: "Phone", vault: .inMemory, store: MemoryDeviceStore(), relay: try Self.relay(url, counter)
      ).device
      let request = try await Device.requestToJoin(
        named: "Mac", vault: .inMemory, store: MemoryDeviceStore(), relay: try Self.relay(url, counter))
      try await phone.approve(request.code)
      let mac = try await request.approved()
      parties.append(Party(device: phone, account: account, name: "phone \(account)"))
      parties.append(Party(device: mac, account: account, name: "mac \(account)"))
    }
    self.parties = parties
    written = Mutex(Array(repeating: [], count: Self.accountCount))
  }

  private static func relay(_ url: URL, _ counter: RequestCounter) throws -> HTTPRelay {
    HTTPRelay(transport: CountedTransport(base: try AsyncHTTPClientTransport(url: url), counter: counter))
  }

  /// What relays answered, or devices concluded, that a server which was killed is no reason for.
  var blame: [String] { refusals.withLock { $0 } }
  /// How many synchronisations had no answer.
  var unanswered: Int { unansweredCount.withLock { $0 } }
  var writtenCount: Int { written.withLock { $0.reduce(0) { $0 + $1.count } } }

  func end() { isOver.withLock { $0 = true } }

  /// Writes and synchronises until it is told to end.
  func go() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for party in parties { group.addTask { try await self.write(party) } }
      try await group.waitForAll()
    }
  }

  private func write(_ party: Party) async throws {
    var number = 0
    while !isOver.withLock({ $0 }) {
      let text = "\(party.name), \(number)"
      let message = Message.carrier(.sms, from: Address("+15550100"), text: text)
      if number % 5 == 4 {
        let content = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 300_000)
        let file = AttachmentSource(mediaType: "image/png", content: .bytes(content))
        try party.device.append(message, attaching: [file], to: chat)
      } else {
        try party.device.append(message, to: chat)
      }
      written.withLock { $0[party.account].append(text) }
      number += 1
      await synchronise(party)
    }
  }

  private func synchronise(_ party: Party) async {
    do {
      let verdict = try await party.device.sync().verdict
      if !verdict.isComplete { refusals.withLock { $0.append("\(party.name): \(verdict)") } }
    } catch DeviceError.relay(.unavailable) {
      unansweredCount.withLock { $0 += 1 }
    } catch {
      refusals.withLock { $0.append("\(party.name): \(error)") }
    }
  }

  /// At a server that nobody kills, every device gets everything, once, without a request that fails.
  func settle() async throws {
    for _ in 0..<2 {
      for party in parties {
        let report = try await party.device.sync()
        #expect(report.verdict.isComplete, "\(party.name): \(report.verdict)")
        #expect(report.failedAttachments.isEmpty, "\(party.name)")
      }
    }
    let written = written.withLock { $0 }
    for party in parties {
      let texts = try party.device.timeline().messages.map(\.text)
      #expect(texts.sorted() == written[party.account].sorted(), "\(party.name)")
    }
  }
}
#endif
