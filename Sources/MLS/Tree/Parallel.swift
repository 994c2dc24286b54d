internal import Dispatch
internal import Synchronization

/// Independent pieces of work on all cores.
enum Parallel {
  /// Fewer pieces than this are not worth waking another core for.
  private static let worthwhileCount = 4
  private static let chunkCount = 16

  /// `body` of every input, in order.
  static func map<Input: Sendable, Output: Sendable>(
    _ inputs: [Input], _ body: @Sendable (Input) -> Output
  ) -> [Output] {
    guard inputs.count >= worthwhileCount else { return inputs.map(body) }
    let size = (inputs.count + chunkCount - 1) / chunkCount
    let count = (inputs.count + size - 1) / size
    let chunks = Mutex([[Output]](repeating: [], count: count))
    DispatchQueue.concurrentPerform(iterations: count) { chunk in
      let outputs = inputs[chunk * size..<min((chunk + 1) * size, inputs.count)].map(body)
      chunks.withLock { $0[chunk] = outputs }
    }
    return chunks.withLock { Array($0.joined()) }
  }
}
