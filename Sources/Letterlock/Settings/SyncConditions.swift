public import TLSCodec

/// When an app lets its device synchronise. What holds now, the app says through a `SyncSurroundings`.
public struct SyncConditions: Hashable, Sendable {
  /// Something that must hold before a synchronisation begins.
  public enum Requirement: UInt8, Hashable, Sendable, CaseIterable {
    /// A network that does not count bytes.
    case unmeteredNetwork = 1
    /// External power.
    case externalPower = 2
    /// The device is locked, or nobody uses it.
    case idle = 3
    /// There is room on the device: `SurroundingsState.isLowOnStorage` is false.
    case freeStorage = 4
    /// So much time has passed since the last synchronisation.
    case interval = 5
  }

  /// What must hold; `interval` is required by `minimumInterval`.
  public var requirements: Set<Requirement> = []
  /// How many seconds must have passed since the last synchronisation that went through; 0 for none.
  public var minimumInterval: UInt32 = 0

  /// No conditions, unless some are named.
  public init(_ requirements: Set<Requirement> = [], minimumInterval: UInt32 = 0) {
    self.requirements = requirements.subtracting([.interval])
    self.minimumInterval = minimumInterval
  }

  /// What does not hold, in the order of the cases. What is not known does not hold.
  func unmet(in state: SurroundingsState, lastSync: Timestamp?, now: Timestamp) -> [Requirement] {
    Requirement.allCases.filter { requirement in
      switch requirement {
      case .interval: isTooSoon(after: lastSync, now)
      case .unmeteredNetwork: requirements.contains(requirement) && state.network != .unmetered
      case .externalPower: requirements.contains(requirement) && state.hasExternalPower != true
      case .idle: requirements.contains(requirement) && state.isIdle != true
      case .freeStorage: requirements.contains(requirement) && state.isLowOnStorage != false
      }
    }
  }

  private func isTooSoon(after last: Timestamp?, _ now: Timestamp) -> Bool {
    guard minimumInterval > 0, let last else { return false }
    let passed = now.nanoseconds(since: last)
    // A clock that was set back does not hold back for ever.
    return passed >= 0 && passed < Int64(minimumInterval) * 1_000_000_000
  }
}

/// What an app knows about the device that it runs on, at this moment; nil for what it cannot tell.
public struct SurroundingsState: Hashable, Sendable {
  /// The network.
  public enum Network: Hashable, Sendable {
    /// There is none.
    case none
    /// Bytes are counted or paid for.
    case metered
    /// Bytes are not counted.
    case unmetered
  }

  /// The network.
  public var network: Network?
  /// Whether external power is connected.
  public var hasExternalPower: Bool?
  /// Whether the device is locked, or nobody uses it.
  public var isIdle: Bool?
  /// Whether storage is scarce.
  public var isLowOnStorage: Bool?

  /// What an app knows.
  public init(
    network: Network? = nil, hasExternalPower: Bool? = nil, isIdle: Bool? = nil, isLowOnStorage: Bool? = nil
  ) {
    self.network = network
    self.hasExternalPower = hasExternalPower
    self.isIdle = isIdle
    self.isLowOnStorage = isLowOnStorage
  }
}

/// Says what holds now: an app implements it with its system's means.
public protocol SyncSurroundings: Sendable {
  /// What holds at this moment.
  func state() async -> SurroundingsState
}

/// Which files a device fetches without being asked.
public enum AutomaticDownloads: UInt8, Hashable, Sendable, CaseIterable {
  /// None.
  case off = 0
  /// Previews alone.
  case previews = 1
  /// Everything up to the limit.
  case all = 2
}

/// What a person set for one device; kept in its store.
///
/// ```
/// struct {
///   uint8 version;
///   uint8 requirements<V>;
///   uint32 minimum_interval;        seconds
///   uint8 automatic_downloads;      0 off, 1 previews, 2 all
///   uint64 download_limit;          bytes of one file; 2^64 - 1 for none
///   uint16 deleted_days;            for which deleted messages can be recovered
///   uint8 is_stopped;
/// } SyncSettings;
/// ```
/// SPEC.md section 8.5.
public struct SyncSettings: Hashable, Sendable {
  /// When the device synchronises.
  public var conditions = SyncConditions()
  /// Which files it fetches without being asked.
  public var automaticDownloads = AutomaticDownloads.all
  /// Files larger than this many bytes are not fetched without being asked; nil for no limit.
  public var automaticDownloadLimit: UInt64?
  /// For how many days deleted messages can be recovered; 30 unless set.
  public var recentlyDeletedDays: UInt16 = 30
  /// Whether the person stopped synchronising on this device.
  public internal(set) var isStopped = false

  /// What a device starts with.
  public init() {}

  /// Whether a file of this role and size is fetched without being asked.
  public func fetches(isPreview: Bool, byteCount: UInt64) -> Bool {
    guard byteCount <= automaticDownloadLimit ?? .max else { return false }
    return switch automaticDownloads {
    case .off: false
    case .previews: isPreview
    case .all: true
    }
  }
}

extension SyncSettings: WireCodable {
  /// The fields, in wire order.
  public static let wire = WireFormat(
    checking: Self.init(version:requirements:interval:downloads:limit:days:stopped:), field(\.version),
    field(\.requirementCodes), field(\.interval), field(\.downloads), field(\.limit),
    field(\.recentlyDeletedDays), field(\.stopped))

  private var version: FormatVersion { .newest }
  private var requirementCodes: [UInt8] { conditions.requirements.map(\.rawValue).sorted() }
  private var interval: UInt32 { conditions.minimumInterval }
  private var downloads: UInt8 { automaticDownloads.rawValue }
  private var limit: UInt64 { automaticDownloadLimit ?? .max }
  private var stopped: UInt8 { isStopped ? 1 : 0 }

  private init(
    version: FormatVersion, requirements: [UInt8], interval: UInt32, downloads: UInt8, limit: UInt64,
    days: UInt16, stopped: UInt8
  ) throws(TLSError) {
    let known = requirements.compactMap(SyncConditions.Requirement.init)
    // The interval has a field of its own.
    guard known.count == requirements.count, !known.contains(.interval),
      requirements == Set(requirements).sorted(), stopped < 2,
      let downloads = AutomaticDownloads(rawValue: downloads)
    else { throw .invalidValue }
    conditions = SyncConditions(Set(known), minimumInterval: interval)
    automaticDownloads = downloads
    automaticDownloadLimit = limit == .max ? nil : limit
    recentlyDeletedDays = days
    isStopped = stopped == 1
  }
}
