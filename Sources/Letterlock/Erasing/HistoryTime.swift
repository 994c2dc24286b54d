internal import TLSCodec

/// What time it is by the history, so that one clock that is wrong erases nothing. SPEC.md section 6.8.
///
/// Each device says about once a day what its clock shows (section 10.8). Another device's word counts at once; this
/// device's own only after a week by its own clock, and only if no other device has contradicted it since.
struct HistoryTime: Sendable {
  /// How long this device's own word must stand.
  static let settlingDays: Int64 = 7

  /// ```
  /// struct {
  ///   opaque device[32];
  ///   int64 seen;
  ///   uint64 leaf;                  where it was said
  /// } Presence;
  /// ```
  struct Presence: WireCodable, Hashable, Sendable {
    var device: DeviceID
    var seen: Timestamp
    var leaf: UInt64 = 0

    static let wire = WireFormat(
      Self.init(device:seen:leaf:), field(\.device), field(\.seen), field(\.leaf))
  }

  /// What devices said, in the tree's order.
  let presences: [Presence]
  /// The device that asks.
  let own: DeviceID
  /// The devices whose word counts.
  let active: Set<DeviceID>

  /// The latest moment that has certainly come; nil if nothing says so.
  func reached(by now: Timestamp) -> Timestamp? {
    var latest: Timestamp?
    // The earliest that another device said after the leaf that is looked at.
    var contradiction: Timestamp?
    for presence in presences.reversed() where active.contains(presence.device) {
      if presence.device != own {
        contradiction = min(contradiction ?? presence.seen, presence.seen)
        latest = max(latest ?? presence.seen, presence.seen)
      } else if now.nanoseconds(since: presence.seen) >= Self.settlingDays * Timestamp.day,
        presence.seen.nanoseconds(since: contradiction ?? presence.seen) <= Timestamp.day
      {
        latest = max(latest ?? presence.seen, presence.seen)
      }
    }
    return latest.map { min($0, now) }
  }
}

/// When messages were moved to recently deleted, whatever the clock said that the deletion was dated by: not before
/// what other devices had said by then.
struct DeletionTimes {
  private let now: Timestamp
  private var reached: Timestamp?
  private var messages: [MessageID: Timestamp] = [:]
  private var conversations: [ConversationID: Timestamp] = [:]

  /// By a reader whose clock shows `now`: it believes nobody who is more than a day ahead.
  init(now: Timestamp) { self.now = now }

  mutating func add(_ entry: ArchiveEntry) {
    switch entry {
    case .device(let profile):
      guard let seen = profile.seenAt, seen.nanoseconds(since: now) <= Timestamp.day else { return }
      reached = min(max(reached ?? seen, seen), now)
    case .deletion(let deletion) where deletion.action == .deleted:
      let time = max(deletion.at, reached ?? deletion.at)
      if deletion.messages.isEmpty { conversations[deletion.conversation] = time }
      for message in deletion.messages { messages[message] = time }
    default: break
    }
  }

  /// Whether a deleted message was deleted before a time.
  func isDeleted(_ message: MessageID, of conversation: ConversationID, before cutoff: Timestamp) -> Bool {
    (messages[message] ?? cutoff) <= cutoff && (conversations[conversation] ?? cutoff) <= cutoff
  }
}
