/// Lets asynchronous calls through one after the other.
actor Turns {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func giveBack() {
    guard !waiting.isEmpty else {
      isTaken = false
      return
    }
    waiting.removeFirst().resume()
  }
}

extension Device {
  /// Runs `body` while no other call of this device talks to the relay.
  func inTurn<Value: Sendable>(
    _ body: () async throws(DeviceError) -> Value
  ) async throws(DeviceError) -> Value {
    await turns.take()
    do throws(DeviceError) {
      let value = try await body()
      await turns.giveBack()
      return value
    } catch {
      await turns.giveBack()
      throw error
    }
  }
}
