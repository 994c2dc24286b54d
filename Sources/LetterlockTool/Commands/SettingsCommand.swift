#if Tool
import ArgumentParser
import Letterlock

/// `letterlock settings`
struct SettingsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings",
    abstract: "Shows or changes when this device synchronises, and which files it fetches by itself.")

  @Argument(help: "The archive's folder.") var dir: String
  @Option(
    help: "What must hold before a sync: unmetered, power, idle, storage, separated by commas; or none.")
  var require: String?
  @Option(help: "Minutes between two syncs; 0 for none.") var interval: UInt32?
  @Option(help: "Which files are fetched by themselves: off, previews or all.") var downloads: String?
  @Option(help: "Bytes above which a file is not fetched by itself; 0 for no limit.")
  var downloadLimit: UInt64?
  @Option(help: "Days for which deleted messages can be recovered.") var keepDeleted: UInt16?
  @OptionGroup var confirmation: Confirmation
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints one JSON object.") var json = false

  func run() async throws {
    try await Terminal.run {
      let settings: SyncSettings
      do { settings = try shownSettings() } catch let error as DeviceError {
        throw ToolError(error, folder: dir)
      }
      let summary = SettingsSummary(settings)
      noteUnseen(settings.conditions)
      guard !json else { return try Terminal.print(json: summary) }
      Terminal.lines(summary.lines)
    }
  }

  /// The settings, after they were changed if an option says so.
  private func shownSettings() throws -> SyncSettings {
    let folder = ArchiveFolder(path: dir)
    guard changesSomething else { return try folder.openForReading(try keys.passphrase()).device.settings() }
    let device = try folder.open(try keys.passphrase()).device
    var settings = try device.settings()
    let before = settings.recentlyDeletedDays
    guard try change(&settings) else { return settings }
    if settings.recentlyDeletedDays < before {
      try confirmation.ask(
        "Messages that were moved to recently deleted \(settings.recentlyDeletedDays) days ago or earlier would be "
          + "erased for good by the next sync: here, on the relay, and on every device that syncs.")
    }
    try device.update(settings)
    return settings
  }

  private var changesSomething: Bool {
    require != nil || interval != nil || downloads != nil || downloadLimit != nil || keepDeleted != nil
  }

  /// A condition that nobody says anything about would hold every sync back.
  private func noteUnseen(_ conditions: SyncConditions) {
    guard require != nil else { return }
    for unseen in [SyncConditions.Requirement.unmeteredNetwork, .idle]
    where conditions.requirements.contains(unseen) {
      let name = RequirementNames.name(unseen)
      Terminal.note(
        "The command cannot see `\(name)`: say it with `letterlock sync \(dir) --\(name)` when it holds.")
    }
  }

  private func change(_ settings: inout SyncSettings) throws(DeviceError) -> Bool {
    let before = settings
    if let require = try? RequirementNames.parse(require) { settings.conditions.requirements = require }
    if let interval { settings.conditions.minimumInterval = interval * 60 }
    if let downloads = DownloadNames.all.first(where: { $0.name == downloads })?.value {
      settings.automaticDownloads = downloads
    }
    if let downloadLimit { settings.automaticDownloadLimit = downloadLimit == 0 ? nil : downloadLimit }
    if let keepDeleted { settings.recentlyDeletedDays = keepDeleted }
    return settings != before
  }

  func validate() throws {
    do { _ = try RequirementNames.parse(require) } catch {
      throw ValidationError("--require takes unmetered, power, idle, storage, or none.")
    }
    guard !confirmation.yes || keepDeleted != nil else {
      throw ValidationError("Only --keep-deleted asks for --yes.")
    }
    guard interval ?? 0 <= 1_000_000 else { throw ValidationError("--interval takes 0 to 1000000 minutes.") }
    if let downloads, !DownloadNames.all.contains(where: { $0.name == downloads }) {
      throw ValidationError("--downloads takes off, previews or all.")
    }
  }
}

/// What the tool calls requirements.
enum RequirementNames {
  struct Unknown: Error {}

  static let all: [(name: String, value: SyncConditions.Requirement)] = [
    ("unmetered", .unmeteredNetwork), ("power", .externalPower), ("idle", .idle), ("storage", .freeStorage),
    ("interval", .interval),
  ]

  static func name(_ requirement: SyncConditions.Requirement) -> String {
    all.first { $0.value == requirement }?.name ?? ""
  }

  /// The requirements in a list; nil if there is no list.
  static func parse(_ text: String?) throws(Unknown) -> Set<SyncConditions.Requirement>? {
    guard let text else { return nil }
    guard text != "none" else { return [] }
    var found: Set<SyncConditions.Requirement> = []
    for word in text.split(separator: ",") {
      guard let value = all.first(where: { $0.name == word })?.value, value != .interval else {
        throw Unknown()
      }
      found.insert(value)
    }
    return found
  }
}

/// What the tool calls automatic downloads.
enum DownloadNames {
  static let all: [(name: String, value: AutomaticDownloads)] = [
    ("off", .off), ("previews", .previews), ("all", .all),
  ]
}

/// What a person set. The names are part of the tool's interface.
struct SettingsSummary: Encodable {
  var stopped: Bool
  var requires: [String]
  var intervalMinutes: UInt32
  var downloads: String
  var downloadLimit: UInt64?
  var keepDeletedDays: UInt16

  init(_ settings: SyncSettings) {
    stopped = settings.isStopped
    requires = settings.conditions.requirements.map(RequirementNames.name).sorted()
    intervalMinutes = settings.conditions.minimumInterval / 60
    downloads = DownloadNames.all.first { $0.value == settings.automaticDownloads }?.name ?? ""
    downloadLimit = settings.automaticDownloadLimit
    keepDeletedDays = settings.recentlyDeletedDays
  }

  var lines: [String] {
    let needs = requires.isEmpty ? "always" : "needs " + requires.joined(separator: ", ")
    let interval = intervalMinutes == 0 ? "" : ", at most every \(intervalMinutes) minutes"
    let limit = downloadLimit.map { " up to \(ByteText($0))" } ?? ""
    return [
      stopped ? "Synchronising is stopped." : "Synchronises: \(needs)\(interval).",
      "Fetches by itself: \(downloads)\(limit).",
      "Deleted messages can be recovered for \(keepDeletedDays) days.",
    ]
  }
}
#endif
