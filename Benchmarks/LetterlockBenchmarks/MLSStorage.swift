import AllocationCounter
import Benchmark
import MLS
import MLSSQLite

/// What a member's view of a group keeps in memory: what joining asks for and does not give back.
func registerMLSMemory(_ suite: MeasuredSuite, _ count: Int) {
  Benchmark("MLS heap, \(count) members\(suite.suffix)", configuration: .few) {
    (benchmark, sample: MLSGroupSample) in
    let before = live_heap_bytes()
    let group = try sample.join()
    let after = live_heap_bytes()
    blackHole(group.epoch)
    benchmark.note(byteCount: Int(after) - Int(before))
  } setup: {
    try MLSGroupSample(count, suite.suite)
  }
}

/// How much more memory joining takes at most, while the tree is read and verified.
func registerMLSPeak(_ suite: MeasuredSuite, _ count: Int) {
  Benchmark("MLS peak memory of a join, \(count) members\(suite.suffix)", configuration: .few) {
    (benchmark, sample: MLSGroupSample) in
    reset_peak_memory()
    let before = peak_memory_bytes()
    blackHole(try sample.join().epoch)
    benchmark.note(byteCount: Int(peak_memory_bytes()) - Int(before))
  } setup: {
    try MLSGroupSample(count, suite.suite)
  }
}

/// A group in a SQLite file: all of it, as after a commit, and what one message changes.
func registerMLSStorage(_ suite: MeasuredSuite, _ count: Int) {
  Benchmark("MLS save, \(count) members\(suite.suffix)", configuration: .few) {
    (benchmark, sample: StoredGroup) in
    var group = try sample.group.join()
    benchmark.note(try Batch(of: 1) { try group.save(to: sample.store) }, of: 1)
  } setup: {
    try StoredGroup(count, suite.suite)
  }
  Benchmark("MLS load, \(count) members\(suite.suffix)", configuration: .group) {
    (benchmark, sample: StoredGroup) in
    benchmark.note(try Batch(of: 1) { blackHole(try sample.group.load(from: sample.store).epoch) }, of: 1)
  } setup: {
    try StoredGroup(count, suite.suite)
  }
  Benchmark("MLS saved for one message, \(count) members\(suite.suffix)", configuration: .few) {
    (benchmark, sample: StoredGroup) in
    try sample.group.receive(sample.group.protect([1, 2, 3]))
    benchmark.note(byteCount: sample.group.unsavedByteCount)
    try sample.group.save(to: sample.store)
  } setup: {
    try StoredGroup(count, suite.suite)
  }
}

private final class StoredGroup {
  let group: MLSGroupSample
  let store: SQLiteGroupStore
  private let folder: ScratchFolder

  init(_ count: Int, _ suite: CipherSuite) throws {
    folder = try ScratchFolder()
    store = try SQLiteGroupStore(path: folder.path("groups.sqlite"))
    group = try MLSGroupSample(count, suite)
    try group.save(to: store)
  }
}

/// How long messages are.
func registerMLSSizes(_ suite: MeasuredSuite) {
  registerMLSSize("key package", suite, memberCount: 3) { _, suite in
    try MLSGroupSample.client("one", suite).keyPackage().encoded.count
  }
  registerMLSSize("message of 100 B", suite, memberCount: 3) { group, _ in
    try group.protect([UInt8](repeating: 0x61, count: 100)).count
  }
}

/// How long messages are that grow with the group, and a whole stored state.
func registerMLSSizes(_ suite: MeasuredSuite, _ count: Int) {
  Benchmark("MLS size of a commit in a warm tree, \(count) members\(suite.suffix)", configuration: .few) {
    (benchmark, group: MLSWarmGroup) in
    benchmark.note(byteCount: group.emptyCommit.count)
  } setup: {
    try MLSWarmGroup(count, suite.suite)
  }
  registerMLSSize("commit after bulk add, \(count) members", suite, memberCount: count) { group, _ in
    group.emptyCommit.count
  }
  registerMLSSize("Welcome for \(count - 1) members", suite, memberCount: count) { group, _ in
    group.welcome.count
  }
  registerMLSSize("stored group, \(count) members", suite, memberCount: count) { group, _ in
    let store = InMemoryGroupStore()
    var joined = try group.join()
    try joined.save(to: store)
    return store.records(of: joined.id).reduce(0) { $0 + $1.key.count + $1.value.count }
  }
}

private func registerMLSSize(
  _ name: String, _ suite: MeasuredSuite, memberCount: Int,
  _ size: @escaping @Sendable (MLSGroupSample, CipherSuite) throws -> Int
) {
  Benchmark("MLS size of a \(name)\(suite.suffix)", configuration: .few) {
    (benchmark, group: MLSGroupSample) in
    benchmark.note(byteCount: try size(group, suite.suite))
  } setup: {
    try MLSGroupSample(memberCount, suite.suite)
  }
}

extension Benchmark.Configuration {
  /// For what is the same each time, or nearly.
  static var few: Self {
    var configuration = timed
    configuration.warmupIterations = 1
    configuration.maxIterations = 5
    return configuration
  }
}
