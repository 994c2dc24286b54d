package import Dispatch
package import Synchronization

/// Maps the numbers below `count` on all cores, in chunks, straight into one array; few are mapped right here.
///
/// - Parameters:
///   - makeWorker: makes what one chunk works with, on that chunk's thread: what is not shared costs no
///     traffic between cores, and even a reference count that two cores touch does.
///   - transform: gives the element of a number.
/// - Throws: the failure of the lowest number whose chunk failed.
@inlinable
package func concurrentMap<Worker, Output: Sendable, Failure: Error>(
  _ count: Int, chunkCount: Int = 512, worker makeWorker: @Sendable () -> Worker,
  _ transform: @Sendable (inout Worker, Int) throws(Failure) -> Output
) throws(Failure) -> [Output] {
  guard count > chunkCount else {
    var worker = makeWorker()
    var outputs: [Output] = []
    outputs.reserveCapacity(count)
    for number in 0..<count { outputs.append(try transform(&worker, number)) }
    return outputs
  }
  let failures = Mutex<[Int: Failure]>([:])
  let outputs = unsafe [Output](unsafeUninitializedCapacity: count) { buffer, initialized in
    // `count` is above zero, so there is an address.
    let start = unsafe buffer.baseAddress.unsafelyUnwrapped
    let chunks = (count + chunkCount - 1) / chunkCount
    DispatchQueue.concurrentPerform(iterations: chunks) { chunk in
      let range = chunk * chunkCount..<min(count, (chunk + 1) * chunkCount)
      var worker = makeWorker()
      var done = range.lowerBound
      do throws(Failure) {
        while done < range.upperBound {
          // Every chunk writes places of its own, each once.
          unsafe (start + done).initialize(to: try transform(&worker, done))
          done += 1
        }
      } catch {
        // What this chunk wrote so far goes; nothing else of it was written.
        unsafe (start + range.lowerBound).deinitialize(count: done - range.lowerBound)
        failures.withLock { $0[chunk] = error }
      }
    }
    let failed = failures.withLock { Set($0.keys) }
    if failed.isEmpty {
      initialized = count
      return
    }
    for chunk in 0..<chunks where !failed.contains(chunk) {
      let first = chunk * chunkCount
      // A chunk that did not fail wrote all of its places.
      unsafe (start + first).deinitialize(count: min(count, first + chunkCount) - first)
    }
    initialized = 0
  }
  if let failure = failures.withLock({ $0.min { $0.key < $1.key }?.value }) { throw failure }
  return outputs
}
