#if Tool
import Foundation
import Letterlock
import LetterlockImport

/// Seals what sources hold, page by page: sealed, kept on the device, then on the relay.
final class ImportRun {
  let opened: ArchiveFolder.Opened
  let pageCount: Int
  private var knownProfiles: [ConversationID: ConversationProfile] = [:]
  var total = ImportReport(source: "all")
  /// Why what is sealed does not go to the relay: everything is sealed all the same.
  private(set) var notSent: ToolError?

  /// Reads which conversations and files are there, and ends an import that was cut short.
  init(_ opened: ArchiveFolder.Opened, atOnce pageCount: Int = ImportReader.pageCount) throws {
    self.opened = opened
    self.pageCount = pageCount
    var referenced: Set<BlobID> = []
    var isComplete = true
    do throws(HistoryReadError<Never>) {
      try opened.device.forEachEntry { read in
        guard case .success(let entry) = read.entry else {
          isComplete = false
          return
        }
        if case .unknown = entry { isComplete = false }
        referenced.formUnion(entry.attachments.map(\.blob))
        if case .conversation(let profile) = entry { knownProfiles[profile.id] = profile }
      }
    } catch {
      switch error {
      case .device(let error): throw ToolError(error, folder: opened.folder.path)
      }
    }
    // A record that cannot be read may refer to a file.
    if isComplete { try removeOrphans(referenced) }
  }

  /// Attachments whose messages were never kept, because the process ended in between.
  private func removeOrphans(_ referenced: Set<BlobID>) throws {
    do throws(StoreError) {
      try opened.store.removeUnfinishedBlobs()
      let orphans = try opened.store.allBlobs().filter { !referenced.contains($0) }
      if !orphans.isEmpty { try opened.store.removeBlobs(orphans) }
    } catch { throw ToolError(error) }
  }

  /// Imports one source. What is wrong with the source stands in the report, and stops no other. What else fails is
  /// thrown, and stands in the total as well.
  func add(_ path: String) async throws -> ImportReport {
    var report = ImportReport(source: path)
    guard ReadFile.hasAnEnd(path) else {
      report.failure = "Cannot import \(path): it is no regular file."
      total.add(report)
      return report
    }
    let reader: ImportReader
    do throws(ImportError) {
      let importer = try ImportSource.open(path: path)
      reader = ImportReader(importer, atOnce: pageCount)
    } catch {
      report.failure = "Cannot import \(path): \(error)."
      total.add(report)
      return report
    }
    do { try await add(reader, &report) } catch let error as ToolError {
      report.failure = error.description
      total.add(report)
      throw error
    }
    total.add(report)
    return report
  }

  private func add(_ reader: ImportReader, _ report: inout ImportReport) async throws {
    let bar = ProgressBar("Sealing \(URL(fileURLWithPath: report.source).lastPathComponent)")
    let opened = opened
    let history = try known()
    var next = await reader.page()
    while true {
      let page = next
      // While this page is sealed and kept here, the next one is read, and the ones before go to the relay.
      async let following = page.end == nil ? reader.page() : page
      let earlier = notSent
      async let failure = Self.failure(toSend: opened, after: earlier)
      if let profiles = page.profiles { try addProfiles(profiles) }
      try take(page.items, history, &report)
      notSent = await failure
      bar.update(page.fractionDone, "\(report.sealed) messages")
      guard let end = page.end else {
        next = await following
        continue
      }
      await send()
      bar.finish()
      if case .damaged(let error) = end {
        // What stands before the damage is as good as ever.
        report.failure =
          "Reading \(report.source) stopped: \(error). The \(report.sealed) messages before are sealed."
      }
      return
    }
  }

  func known() throws -> HistoryImport {
    do throws(DeviceError) { return try opened.device.historyImport() } catch {
      throw ToolError(error, folder: opened.folder.path)
    }
  }

  func take(_ items: [ImportItem], _ history: HistoryImport, _ report: inout ImportReport) throws {
    report.read += items.count
    var batch: [ImportedMessage] = []
    for item in items {
      switch item {
      case .skipped(let skip) where skip.isLost: report.lost[skip.reason, default: 0] += 1
      case .skipped(let skip): report.skipped[skip.reason, default: 0] += 1
      case .message(let imported) where imported.isTooLong:
        report.lost["a message too long to be sealed", default: 0] += 1
      case .message(var imported):
        let dropped = imported.dropLongVersions()
        if dropped > 0 { report.lost["an earlier version too long to be sealed", default: 0] += dropped }
        batch.append(imported)
      }
    }
    let outcomes: [ImportOutcome]
    do throws(DeviceError) { outcomes = try history.add(batch) } catch {
      throw ToolError(error, folder: opened.folder.path)
    }
    for (imported, outcome) in zip(batch, outcomes) { report.count(imported, outcome) }
  }

  func addProfiles(_ all: [ConversationProfile]) throws {
    let profiles = all.filter { knownProfiles[$0.id] != $0 }
    for profile in profiles { knownProfiles[profile.id] = profile }
    guard !profiles.isEmpty else { return }
    do throws(DeviceError) {
      try opened.device.enqueue(profiles.map(ArchiveEntry.conversation))
    } catch { throw ToolError(error, folder: opened.folder.path) }
  }

  /// Sends what waits, unless an earlier page could not be sent.
  func send() async { notSent = await Self.failure(toSend: opened, after: notSent) }

  private static func failure(
    toSend opened: ArchiveFolder.Opened, after earlier: ToolError?
  ) async -> ToolError? {
    if let earlier { return earlier }
    do { try await opened.send() } catch { return error as? ToolError ?? ToolError("\(error)") }
    return nil
  }
}

extension ImportedMessage {
  /// Whether the message, with what it will say of its files, is longer than any record.
  fileprivate var isTooLong: Bool { isTooLong(message) }

  /// Leaves out earlier versions that are longer than any record. Returns how many.
  fileprivate mutating func dropLongVersions() -> Int {
    guard !earlier.isEmpty else { return 0 }
    let kept = earlier.filter { !isTooLong($0) }
    defer { earlier = kept }
    return earlier.count - kept.count
  }

  private func isTooLong(_ version: Message) -> Bool {
    let references = attachments.reduce(0) { $0 + 256 + ($1.name?.utf8.count ?? 0) + $1.mediaType.utf8.count }
    return ArchiveEntry.message(version).encodedByteCount + references > ArchiveEntry.maximumByteCount
  }
}

extension SyncReport {
  /// Refuses a history that is not what it should be.
  func checked() throws(DeviceError) {
    noteFindings()
    switch verdict {
    case .complete: return
    case .unreadable: Terminal.noteFailure("\(verdict.sentence)")
    default: throw .historyRefused(verdict)
    }
  }
}

/// How the tool names things. The names are part of its interface: docs/tool.md lists them.
extension Message {
  var kindName: String { kindName(hasAttachments: !attachments.isEmpty || !absentFiles.isEmpty) }

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
