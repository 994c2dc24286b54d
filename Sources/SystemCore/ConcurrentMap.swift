internal import Dispatch
internal import Synchronization

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
  let failures = ChunkFailures<Failure>()
  let outputs = unsafe [Output](unsafeUninitializedCapacity: count) { buffer, initialized in
    // `count` is above zero, so there is an address.
    nonisolated(unsafe) let start = unsafe buffer.baseAddress.unsafelyUnwrapped
    let chunks = (count + chunkCount - 1) / chunkCount
    forEachChunk(chunks) { chunk in
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
        failures.note(error, of: chunk)
      }
    }
    initialized = count
    guard !failures.isEmpty else { return }
    for chunk in 0..<chunks where !failures.contains(chunk) {
      let first = chunk * chunkCount
      // A chunk that did not fail wrote all of its places.
      unsafe (start + first).deinitialize(count: min(count, first + chunkCount) - first)
    }
    initialized = 0
  }
  if let failure = failures.first { throw failure }
  return outputs
}

/// Runs `body` for every number below `count`, on all cores, and returns when all have run.
@usableFromInline
func forEachChunk(_ count: Int, _ body: @Sendable (Int) -> Void) {
  DispatchQueue.concurrentPerform(iterations: count, execute: body)
}

/// The chunks that failed, and why.
@usableFromInline
final class ChunkFailures<Failure: Error>: Sendable {
  private let failures = Mutex<[Int: Failure]>([:])

  @usableFromInline
  init() {}

  @usableFromInline
  func note(_ failure: Failure, of chunk: Int) { failures.withLock { $0[chunk] = failure } }

  @usableFromInline
  var isEmpty: Bool { failures.withLock { $0.isEmpty } }

  @usableFromInline
  func contains(_ chunk: Int) -> Bool { failures.withLock { $0[chunk] != nil } }

  /// The failure of the first chunk that failed.
  @usableFromInline
  var first: Failure? { failures.withLock { failures in failures.min { $0.key < $1.key }?.value } }
}
