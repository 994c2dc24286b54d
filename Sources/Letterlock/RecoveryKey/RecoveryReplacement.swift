internal import TLSCodec

/// A recovery key that took the place of the one before, and that the person of this device did not put there. SPEC.md
/// section 3.7.
///
/// Show it until the person has seen it, and call `Device.acknowledge(_:)` then.
public struct RecoveryReplacement: Hashable, Sendable {
  /// The entry of the log that put the key in force.
  public let entry: UInt64
  /// Who announced it; nil if it was not announced: whoever had the recovery key before replaced it.
  public let announcer: DeviceID?
  /// When it took effect, by the relay's clock; nil if it was not announced.
  public let time: Timestamp?
  /// Whether this device had shown the announcement for the whole cooling-off time, by its own clock. If not, the device
  /// was away, or the relay's clock is wrong, or the relay helps whoever announced it.
  public let wasShown: Bool
}

/// A recovery key that took the place of another, until the person says that they have seen it.
///
/// ```
/// struct {
///   uint64 entry;                   of the log
///   uint8 was_shown;                whether its announcement was, for the whole cooling-off time
/// } ReplacementSighting;
/// ```
struct ReplacementSighting: WireCodable, Hashable, Sendable {
  var entry: UInt64
  private var wasShownByte: UInt8

  var wasShown: Bool { wasShownByte != 0 }

  init(entry: UInt64, wasShown: Bool) { self.init(entry: entry, wasShownByte: wasShown ? 1 : 0) }

  private init(entry: UInt64, wasShownByte: UInt8) {
    (self.entry, self.wasShownByte) = (entry, wasShownByte)
  }

  static let wire = WireFormat(Self.init(entry:wasShownByte:), field(\.entry), field(\.wasShownByte))
}

extension DeviceState {
  /// What replaced the recovery key since the log was looked through, or since this device became part of the account.
  func replacements(since journal: DeviceJournal, at now: Timestamp) -> [ReplacementSighting] {
    let known = journal.lookedThrough ?? log.members[keys.deviceID]?.addedAt ?? 0
    return entries.drop { $0.content.index <= known }.compactMap { entry in
      let index = entry.content.index
      switch entry.content.change {
      case .replaceRecovery(let replace):
        // The key is here until the person has it: they made it on this device.
        let isOwn = recoverySecret != nil && log.recoveryDevice == replace.recovery.deviceID
        return isOwn ? nil : ReplacementSighting(entry: index, wasShown: false)
      case .completeRecovery:
        guard let announcement = announcement(completedAt: index),
          announcement.content.signer != keys.deviceID
        else { return nil }
        let noted = journal.announcement.flatMap { $0.head == announcement.head ? $0 : nil }
        return ReplacementSighting(entry: index, wasShown: noted?.hasCooledOff(at: now) ?? false)
      default: return nil
      }
    }
  }

  /// What a sighting is of; nil if the log holds no such entry.
  func replacement(_ sighting: ReplacementSighting) -> RecoveryReplacement? {
    switch entries.first(where: { $0.content.index == sighting.entry })?.content.change {
    case .replaceRecovery:
      RecoveryReplacement(entry: sighting.entry, announcer: nil, time: nil, wasShown: false)
    case .completeRecovery(let complete):
      RecoveryReplacement(
        entry: sighting.entry, announcer: announcement(completedAt: sighting.entry)?.content.signer,
        time: complete.coolingOff.part.map { Timestamp(millisecondsSince1970: $0.second.time) },
        wasShown: sighting.wasShown)
    default: nil
    }
  }

  /// The announcement that an entry completes: one stands at a time, so the last before it.
  private func announcement(completedAt index: UInt64) -> LogEntry? {
    entries.last { entry in
      guard entry.content.index < index, case .announceRecovery = entry.content.change else { return false }
      return true
    }
  }
}
