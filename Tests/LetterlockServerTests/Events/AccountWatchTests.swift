#if HTTP && Server
import LetterlockFormat
import LetterlockTestKit
import Synchronization
import Testing

@testable import LetterlockRelayKit

/// The versions of accounts, and how often they were asked for.
private final class Versions: Sendable {
  private struct State {
    var versions: [AccountID: UInt64] = [:]
    var questions: [Int] = []
    var isBroken = false
  }

  private let state = Mutex(State())

  var questions: [Int] { state.withLock { $0.questions } }

  func set(_ account: AccountID, to version: UInt64) { state.withLock { $0.versions[account] = version } }
  func breakDown(_ isBroken: Bool) { state.withLock { $0.isBroken = isBroken } }

  func answer(_ accounts: [AccountID]) throws(RelayError) -> [AccountID: UInt64] {
    let (versions, isBroken) = state.withLock { state in
      state.questions.append(accounts.count)
      return (state.versions, state.isBroken)
    }
    if isBroken { throw .unavailable("broken") }
    return versions.filter { accounts.contains($0.key) }
  }
}

@Suite("SPEC.md section 13.9: who listens to accounts in one process")
struct AccountWatchTests {
  private let clock = ManualClock()
  private let versions = Versions()
  private let watch: AccountWatch
  private let accounts = (0..<3).map { AccountID(unchecked: [UInt8](repeating: $0, count: 32)) }

  init() {
    watch = AccountWatch(clock: clock) { [versions] (accounts) throws(RelayError) in
      try versions.answer(accounts)
    }
  }

  @Test func `the store is asked once in an interval for all accounts, and no more when nobody listens`()
    async
  {
    var listeners = (0..<6).map { watch.listener(for: accounts[$0 % 3]) }
    await clock.pass(.seconds(1), times: 3)
    await clock.waitForSleeper(of: .seconds(1))
    #expect(versions.questions == [3, 3, 3])
    listeners.removeAll()
    clock.advance(by: .seconds(1))
    let late = watch.listener(for: accounts[0])
    await clock.pass(.seconds(1))
    await clock.waitForSleeper(of: .seconds(1))
    #expect(versions.questions.last == 1)
    late.close()
  }

  @Test func `what another process writes wakes those who listen to the account`() async {
    for account in accounts { versions.set(account, to: 1) }
    let listeners = accounts.map { watch.listener(for: $0) }
    await clock.pass(.seconds(1))
    for listener in listeners { #expect(await listener.next() == .wentOn(version: 1)) }
    versions.set(accounts[1], to: 2)
    await clock.pass(.seconds(1))
    #expect(await listeners[1].next() == .wentOn(version: 2))
    // A store that was restored from a backup has lower numbers again.
    versions.set(accounts[0], to: 0)
    await clock.pass(.seconds(1))
    #expect(await listeners[0].next() == .wentOn(version: 0))
  }

  @Test func `what this process writes wakes at once`() async {
    let listener = watch.listener(for: accounts[0])
    watch.wentOn(accounts[0], to: 7)
    watch.wentOn(accounts[1], to: 8)
    #expect(await listener.next() == .wentOn(version: 7))
    #expect(versions.questions == [])
  }

  @Test func `a store that breaks down is asked again`() async {
    let listener = watch.listener(for: accounts[0])
    versions.breakDown(true)
    await clock.pass(.seconds(1))
    await clock.waitForSleeper(of: .seconds(1))
    versions.breakDown(false)
    versions.set(accounts[0], to: 3)
    await clock.pass(.seconds(1))
    #expect(await listener.next() == .wentOn(version: 3))
  }

  @Test func `a listener is told that nothing happened for 20 seconds`() async {
    let listener = watch.listener(for: accounts[0])
    await clock.pass(.seconds(1), times: 19)
    watch.wentOn(accounts[0], to: 1)
    #expect(await listener.next() == .wentOn(version: 1))
    await clock.pass(.seconds(1), times: 20)
    #expect(await listener.next() == .quiet)
    await clock.waitForSleeper(of: .seconds(1))
  }

  @Test func `closing a listener, and cancelling its task, end its waiting`() async {
    let listener = watch.listener(for: accounts[0])
    listener.close()
    #expect(await listener.next() == nil)
    let other = watch.listener(for: accounts[0])
    let task = Task { await other.next() }
    task.cancel()
    #expect(await task.value == nil)
  }
}
#endif
