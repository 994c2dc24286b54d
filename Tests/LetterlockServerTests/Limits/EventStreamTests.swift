#if HTTP && Server
import LetterlockFormat
import Synchronization
import Testing

@testable import LetterlockServer

@Suite("Limits: event streams")
struct EventStreamTests {
  private final class Ends: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func end(_ name: String) -> @Sendable () -> Void { { self.names.withLock { $0.append(name) } } }
  }

  private let ends = Ends()

  private func account(_ number: UInt8) -> AccountID {
    AccountID(unchecked: [UInt8](repeating: number, count: 32))
  }
  private func device(_ number: UInt8) -> DeviceID {
    DeviceID(unchecked: [UInt8](repeating: number, count: 32))
  }

  @Test func `the oldest stream of a device ends for one too many`() {
    let streams = EventStreams(perDevice: 2, perAccount: 10)
    var tickets = ["a", "b"].map { streams.open(account(1), device(1), end: ends.end($0)) }
    tickets.append(streams.open(account(1), device(2), end: ends.end("other device")))
    tickets.append(streams.open(account(2), device(1), end: ends.end("other account")))
    #expect(ends.all == [])
    tickets.append(streams.open(account(1), device(1), end: ends.end("c")))
    #expect(ends.all == ["a"])
    tickets.append(streams.open(account(1), device(1), end: ends.end("d")))
    #expect(ends.all == ["a", "b"])
    #expect(streams.count == 4)
    tickets = []
    #expect(streams.count == 0)
  }

  @Test func `the oldest stream of an account ends for one too many`() {
    let streams = EventStreams(perDevice: 2, perAccount: 3)
    let tickets = (1...4).map { streams.open(account(1), device($0), end: ends.end("\($0)")) }
    #expect(ends.all == ["1"])
    #expect(streams.count == 3)
    withExtendedLifetime(tickets) {}
  }

  @Test func `a stream that is over counts no more`() {
    let streams = EventStreams(perDevice: 1, perAccount: 1)
    do {
      let ticket = streams.open(account(1), device(1), end: ends.end("a"))
      withExtendedLifetime(ticket) {}
    }
    let ticket = streams.open(account(1), device(1), end: ends.end("b"))
    #expect(ends.all == [])
    withExtendedLifetime(ticket) {}
  }
}
#endif
