import Synchronization
import Testing

@testable import Letterlock

@Suite("The lock that asynchronous calls hold one after the other")
struct AsyncLockTests {
  /// Who holds the lock, and who held it.
  final class Holders: Sendable {
    private let state = Mutex((inside: 0, mostInside: 0, order: [Int]()))

    func enter(_ number: Int) {
      state.withLock { state in
        state.inside += 1
        state.mostInside = max(state.mostInside, state.inside)
        state.order.append(number)
      }
    }

    func leave() { state.withLock { $0.inside -= 1 } }
    var mostInside: Int { state.withLock { $0.mostInside } }
    var order: [Int] { state.withLock { $0.order } }
  }

  @Test func `one call at a time holds it, and each in its turn`() async throws {
    let (lock, holders) = (AsyncLock(), Holders())
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<100 {
        group.addTask {
          try await lock.locked { () async throws(DeviceError) in
            holders.enter(number)
            await Task.yield()
            holders.leave()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(holders.mostInside == 1 && holders.order.sorted() == Array(0..<100))
  }

  @Test func `a cancelled call stops waiting, and the others go on`() async throws {
    let lock = AsyncLock()
    let (holding, held) = AsyncStream.makeStream(of: Void.self)
    let (letGo, goOn) = AsyncStream.makeStream(of: Void.self)
    let holder = Task {
      try await lock.locked { () async throws(DeviceError) in
        held.yield()
        for await _ in letGo { break }
      }
    }
    for await _ in holding { break }
    let waiting = Task { () async throws(DeviceError) in
      try await lock.locked { () async throws(DeviceError) in Issue.record("it must not begin") }
    }
    waiting.cancel()
    let outcome = await waiting.result
    #expect(throws: DeviceError.cancelled) { try outcome.get() }
    goOn.yield()
    try await holder.value
    #expect(try await lock.locked { () async throws(DeviceError) in 7 } == 7)
  }
}
