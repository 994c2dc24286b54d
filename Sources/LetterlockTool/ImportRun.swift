#if Tool
import Foundation
import Letterlock
import LetterlockImport

/// Seals what sources hold, page by page: sealed, kept on the device, then on the relay.
final class ImportRun {
  private let opened: ArchiveFolder.Opened
  private let pageCount: Int
  private var known: Set<MessageID> = []
  private var knownProfiles: [ConversationID: ConversationProfile] = [:]
  private(set) var total = ImportReport(source: "all")

  /// Opens every record that is there, to know what must not be added twice, and ends an import that was
  /// cut short.
  init(_ opened: ArchiveFolder.Opened, atOnce pageCount: Int = ImportReader.pageCount) throws {
    self.opened = opened
    self.pageCount = pageCount
    var referenced: Set<BlobID> = []
    do throws(HistoryReadError<Never>) {
      try opened.device.forEachEntry { read in
        switch read.entry {
        case .success(.message(let message)):
          known.insert(message.id)
          for attachment in message.attachments { referenced.insert(attachment.blob) }
        case .success(.deletion(let deletion)): known.formUnion(deletion.messages)
        case .success(.conversation(let profile)): knownProfiles[profile.id] = profile
        default: break
        }
      }
    } catch {
      switch error {
      case .device(let error): throw ToolError(error, folder: opened.folder.path)
      }
    }
    try removeOrphans(referenced)
  }

  /// Attachments whose messages were never kept, because the process ended in between.
  private func removeOrphans(_ referenced: Set<BlobID>) throws {
    do throws(StoreError) {
      try opened.store.removeUnfinishedBlobs()
      let orphans = try opened.store.allBlobs().filter { !referenced.contains($0) }
      if !orphans.isEmpty { try opened.store.removeBlobs(orphans) }
    } catch { throw ToolError(error) }
  }

  /// Imports one source.
  func add(_ path: String) async throws -> ImportReport {
    var report = ImportReport(source: path)
    let importer: any MessageImporter
    do throws(ImportError) { importer = try ImportSource.open(path: path) } catch {
      throw ToolError("Cannot import \(path): \(error).")
    }
    let bar = ProgressBar("Sealing \(URL(fileURLWithPath: path).lastPathComponent)")
    let reader = ImportReader(importer, atOnce: pageCount)
    let opened = opened
    var batch: [ImportedMessage] = []
    var next = await reader.page()
    while true {
      let page = next
      // While this page is sealed and kept here, the next one is read, and the ones before go to the relay.
      async let following = page.end == nil ? reader.page() : page
      async let sent: Void = Self.send(opened)
      if let profiles = page.profiles { try addProfiles(profiles) }
      for item in page.items { take(item, &batch, &report) }
      try keep(&batch)
      try await sent
      bar.update(page.fractionDone, "\(report.sealed) messages")
      switch page.end {
      case nil: next = await following
      case .complete:
        try await Self.send(opened)
        bar.finish()
        total.add(report)
        return report
      case .damaged(let error):
        try await Self.send(opened)
        // What stands before the damage is as good as ever.
        throw ToolError(
          "Reading \(path) stopped: \(error). The \(report.sealed) messages before are sealed.")
      }
    }
  }

  private func take(
    _ item: ImportItem, _ batch: inout [ImportedMessage], _ report: inout ImportReport
  ) {
    report.read += 1
    switch item {
    case .skipped(let skip): report.skipped[skip.reason, default: 0] += 1
    case .message(let imported):
      guard !imported.isTooLong else {
        report.skipped["a message too long to be sealed", default: 0] += 1
        return
      }
      guard known.insert(imported.message.id).inserted else {
        report.alreadyThere += 1
        return
      }
      report.count(imported)
      batch.append(imported)
    }
  }

  private func addProfiles(_ all: [ConversationProfile]) throws {
    let profiles = all.filter { knownProfiles[$0.id] != $0 }
    for profile in profiles { knownProfiles[profile.id] = profile }
    guard !profiles.isEmpty else { return }
    do throws(DeviceError) {
      try opened.device.enqueue(profiles.map(ArchiveEntry.conversation))
    } catch { throw ToolError(error, folder: opened.folder.path) }
  }

  private func keep(_ batch: inout [ImportedMessage]) throws {
    guard !batch.isEmpty else { return }
    do throws(DeviceError) { try opened.device.append(batch) } catch {
      throw ToolError(error, folder: opened.folder.path)
    }
    batch = []
  }

  private static func send(_ opened: ArchiveFolder.Opened) async throws {
    do throws(DeviceError) { try await opened.device.sync().checked() } catch {
      throw ToolError(error, folder: opened.folder.path)
    }
  }
}

extension ImportedMessage {
  /// Whether the message, with what it will say of its files, is longer than any record.
  fileprivate var isTooLong: Bool {
    let references = attachments.reduce(0) { $0 + 256 + ($1.name?.utf8.count ?? 0) + $1.mediaType.utf8.count }
    return ArchiveEntry.message(message).encodedByteCount + references > ArchiveEntry.maximumByteCount
  }
}

extension SyncReport {
  /// Refuses a history that is not what it should be.
  func checked() throws(DeviceError) {
    guard verdict.isComplete else { throw .historyRefused(verdict) }
  }
}

/// What an import did, for people and programs.
struct ImportReport: Encodable {
  var source: String
  var read = 0
  var sealed = 0
  var alreadyThere = 0
  var attachments = 0
  var missingAttachments = 0
  var skipped: [String: Int] = [:]
  var services: [String: Int] = [:]
  var carriages: [String: Int] = [:]
  var kinds: [String: Int] = [:]

  mutating func count(_ imported: ImportedMessage) {
    sealed += 1
    services[imported.message.origin?.service ?? "unknown", default: 0] += 1
    carriages[imported.message.carriageName, default: 0] += 1
    kinds[imported.message.kindName(hasAttachments: !imported.attachments.isEmpty), default: 0] += 1
    for source in imported.attachments {
      if source.content.isPresent { attachments += 1 } else { missingAttachments += 1 }
    }
  }

  mutating func add(_ other: ImportReport) {
    read += other.read
    sealed += other.sealed
    alreadyThere += other.alreadyThere
    attachments += other.attachments
    missingAttachments += other.missingAttachments
    skipped.merge(other.skipped, uniquingKeysWith: +)
    services.merge(other.services, uniquingKeysWith: +)
    carriages.merge(other.carriages, uniquingKeysWith: +)
    kinds.merge(other.kinds, uniquingKeysWith: +)
  }

  /// The summary: every message that was read is in one of these numbers.
  var lines: [String] {
    var lines = ["\(source): \(read) read, \(sealed) sealed, \(alreadyThere) there already."]
    if !services.isEmpty { lines.append("  by service: \(Self.list(services))") }
    if !kinds.isEmpty { lines.append("  by kind: \(Self.list(kinds))") }
    if attachments + missingAttachments > 0 {
      lines.append("  attachments: \(attachments) sealed, \(missingAttachments) not found")
    }
    for (reason, count) in skipped.sorted(by: { $0.key < $1.key }) {
      lines.append("  skipped \(count): \(reason)")
    }
    return lines
  }

  private static func list(_ counts: [String: Int]) -> String {
    counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
  }
}

/// How the tool names things. The names are part of its interface: docs/tool.md lists them.
extension Message {
  var kindName: String { kindName(hasAttachments: !attachments.isEmpty) }

  func kindName(hasAttachments: Bool) -> String {
    switch body {
    case .text: hasAttachments ? "attachment" : "text"
    case .reaction: "reaction"
    case .edit: "edit"
    case .retraction: "retracted"
    case .sticker: "attachment"
    case .groupEvent: "groupEvent"
    case .app: "app"
    case .unknown: "unknown"
    }
  }
}
#endif
