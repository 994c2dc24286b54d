import AllocationCounter
import Benchmark
import Foundation

/// What every benchmark notes once per iteration, for one operation; 0 for what it does not measure.
///
/// All of them note all of these: the export gives a figure that one leaves out the value of another's.
enum Figure {
  static let time = BenchmarkMetric.custom("picoseconds", useScalingFactor: false)
  static let reference = BenchmarkMetric.custom("reference_picoseconds", useScalingFactor: false)
  static let ratio = BenchmarkMetric.custom("ratio_in_thousandths", useScalingFactor: false)
  static let allocations = BenchmarkMetric.custom("allocations_in_thousandths", useScalingFactor: false)
  static let referenceAllocations = BenchmarkMetric.custom(
    "reference_allocations_in_thousandths", useScalingFactor: false)
  static let fetched = BenchmarkMetric.custom("fetched_bytes", useScalingFactor: false)
  static let bytes = BenchmarkMetric.custom("bytes", useScalingFactor: false)

  static let all = [time, reference, ratio, allocations, referenceAllocations, fetched, bytes]
}

/// How long the operations of one batch took, and how often they allocated.
struct Batch {
  var picoseconds = 0
  var allocationCount = 0

  /// Runs `operation` `count` times.
  @inline(__always)
  init(of count: Int, _ operation: () throws -> Void) rethrows {
    let clock = ContinuousClock()
    let allocationsBefore = allocation_count()
    let start = clock.now
    for _ in 0..<count { try operation() }
    picoseconds = clock.now.picoseconds(since: start)
    allocationCount = Int(allocation_count() - allocationsBefore)
  }

  /// Runs one operation that may change threads, and measures what all cores spent on it together.
  init(processorTime operation: () async throws -> Void) async rethrows {
    let before = processor_nanoseconds()
    try await operation()
    picoseconds = Int(processor_nanoseconds() - before) * 1000
  }
}

extension ContinuousClock.Instant {
  fileprivate func picoseconds(since start: Self) -> Int {
    let (seconds, attoseconds) = start.duration(to: self).components
    return Int(seconds) * 1_000_000_000_000 + Int(attoseconds / 1_000_000)
  }
}

extension Benchmark {
  /// Notes a batch of `count` operations, one of as many operations that they are held against, and how many bytes
  /// were fetched for it.
  func note(_ batch: Batch, of count: Int, against reference: Batch? = nil, fetching byteCount: Int = 0) {
    leaveTimeToFigures()
    measurement(Figure.time, batch.picoseconds / count)
    measurement(Figure.allocations, batch.allocationCount * 1000 / count)
    measurement(Figure.referenceAllocations, (reference?.allocationCount ?? 0) * 1000 / count)
    measurement(Figure.fetched, byteCount)
    measurement(Figure.reference, (reference?.picoseconds ?? 0) / count)
    measurement(Figure.ratio, reference.map { batch.picoseconds * 1000 / max(1, $0.picoseconds) } ?? 0)
    measurement(Figure.bytes, 0)
  }

  /// Notes a size.
  func note(byteCount: Int) {
    leaveTimeToFigures()
    for figure in Figure.all { measurement(figure, figure == Figure.bytes ? byteCount : 0) }
  }

  /// Begins the harness's own measurement when ours is over: it finds no throughput in an iteration of seconds, and then
  /// exports nothing of it.
  private func leaveTimeToFigures() { startMeasurement() }

  /// Runs `count` operations and as many of the reference, in turns first, so that whatever else the machine
  /// does hits both.
  @inline(__always)
  func compare(_ count: Int, _ operation: () throws -> Void, with reference: () throws -> Void) rethrows {
    if currentIteration.isMultiple(of: 2) {
      let batch = try Batch(of: count, operation)
      note(batch, of: count, against: try Batch(of: count, reference))
    } else {
      let other = try Batch(of: count, reference)
      note(try Batch(of: count, operation), of: count, against: other)
    }
  }
}

extension Benchmark.Configuration {
  /// With `LETTERLOCK_BENCH=short`, all benchmarks together take about two minutes.
  static var timed: Self {
    let isShort = ProcessInfo.processInfo.environment["LETTERLOCK_BENCH"] == "short"
    return Self(
      metrics: [.throughput] + Figure.all, warmupIterations: 3,
      maxDuration: isShort ? .seconds(2) : .seconds(5), maxIterations: 1_000_000)
  }

  /// For operations of a second or more.
  static var long: Self {
    var configuration = timed
    configuration.warmupIterations = 1
    configuration.maxDuration = .seconds(
      ProcessInfo.processInfo.environment["LETTERLOCK_BENCH"] == "short" ? 3 : 15)
    return configuration
  }
}
