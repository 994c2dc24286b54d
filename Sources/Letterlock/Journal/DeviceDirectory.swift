internal import TLSCodec

/// What the account's devices said about themselves and about recovery keys, gathered from the stream that
/// belongs to no conversation, so that nobody need read the whole history for it.
///
/// ```
/// struct {
///   uint64 scanned;                 records of the history that were looked through
///   Entry entries<V>;
///   Presence presences<V>;          the newest 64, in the tree's order
/// } DeviceDirectory;
/// ```
/// SPEC.md section 8.5.
struct DeviceDirectory: WireCodable, Hashable, Sendable {
  var scanned: UInt64 = 0
  private(set) var entries: [Entry] = []

  private(set) var presences: [HistoryTime.Presence] = []

  static let presenceCount = 64

  static let wire = WireFormat(
    Self.init(scanned:entries:presences:), field(\.scanned), field(\.entries), field(\.presences))

  /// ```
  /// struct {
  ///   opaque device[32];
  ///   uint64 leaf;                  of the newest profile
  ///   opaque name<V>;
  ///   optional<Time> seen;
  /// } Entry;
  /// ```
  struct Entry: WireCodable, Hashable, Sendable {
    var device: DeviceID
    var leaf: UInt64
    var name: Opaque
    var seen: Timestamp?

    static let wire = WireFormat(Self.init, field(\.device), field(\.leaf), field(\.name), field(\.seen))
  }

  /// The newest thing that a device said about itself.
  subscript(_ device: DeviceID) -> Entry? { entries.first { $0.device == device } }

  /// Takes a profile, whose author is the device that it is about; one that stands earlier in the tree than the
  /// newest known counts for nothing.
  mutating func take(_ profile: DeviceProfile, of device: DeviceID, at leaf: UInt64) {
    if let seen = profile.seenAt {
      presences.append(HistoryTime.Presence(device: device, seen: seen))
      if presences.count > Self.presenceCount { presences.removeFirst() }
    }
    let entry = Entry(
      device: device, leaf: leaf, name: Opaque(Array(profile.name.utf8)), seen: profile.seenAt)
    guard let index = entries.firstIndex(where: { $0.device == device }) else {
      return entries.append(entry)
    }
    if entries[index].leaf <= leaf { entries[index] = entry }
  }
}

/// A device of the account, as a person sees it.
public struct AccountDevice: Hashable, Sendable {
  /// Its identifier.
  public let id: DeviceID
  /// The name its person gave it; nil if it told none yet.
  public let name: String?
  /// What it is.
  public let role: Role
  /// Whether it may read and write.
  public let isActive: Bool
  /// When its keys were made, by its own clock.
  public let createdAt: Timestamp
  /// When it last told the others about itself, by its own clock, to about a day; nil if never.
  public let lastSeen: Timestamp?

  /// What a device is.
  public enum Role: Hashable, Sendable {
    /// The one that is asked.
    case thisDevice
    /// Another one.
    case other
    /// What the recovery key derives.
    case recoveryKey
  }
}

extension Device {
  /// Every device that is, or was, part of the account, in the order in which they joined.
  /// - Throws: `DeviceError.store`.
  public func devices() throws(DeviceError) -> [AccountDevice] {
    let log = self.log
    try updateDirectory()
    let directory = try withJournal { $0.directory }
    return log.members.sorted { ($0.value.addedAt, $0.key) < ($1.value.addedAt, $1.key) }.map { id, member in
      let entry = directory[id]
      return AccountDevice(
        id: id, name: entry.map { String(decoding: $0.name.bytes, as: UTF8.self) },
        role: id == log.recoveryDevice ? .recoveryKey : id == self.id ? .thisDevice : .other,
        isActive: member.isActive,
        createdAt: Timestamp(millisecondsSince1970: member.bundle.createdAt), lastSeen: entry?.seen)
    }
  }

  /// Gives this device another name; the others learn it when they synchronise.
  /// - Throws: `DeviceError.archive`, `.noStore`, `.store`.
  public func rename(_ name: String) throws(DeviceError) { try enqueueProfile(named: name) }

  func enqueueProfile(named name: String) throws(DeviceError) {
    let now = clock.now
    try enqueue([.device(DeviceProfile(name: name, seenAt: now))])
    try withJournal { journal in
      journal.name = Opaque(Array(name.utf8))
      journal.presence = now
    }
    try saveJournal()
  }

  /// Once a day, tells the others that this device was here.
  func announcePresence() throws(DeviceError) {
    let now = clock.now
    let name = try withJournal { journal -> String? in
      let passed = journal.presence.map { now.nanoseconds(since: $0) } ?? .max
      // A clock that was set back counts from where it is.
      guard passed >= Timestamp.day || passed < -Timestamp.day else { return nil }
      let own = journal.name.bytes.isEmpty ? journal.directory[id]?.name.bytes : journal.name.bytes
      return own.map { String(decoding: $0, as: UTF8.self) }
    }
    if let name { try enqueueProfile(named: name) }
  }

  /// Looks through what came to stand in the history since.
  func updateDirectory() throws(DeviceError) {
    guard let store, state.read({ $0.isActive }) else { return }
    while true {
      let from = try withJournal { $0.directory.scanned }
      let batches = try Self.storing { () throws(StoreError) in try store.batches(from: from, limit: 16) }
      guard !batches.isEmpty, try gather(batches) else { return }
    }
  }

  /// Takes from batches what devices said about themselves. Gives whether it went on: not past an epoch that
  /// this device may come to read later.
  @discardableResult
  func gather(_ batches: [HistoryBatch]) throws(DeviceError) -> Bool {
    var tags: [EpochReference: StreamTag] = [:]
    for batch in batches {
      guard try withJournal({ $0.directory.scanned }) == batch.firstLeaf else { return false }
      guard let found = own(batch, &tags) else { return false }
      try withJournal { journal in
        for (leaf, profile) in found {
          journal.directory.take(profile, of: batch.signedBatch.device, at: leaf)
        }
        journal.directory.scanned = batch.firstLeaf + UInt64(batch.records.count)
      }
    }
    return true
  }

  /// Takes a record that was absent before.
  func gather(filled record: [UInt8], at leaf: UInt64, author: DeviceID) throws(DeviceError) {
    guard let sealed = try? SealedRecord(decoding: record),
      sealed.streamTag == archive.accountTag(in: sealed.epoch),
      case .device(let profile) = try? archive.openEntry(sealed)
    else { return }
    try withJournal { $0.directory.take(profile, of: author, at: leaf) }
  }

  /// What of a batch belongs to no conversation; nil if its epoch cannot be read.
  private func own(
    _ batch: HistoryBatch, _ tags: inout [EpochReference: StreamTag]
  ) -> [(UInt64, DeviceProfile)]? {
    var found: [(UInt64, DeviceProfile)] = []
    for (index, bytes) in batch.records.enumerated() {
      guard let bytes, let record = try? SealedRecord(decoding: bytes) else { continue }
      if tags[record.epoch] == nil { tags[record.epoch] = archive.accountTag(in: record.epoch) }
      guard let tag = tags[record.epoch] else { return nil }
      guard record.streamTag == tag, case .device(let profile) = try? archive.openEntry(record) else {
        continue
      }
      found.append((batch.firstLeaf + UInt64(index), profile))
    }
    return found
  }
}
