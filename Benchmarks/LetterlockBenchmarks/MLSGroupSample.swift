import MLS

/// A group whose creator added everyone else by one commit, as the creator and the last of those have it.
final class MLSGroupSample {
  private(set) var creator: Group
  private(set) var last: Group
  private let lastClient: Client
  private let packages: [Proposal]
  /// To all whom the creator added.
  let welcome: [UInt8]
  /// The creator's next commit, of new keys alone.
  let emptyCommit: [UInt8]
  /// The creator's next commit, which adds one more.
  let addition: [UInt8]
  private let newcomer: KeyPackage

  static func client(_ name: String, _ suite: CipherSuite) throws -> Client {
    try Client(
      credential: .basic(Array(name.utf8)), suite: suite, authentication: UnauthenticatedCredentials())
  }

  /// Key packages of clients that are not in the group yet.
  static func packages(_ count: Int, _ suite: CipherSuite) throws -> [KeyPackage] {
    try (0..<count).map { try client("member \($0)", suite).keyPackage() }
  }

  init(_ count: Int, _ suite: CipherSuite) throws {
    var creator = try Group.create(by: Self.client("creator", suite))
    lastClient = try Self.client("last", suite)
    // Of last resort, so that joining can be repeated.
    let lastPackage = try lastClient.keyPackage(isLastResort: true)
    packages = (try Self.packages(count - 2, suite) + [lastPackage]).map { .adding($0) }
    guard let welcome = try creator.commit(packages).welcome else { throw Failure.wrongContent }
    try creator.mergePendingCommit()
    self.welcome = welcome.encoded
    last = try Group.join(welcome, as: lastClient)
    emptyCommit = try creator.commit().commit.encoded
    creator.discardPendingCommit()
    newcomer = try Self.client("newcomer", suite).keyPackage()
    addition = try creator.commit([.adding(newcomer)]).commit.encoded
    creator.discardPendingCommit()
    self.creator = creator
  }

  /// The creator's first commit again.
  func addAll() throws -> Int {
    var group = try Group.create(by: creator.client)
    return try group.commit(packages).commit.encoded.count
  }

  func join() throws -> Group { try Group.join(MLSMessage(decoding: welcome), as: lastClient) }

  func commit() throws -> Int {
    defer { creator.discardPendingCommit() }
    return try creator.commit().commit.encoded.count
  }

  func addOne() throws -> Int {
    defer { creator.discardPendingCommit() }
    let messages = try creator.commit([.adding(newcomer)])
    return messages.commit.encoded.count + (messages.welcome?.encoded.count ?? 0)
  }

  /// Verifies a commit and computes the epoch that it leads to, which is not merged: it can be repeated.
  func process(_ commit: [UInt8]) throws {
    guard case .commit = try last.process(commit) else { throw Failure.wrongContent }
  }

  func protect(_ data: [UInt8]) throws -> [UInt8] { try creator.protectEncoded(data) }

  @discardableResult
  func receive(_ message: [UInt8]) throws -> ProcessedMessage { try last.process(message) }

  func save(to store: some GroupStore) throws { try last.save(to: store) }

  /// What a store lacks that has everything up to the last `save`.
  var unsavedByteCount: Int { last.changes().byteCount }

  func load(from store: some GroupStore) throws -> Group {
    guard let group = try Group.load(last.id, from: store, as: lastClient) else { throw Failure.wrongContent }
    return group
  }
}
