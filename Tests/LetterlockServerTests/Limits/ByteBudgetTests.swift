#if HTTP && Server
import Testing

@testable import LetterlockServer

@Suite("Limits: bytes in memory")
struct ByteBudgetTests {
  private let time = ManualServerClock()

  private func budget(_ total: Int, _ share: Int) -> ByteBudget {
    ByteBudget(total: total, share: share, longestWait: .seconds(10), clock: time.clock)
  }

  @Test func `room is given back with what held it`() async {
    let budget = budget(100, 100)
    do {
      let room = budget.room(for: nil)
      #expect(await room.grow(by: 60))
      #expect(await room.grow(by: 40))
      #expect(budget.usedByteCount == 100)
      withExtendedLifetime(room) {}
    }
    #expect(budget.usedByteCount == 0)
  }

  @Test func `whoever finds no room waits until there is some`() async {
    let budget = budget(100, 100)
    let second = budget.room(for: nil)
    let waiting: Task<Bool, Never>
    do {
      let first = budget.room(for: nil)
      #expect(await first.grow(by: 100))
      waiting = Task { await second.grow(by: 10) }
      await time.waitForSleeper()
      withExtendedLifetime(first) {}
    }
    #expect(await waiting.value)
    #expect(budget.usedByteCount == 10)
  }

  @Test func `whoever waits too long gets none, and others go on`() async {
    let budget = budget(100, 100)
    let (first, second) = (budget.room(for: nil), budget.room(for: nil))
    #expect(await first.grow(by: 100))
    let waiting = Task { await second.grow(by: 1) }
    await time.waitForSleeper()
    time.advance(by: .seconds(10))
    #expect(await !waiting.value)
    #expect(budget.usedByteCount == 100)
  }

  @Test func `one address takes its share, and leaves the rest to others`() async {
    let budget = budget(100, 50)
    let attacker = budget.room(for: ClientAddress(testing: "192.0.2.1"))
    let again = budget.room(for: ClientAddress(testing: "192.0.2.1"))
    let other = budget.room(for: ClientAddress(testing: "192.0.2.2"))
    #expect(await attacker.grow(by: 50))
    let waiting = Task { await again.grow(by: 1) }
    await time.waitForSleeper()
    #expect(await other.grow(by: 50))
    time.advance(by: .seconds(10))
    #expect(await !waiting.value)
  }

  @Test func `what is there already counts, however much it is`() async {
    let budget = budget(100, 100)
    let (answer, next) = (budget.room(for: nil), budget.room(for: nil))
    #expect(await answer.grow(by: 10))
    answer.hold(atLeast: 300)
    #expect(budget.usedByteCount == 300)
    answer.hold(atLeast: 5)
    #expect(budget.usedByteCount == 300)
    let waiting = Task { await next.grow(by: 1) }
    await time.waitForSleeper()
    time.advance(by: .seconds(10))
    #expect(await !waiting.value)
  }
}

@Suite("Limits: connections and event streams")
struct CountTests {
  @Test func `connections are counted in all and by address`() {
    let table = ConnectionTable(total: 3, share: 2)
    let (one, two) = (ClientAddress(testing: "192.0.2.1"), ClientAddress(testing: "192.0.2.2"))
    #expect(table.open(from: one))
    #expect(table.open(from: one))
    #expect(!table.open(from: one))
    #expect(table.open(from: two))
    #expect(!table.open(from: nil))
    table.close(from: one)
    #expect(table.count == 2)
    #expect(table.open(from: nil))
    table.close(from: two)
    #expect(table.open(from: one))
    #expect(!table.open(from: one))
  }
}
#endif
