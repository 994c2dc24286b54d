/// A device that can read an account which is being restored, as the person decides on it. SPEC.md section 8.2.
///
/// Names and `lastSeen` are the device's own word: a thief can write what they like there. The place in the log, who
/// added the device and where its last batch stands are proven.
public struct RecoveryCandidate: Hashable, Sendable {
  /// Its identifier.
  public let id: DeviceID
  /// The entry of the log that added it; 0 is the first.
  public let entry: UInt64
  /// Who added it; the device itself if it made the account. A recovery device added it if it was restored.
  public let addedBy: DeviceID
  /// Names that it gave itself, in order: the first one, and the newest eight.
  public internal(set) var names: [String] = []
  /// When it last told the others about itself, by its own clock, to about a day; nil if never.
  public internal(set) var lastSeen: Timestamp?
  /// The leaf index at which its last batch ends; nil if it wrote none.
  public internal(set) var lastLeaf: UInt64?
  /// How many of its own records were erased. Profiles, and with them former names, may be among them.
  public internal(set) var erasedRecordCount: UInt64 = 0
  /// The other candidates that give themselves the same name now.
  public internal(set) var sharesNameWith: [DeviceID] = []

  /// The name that it gives itself now; nil if it told none.
  public var name: String? { names.last }

  /// How many names are kept besides the first: a device may give itself as many as it has records.
  private static let newestNameCount = 8

  mutating func take(_ name: String) {
    guard names.last != name else { return }
    names.append(name)
    if names.count > 1 + Self.newestNameCount { names.remove(at: 1) }
  }
}
