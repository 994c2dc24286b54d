/// Work that is spread over the cores by chunks: a task for each message would cost more than sealing it.
enum ParallelChunks {
  private static let chunkCount = 1024

  /// Maps every element, in order, and fails with the first failure that is noticed.
  static func map<Element: Sendable, Output: Sendable, Failure: Error>(
    _ elements: [Element],
    _ transform: @escaping @Sendable (Element) throws(Failure) -> Output
  ) async throws(Failure) -> [Output] {
    let starts = Array(stride(from: 0, to: elements.count, by: chunkCount))
    let chunks = await withTaskGroup(of: (Int, Result<[Output], Failure>).self) { group in
      for start in starts {
        let end = min(start + chunkCount, elements.count)
        group.addTask {
          (
            start,
            Result { () throws(Failure) in
              var outputs: [Output] = []
              outputs.reserveCapacity(end - start)
              for element in elements[start..<end] { outputs.append(try transform(element)) }
              return outputs
            }
          )
        }
      }
      var finished: [Int: Result<[Output], Failure>] = [:]
      for await (start, outputs) in group { finished[start] = outputs }
      return finished
    }
    var all: [Output] = []
    all.reserveCapacity(elements.count)
    for start in starts {
      guard let chunk = chunks[start] else { continue }
      all += try chunk.get()
    }
    return all
  }
}
