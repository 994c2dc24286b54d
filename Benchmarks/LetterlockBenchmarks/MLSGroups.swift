import Benchmark
import Foundation
import MLS

/// Groups of MLS, in the suite that every implementation has and in the post-quantum one that is the default. Each
/// operation takes and gives encoded messages, as an app does, and stands beside its own primitives alone, in the
/// same run and on as many cores: what they are is said with each.
func registerMLSGroups() {
  let isShort = ProcessInfo.processInfo.environment["LETTERLOCK_BENCH"] == "short"
  for suite in MeasuredSuite.all {
    registerMLSKeyPackages(suite)
    registerMLSSizes(suite)
    registerMLSSizes(suite, 10)
    if !isShort {
      registerMLSLargeGroups(suite)
    } else if suite.isClassical {
      registerMLSGroups(suite, counts: [10, 100, 1000], warmCounts: [1000])
    } else {
      registerMLSGroups(suite, counts: [10], warmCounts: [100])
    }
  }
  registerMLSSizes(.postQuantumSignatures)
  registerMLSSizes(.postQuantumSignatures, 10)
}

/// What takes minutes.
private func registerMLSLargeGroups(_ suite: MeasuredSuite) {
  // So many, and from two members on, for the picture of how the cost grows.
  registerMLSGroups(
    suite, counts: [10, 100, 1000, 10_000], warmCounts: [2, 10, 30, 100, 300, 1000, 3000, 10_000])
  registerMLSMemory(suite, 10_000)
  registerMLSBulkAdds(suite, 9999)
  registerMLSPeak(suite, 10_000)
  registerMLSSizes(suite, 10_000)
}

private func registerMLSGroups(_ suite: MeasuredSuite, counts: [Int], warmCounts: [Int]) {
  for count in counts { registerMLSCommits(suite, count) }
  for count in warmCounts { registerMLSWarmCommits(suite, count) }
  guard counts.contains(1000) else { return }
  registerMLSBulkAdds(suite, 999)
  registerMLSSingleAdds(suite, 1000)
  registerMLSMemory(suite, 1000)
  registerMLSPeak(suite, 1000)
  registerMLSStorage(suite, 1000)
  registerMLSSizes(suite, 1000)
}

/// A suite, and what the names of its rows end with.
struct MeasuredSuite: Sendable {
  let suite: CipherSuite
  let suffix: String

  var isClassical: Bool { suffix.isEmpty }

  static let all = [
    MeasuredSuite(suite: .x25519AES128Ed25519, suffix: ""),
    MeasuredSuite(suite: .default, suffix: ", post-quantum"),
  ]

  /// Measured for its sizes alone.
  static let postQuantumSignatures = MeasuredSuite(
    suite: .xWingAES256MLDSA65, suffix: ", post-quantum with ML-DSA-65")

  /// A group, and the suite's primitives.
  func sample(_ count: Int) throws -> (MLSGroupSample, MLSPrimitives) {
    (try MLSGroupSample(count, suite), try MLSPrimitives(suite))
  }
}

/// How many nodes a path of a tree has.
private func pathLength(_ memberCount: Int) -> Int { Int(ceil(log2(Double(memberCount)))) }

/// Primitives: two key generations and two signatures.
private func registerMLSKeyPackages(_ suite: MeasuredSuite) {
  Benchmark("MLS key package\(suite.suffix)", configuration: .group) {
    (benchmark, sample: KeyPackageSample) in
    try benchmark.compare(4) {
      blackHole(try sample.client.keyPackage().encoded)
    } with: {
      try sample.primitives.generateKeys(2)
      try sample.primitives.sign(2)
    }
  } setup: {
    KeyPackageSample(
      client: try MLSGroupSample.client("one", suite.suite), primitives: try MLSPrimitives(suite.suite))
  }
}

private struct KeyPackageSample {
  let client: Client
  let primitives: MLSPrimitives
}

/// Joining, and an empty commit right after: nobody but the creator has committed, so that the path's secrets are
/// sealed to each member.
private func registerMLSCommits(_ suite: MeasuredSuite, _ count: Int) {
  // Primitives: a verification for each leaf on all cores, the opening of the secrets, the GroupInfo's signature.
  Benchmark("MLS join, \(count) members\(suite.suffix)", configuration: .group) {
    (benchmark, sample: (group: MLSGroupSample, primitives: MLSPrimitives)) in
    try benchmark.compare(1) {
      blackHole(try sample.group.join().epoch)
    } with: {
      sample.primitives.onAllCores(count) { try $0.verify($1) }
      try sample.primitives.open(1)
      try sample.primitives.verify(1)
    }
  } setup: {
    try suite.sample(count)
  }
  // Primitives: a seal for each other member on all cores, new keys for the path and the leaf, two signatures.
  Benchmark("MLS commit after bulk add, create, \(count) members\(suite.suffix)", configuration: .group) {
    (benchmark, sample: (group: MLSGroupSample, primitives: MLSPrimitives)) in
    try benchmark.compare(1) {
      blackHole(try sample.group.commit())
    } with: {
      sample.primitives.onAllCores(count - 1) { try $0.seal($1) }
      try sample.primitives.generateKeys(pathLength(count) + 1)
      try sample.primitives.sign(2)
    }
  } setup: {
    try suite.sample(count)
  }
  // Primitives: the signatures of the commit and its leaf, the opening of one secret, the root's keys.
  Benchmark("MLS commit after bulk add, process, \(count) members\(suite.suffix)", configuration: .group) {
    (benchmark, sample: (group: MLSGroupSample, primitives: MLSPrimitives)) in
    try benchmark.compare(1) {
      try sample.group.process(sample.group.emptyCommit)
    } with: {
      try sample.primitives.processCommit()
    }
  } setup: {
    try suite.sample(count)
  }
}

/// An empty commit where every member has committed before.
private func registerMLSWarmCommits(_ suite: MeasuredSuite, _ count: Int) {
  // Primitives: keys and a seal for each node of the path, a leaf's keys, two signatures.
  Benchmark("MLS commit in a warm tree, create, \(count) members\(suite.suffix)", configuration: .group) {
    (benchmark, sample: (group: MLSWarmGroup, primitives: MLSPrimitives)) in
    try benchmark.compare(1) {
      blackHole(try sample.group.commit())
    } with: {
      try sample.primitives.generateKeys(pathLength(count) + 1)
      sample.primitives.onAllCores(pathLength(count)) { try $0.seal($1) }
      try sample.primitives.sign(2)
    }
  } setup: {
    (try MLSWarmGroup(count, suite.suite), try MLSPrimitives(suite.suite))
  }
  // Primitives: as after a bulk add.
  Benchmark("MLS commit in a warm tree, process, \(count) members\(suite.suffix)", configuration: .group) {
    (benchmark, sample: (group: MLSWarmGroup, primitives: MLSPrimitives)) in
    try benchmark.compare(1) {
      try sample.group.process()
    } with: {
      try sample.primitives.processCommit()
    }
  } setup: {
    (try MLSWarmGroup(count, suite.suite), try MLSPrimitives(suite.suite))
  }
}

/// Primitives: two verifications and a seal for each new member, on all cores.
private func registerMLSBulkAdds(_ suite: MeasuredSuite, _ count: Int) {
  Benchmark("MLS commit that adds \(count) members\(suite.suffix)", configuration: .group) {
    (benchmark, sample: (group: MLSGroupSample, primitives: MLSPrimitives)) in
    try benchmark.compare(1) {
      blackHole(try sample.group.addAll())
    } with: {
      sample.primitives.onAllCores(count) {
        try $0.verify(2 * $1)
        try $0.seal($1)
      }
    }
  } setup: {
    try suite.sample(count + 1)
  }
}

/// One Add with a path, right after a bulk add.
private func registerMLSSingleAdds(_ suite: MeasuredSuite, _ count: Int) {
  // Primitives: as for an empty commit; two verifications of the key package, a seal and a signature for the Welcome.
  Benchmark("MLS commit that adds one, create, \(count) members\(suite.suffix)", configuration: .group) {
    (benchmark, sample: (group: MLSGroupSample, primitives: MLSPrimitives)) in
    try benchmark.compare(1) {
      blackHole(try sample.group.addOne())
    } with: {
      sample.primitives.onAllCores(count) { try $0.seal($1) }
      try sample.primitives.generateKeys(pathLength(count) + 1)
      try sample.primitives.sign(3)
      try sample.primitives.verify(2)
    }
  } setup: {
    try suite.sample(count)
  }
  // Primitives: as for an empty commit; two verifications of the key package.
  Benchmark("MLS commit that adds one, process, \(count) members\(suite.suffix)", configuration: .group) {
    (benchmark, sample: (group: MLSGroupSample, primitives: MLSPrimitives)) in
    try benchmark.compare(1) {
      try sample.group.process(sample.group.addition)
    } with: {
      try sample.primitives.processCommit()
      try sample.primitives.verify(2)
    }
  } setup: {
    try suite.sample(count)
  }
}

extension MLSPrimitives {
  /// What processing a commit without proposals cannot do without, for a member on the other side of the root.
  fileprivate func processCommit() throws {
    try verify(2)
    try open(1)
    try generateKeys(1)
  }
}

extension Benchmark.Configuration {
  /// For operations on groups.
  static var group: Self {
    var configuration = timed
    configuration.warmupIterations = 1
    configuration.maxDuration = .milliseconds(
      ProcessInfo.processInfo.environment["LETTERLOCK_BENCH"] == "short" ? 500 : 3000)
    return configuration
  }
}
