import SystemCore
import Testing

@Suite("Synchronous tasks")
struct SynchronousTaskTests {
  private func next(_ number: Int) async -> Int {
    await Task.yield()
    return number + 1
  }

  @Test func `asynchronous calls that do not wait run to their end`() {
    let result = SynchronousTask.run { () async -> Int in
      var number = 0
      for _ in 0..<100 { number = await next(number) }
      return number
    }
    #expect(result == 100)
  }

  @Test func `a call that waits for another thread gives nothing, and does not hang`() {
    let result = SynchronousTask.run { () async -> Bool in
      try? await Task.sleep(for: .seconds(3600))
      return true
    }
    #expect(result == nil)
  }
}
