#if Tool
import ArgumentParser
import Foundation
import Letterlock

/// `letterlock status`
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Says what an archive holds, and how much of it was end-to-end encrypted.")

  @Argument(help: "The archive's folder.") var dir: String
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints one JSON object.") var json = false

  func run() async throws {
    try await Terminal.run {
      let opened = try ArchiveFolder(path: dir).openForReading(try keys.passphrase())
      let status = try await ArchiveStatus(opened)
      guard !json else { return try Terminal.print(json: status) }
      Terminal.lines(status.lines(in: dir))
    }
  }
}

/// What an archive holds. The names are part of the tool's interface.
struct ArchiveStatus: Encodable {
  var account: String
  var device: String
  var devices: Int
  var epochs: Int
  var unreadableEpochs: Int
  var logEntries: Int
  var records: Int
  var waiting: Int
  var streams: Int
  var conversations: Int
  var messages: Int
  var attachments = 0
  var unreadableRecords: Int
  var byCarriage: [String: Int] = [:]
  var byProtection: [String: Int] = [:]
  var byService: [String: Int] = [:]
  var byKind: [String: Int] = [:]
  var recentlyDeleted = 0
  /// Messages that a device was asked to send and has not sent, by how far they have come.
  var sendRequests: [String: Int] = [:]
  var storeBytes: UInt64
  /// How large the relay's file is; nil if it is a server's.
  var relayBytes: UInt64?
  var relayUsage: RelayUsage?
  var lastSync: ShownTime?
  var lastAttempt: ShownTime?
  var nextEpoch: ShownTime?
  var recoveryAnnouncement: Waiting?
  var pendingErasure: Waiting?
  var waitingAttachments: Int
  var waitingAttachmentBytes: UInt64
  var missingRecords: Int
  var holds: [Hold]
  var dataUsage: DataUsage
  var settings: SettingsSummary

  /// A recovery key that is to replace the present one, or an order to erase the server's copy: who is behind it, and when
  /// it takes effect.
  struct Waiting: Encodable {
    var device: String
    var name: String?
    var effective: ShownTime?
    /// What a person does against it.
    var cancel: String

    init(_ device: DeviceID, _ name: String?, at time: Timestamp?, cancel: String) {
      (self.device, self.name, self.cancel) = (device.description, name, cancel)
      effective = time.map(ShownTime.init)
    }

    /// Who, as a part of a sentence.
    fileprivate var who: String { "device \(device.prefix(16))" + (name.map { " (\($0.shown))" } ?? "") }
  }

  /// Why something waits.
  struct Hold: Encodable {
    var kind: String
    var sentence: String
  }

  init(_ opened: ArchiveFolder.Reading) async throws {
    let index = try opened.timelineIndex()
    let log = opened.device.log
    account = opened.device.account.description
    device = opened.device.id.description
    devices = log.activeDevices.count
    epochs = log.epochs.count
    unreadableEpochs = opened.device.unreadableEpochs.count
    logEntries = Int(log.nextIndex)
    records = index.recordCount
    do throws(DeviceError) {
      (waiting, streams) = (try opened.device.waitingCount, try opened.device.streamCount)
    } catch { throw ToolError(error, folder: opened.folder.path) }
    conversations = index.conversations.count
    messages = index.references.count
    unreadableRecords = index.unreadable.count
    storeBytes = Self.size(opened.folder.storePath)
    let relayPath = try opened.folder.relayPath()
    relayBytes = OpenedRelay.isURL(relayPath) ? nil : Self.size(relayPath)
    relayUsage = try? await opened.folder.openRelay().relay.usage(
      of: opened.device.account, as: opened.device.relayCaller)
    opened.device.observe(MachineSurroundings(folder: opened.folder.path))
    let status: DeviceStatus
    do throws(DeviceError) { status = try await opened.device.status() } catch {
      throw ToolError(error, folder: opened.folder.path)
    }
    lastSync = status.lastSync.map(ShownTime.init)
    lastAttempt = status.lastAttempt.map(ShownTime.init)
    nextEpoch = status.nextEpoch.map(ShownTime.init)
    let folder = opened.folder.path
    recoveryAnnouncement = status.recoveryAnnouncement.map {
      let key = log.approvers.contains(opened.device.id) ? "" : " --key-file FILE"
      return Waiting(
        $0.device, index.deviceNames[$0.device], at: $0.effective,
        cancel: "letterlock recovery cancel \(folder)\(key)")
    }
    // A status is told without the relay, too: then by what it said last.
    let order: PendingErasure?
    do {
      order = try await opened.folder.openRelay().relay.pendingErasure(
        of: opened.device.account, as: opened.device.relayCaller)
    } catch { order = status.pendingErasure }
    pendingErasure = order.map {
      Waiting(
        $0.order.device, index.deviceNames[$0.order.device], at: $0.takesEffect,
        cancel: "letterlock erase \(folder) --cancel")
    }
    (waitingAttachments, waitingAttachmentBytes) = (status.waitingAttachments, status.waitingAttachmentBytes)
    missingRecords = status.missingRecords.count
    holds = status.holds.map { Hold(kind: $0.name, sentence: $0.sentence(folder: opened.folder.path)) }
    holds += Self.findings(status)
    (dataUsage, settings) = (status.dataUsage, SettingsSummary(status.settings))
    try opened.forEachMessage(of: index) { messages in
      for message in messages { count(message) }
    }
  }

  /// What the relay showed that is kept, whatever it shows now.
  private static func findings(_ status: DeviceStatus) -> [Hold] {
    var findings: [Hold] = []
    if status.evidence != nil {
      findings.append(
        Hold(kind: "evidence", sentence: "The relay has signed two histories that contradict each other."))
    }
    if let other = status.otherLog {
      let signers = other.signers.map { "\($0.description.prefix(16))" }.joined(separator: ", ")
      let verb = other.isShown ? "shows" : "showed, on \(other.seen.localDay),"
      findings.append(
        Hold(kind: "otherLog", sentence: "The relay \(verb) another log of this account, by \(signers)."))
    }
    return findings
      + status.replacedRecoveryKeys.map { Hold(kind: "recoveryKeyReplaced", sentence: $0.sentence) }
  }

  private mutating func count(_ message: Message) {
    attachments += message.attachments.count
    if message.recentlyDeletedAt != nil { recentlyDeleted += 1 }
    if let delivery = message.delivery, delivery.sendingDevice != nil {
      sendRequests[delivery.name, default: 0] += 1
    }
    byCarriage[message.carriageName, default: 0] += 1
    byProtection[message.protectionName, default: 0] += 1
    byKind[message.kindName, default: 0] += 1
    byService[message.origin?.service ?? "none", default: 0] += 1
  }

  /// How many bytes a store takes, its log and the files of its attachments included.
  private static func size(_ path: String) -> UInt64 {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: path + ".blobs")) ?? []
    return ([path, path + "-wal"] + files.map { path + ".blobs/" + $0 }).reduce(0) { sum, path in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      return sum + ((attributes?[.size] as? NSNumber)?.uint64Value ?? 0)
    }
  }

  func lines(in folder: String) -> [String] {
    func count(_ protection: String) -> Int { byProtection[protection, default: 0] }
    var lines = [
      "Account \(account)",
      "  \(devices) active devices (recovery key included), \(logEntries) log entries, \(epochs) epochs",
      "  \(records) records in \(streams) streams, \(waiting) waiting to be sent; \(attachments) attachments",
      "  \(messages) messages in \(conversations) conversations, \(recentlyDeleted) recently deleted",
      "  end-to-end encrypted on their way: \(count("endToEnd")); imported, said to be end-to-end encrypted: "
        + "\(count("importedEndToEnd")); not encrypted: \(count("unencrypted")); never sent: \(count("local"))",
      "  on this device \(ByteText(storeBytes)), on the relay \(ByteText(relayBytes ?? relayUsage?.total ?? 0))",
    ]
    for (name, count) in byCarriage.sorted(by: { $0.key < $1.key }) {
      lines.append("    \(name): \(count)")
    }
    if !sendRequests.isEmpty {
      let counts = sendRequests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      lines.append("  to be sent by a device's carrier: \(counts.joined(separator: ", "))")
    }
    if unreadableRecords > 0 { lines.append("  \(unreadableRecords) records cannot be read: run verify") }
    lines += waitingLines(in: folder)
    if unreadableEpochs > 0 { lines.append("  \(unreadableEpochs) epochs cannot be read") }
    return lines + syncLines
  }

  private func waitingLines(in folder: String) -> [String] {
    func advice(_ waiting: Waiting) -> String {
      let removal =
        waiting.device == device
        ? "" : ", then letterlock device remove \(folder) \(waiting.device.prefix(16))"
      return "  ! if that was not you: \(waiting.cancel)\(removal)"
    }
    var lines: [String] = []
    if let key = recoveryAnnouncement {
      lines.append(
        "  ! \(key.who) announced a new recovery key"
          + (key.effective.map { ", which can count from \($0.time.localText) on" } ?? ""))
      lines.append(advice(key))
    }
    if let order = pendingErasure {
      lines.append(
        "  ! \(order.who) ordered that the server erase its copy of everything"
          + (order.effective.map { ", on \($0.time.localText)" } ?? ""))
      lines.append(advice(order))
    }
    return lines
  }

  private var syncLines: [String] {
    var lines = ["  last sync: \(lastSync?.time.localText ?? "never")"]
    if let lastAttempt, lastAttempt != lastSync {
      lines.append("  last tried: \(lastAttempt.time.localText)")
    }
    lines.append(
      "  sent \(ByteText(dataUsage.up)) (records \(ByteText(dataUsage.recordsUp)), attachments "
        + "\(ByteText(dataUsage.attachmentsUp)), account \(ByteText(dataUsage.logUp))); fetched "
        + "\(ByteText(dataUsage.down)) (records \(ByteText(dataUsage.recordsDown)), attachments "
        + "\(ByteText(dataUsage.attachmentsDown)), account \(ByteText(dataUsage.logDown)))")
    if waiting > 0 || waitingAttachments > 0 {
      lines.append(
        "  waiting: \(waiting) records, \(waitingAttachments) attachments (\(ByteText(waitingAttachmentBytes)))"
      )
    }
    if missingRecords > 0 { lines.append("  the relay does not give \(missingRecords) records") }
    return lines + settings.lines.map { "  " + $0 } + holds.map { "  ! " + $0.sentence }
  }
}
#endif
