internal import TLSCodec

/// What the account's devices said about themselves and about recovery keys, gathered from the stream that
/// belongs to no conversation, so that nobody need read the whole history for it.
///
/// ```
/// struct {
///   uint64 scanned;                 records of the history that were looked through
///   Entry entries<V>;
///   Presence presences<V>;          the newest 64, in the tree's order
///   UnreadableRecord unreadable<V>; the first 256 that were found
///   uint64 skipped<V>;              epochs whose records were passed over, since they could not be read
/// } DeviceDirectory;
/// ```
/// SPEC.md section 8.5.
struct DeviceDirectory: WireCodable, Hashable, Sendable {
  var scanned: UInt64 = 0
  private(set) var entries: [Entry] = []

  private(set) var presences: [HistoryTime.Presence] = []

  /// Records that do not open though their epoch's secret is here.
  private(set) var unreadable: [UnreadableRecord] = []

  /// Epochs whose records were passed over: they are looked through if their secrets come.
  private(set) var skipped: [UInt64] = []

  static let presenceCount = 64
  static let unreadableCount = 256

  static let wire = WireFormat(
    Self.init(scanned:entries:presences:unreadable:skipped:), field(\.scanned), field(\.entries),
    field(\.presences), field(\.unreadable), field(\.skipped))

  /// ```
  /// struct {
  ///   uint64 leaf;
  ///   opaque author[32];
  /// } UnreadableRecord;
  /// ```
  struct UnreadableRecord: WireCodable, Hashable, Sendable {
    let leaf: UInt64
    let author: DeviceID

    static let wire = WireFormat(Self.init, field(\.leaf), field(\.author))
  }

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

  /// Takes a record that does not open.
  mutating func take(_ record: UnreadableRecord) {
    guard unreadable.count < Self.unreadableCount, !unreadable.contains(where: { $0.leaf == record.leaf })
    else {
      return
    }
    unreadable.append(record)
  }

  /// Notes an epoch whose records are passed over.
  mutating func skip(_ epoch: UInt64) {
    if !skipped.contains(epoch) { skipped.append(epoch) }
  }

  /// Notes that an epoch's records were looked through after all.
  mutating func finish(_ epoch: UInt64) { skipped.removeAll { $0 == epoch } }

  /// Adds what another process gathered from the same history.
  mutating func merge(_ other: DeviceDirectory) {
    for entry in other.entries { take(entry) }
    for presence in other.presences { take(presence) }
    for record in other.unreadable { take(record) }
    for epoch in other.skipped { skip(epoch) }
    scanned = max(scanned, other.scanned)
  }

  /// Takes a profile, whose author is the device that it is about; one that stands earlier in the tree than the
  /// newest known counts for nothing.
  mutating func take(_ profile: DeviceProfile, of device: DeviceID, at leaf: UInt64) {
    if let seen = profile.seenAt { take(HistoryTime.Presence(device: device, seen: seen, leaf: leaf)) }
    take(Entry(device: device, leaf: leaf, name: Opaque(Array(profile.name.utf8)), seen: profile.seenAt))
  }

  private mutating func take(_ entry: Entry) {
    guard let index = entries.firstIndex(where: { $0.device == entry.device }) else {
      return entries.append(entry)
    }
    if entries[index].leaf <= entry.leaf { entries[index] = entry }
  }

  /// Takes a presence in its place in the tree's order: it may come late.
  private mutating func take(_ presence: HistoryTime.Presence) {
    let place = presences.firstIndex { $0.leaf >= presence.leaf } ?? presences.endIndex
    if place < presences.endIndex, presences[place].leaf == presence.leaf { return }
    presences.insert(presence, at: place)
    if presences.count > Self.presenceCount { presences.removeFirst() }
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
