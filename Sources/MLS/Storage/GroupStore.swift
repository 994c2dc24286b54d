internal import Synchronization

/// A part of a group's state that is stored by itself.
public struct GroupRecord: Hashable, Sendable {
  /// Which part: a few bytes, different for every part of the group.
  public let key: [UInt8]
  /// The part. It holds secrets: a store keeps it where only the owner reads.
  public let value: [UInt8]

  /// A part.
  public init(key: [UInt8], value: [UInt8]) {
    self.key = key
    self.value = value
  }
}

/// What a store must write so that it has a group's newest state.
public struct GroupChanges: Hashable, Sendable {
  /// The group.
  public let groupID: [UInt8]
  /// Whether everything that is stored of the group goes first.
  public let replacesAll: Bool
  /// Parts that are new or changed.
  public let written: [GroupRecord]
  /// Keys of parts that go.
  public let deleted: [[UInt8]]

  /// How many bytes are written.
  public var byteCount: Int { written.reduce(0) { $0 + $1.key.count + $1.value.count } }
}

/// Where groups outlive the process.
public protocol GroupStore: Sendable {
  /// Writes all changes of a group, or none: one transaction, on disk when it returns.
  func apply(_ changes: GroupChanges) throws

  /// Everything that is stored of a group; empty if nothing is.
  func records(of groupID: [UInt8]) throws -> [GroupRecord]

  /// The groups that are stored.
  func groupIDs() throws -> [[UInt8]]

  /// Forgets a group.
  func delete(_ groupID: [UInt8]) throws
}

/// A store that lives as long as the process.
public final class InMemoryGroupStore: GroupStore {
  private let groups = Mutex<[[UInt8]: [[UInt8]: [UInt8]]]>([:])

  /// An empty store.
  public init() {}

  /// Writes all changes of a group.
  public func apply(_ changes: GroupChanges) {
    groups.withLock { groups in
      var records = changes.replacesAll ? [:] : groups[changes.groupID] ?? [:]
      for key in changes.deleted { records[key] = nil }
      for record in changes.written { records[record.key] = record.value }
      groups[changes.groupID] = records
    }
  }

  /// Everything that is stored of a group.
  public func records(of groupID: [UInt8]) -> [GroupRecord] {
    groups.withLock { ($0[groupID] ?? [:]).map { GroupRecord(key: $0.key, value: $0.value) } }
  }

  /// The groups that are stored.
  public func groupIDs() -> [[UInt8]] { groups.withLock { Array($0.keys) } }

  /// Forgets a group.
  public func delete(_ groupID: [UInt8]) { groups.withLock { $0[groupID] = nil } }
}
