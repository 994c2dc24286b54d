/// Lets asynchronous calls through one after the other.
actor AsyncLock {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func acquire() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func release() {
    guard !waiting.isEmpty else {
      isTaken = false
      return
    }
    waiting.removeFirst().resume()
  }
}

extension Device {
  /// Runs `body` while no other call of this device talks to the relay.
  func locked<Value: Sendable>(
    _ body: () async throws(DeviceError) -> Value
  ) async throws(DeviceError) -> Value {
    await lock.acquire()
    do throws(DeviceError) {
      let value = try await body()
      await lock.release()
      return value
    } catch {
      await lock.release()
      throw error
    }
  }
}
