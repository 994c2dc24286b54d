#if Tool
import Letterlock
import LetterlockImport

/// Importing an archive of this tool in another one.
extension ImportRun {
  /// Imports an archive, which is only read. A record that is damaged stands in the report, and stops nothing.
  func add(archive folder: ArchiveFolder, _ passphrase: String?) async throws -> ImportReport {
    var report = ImportReport(source: folder.path)
    guard !opened.folder.holds(folder.path) else {
      report.failure = "Cannot import \(folder.path): it is the archive itself."
      total.add(report)
      return report
    }
    let content: ArchiveContent
    do {
      content = try ArchiveContent(try folder.openForReading(passphrase, ifRemoved: .source))
    } catch let error as ToolError {
      report.failure = "Cannot import \(folder.path): \(error.description)"
      total.add(report)
      return report
    }
    do { try await add(content, &report) } catch let error as ToolError {
      report.failure = error.description
      total.add(report)
      throw error
    }
    total.add(report)
    return report
  }

  private func add(_ content: ArchiveContent, _ report: inout ImportReport) async throws {
    report.damagedRecords = content.damaged
    if content.unknownCount > 0 {
      report.skipped["an entry that a newer version made"] = content.unknownCount
    }
    try addProfiles(content.profiles)
    let history = try known()
    var batch: [ImportItem] = []
    try content.forEachMessage { imported in
      batch.append(.message(imported))
      guard batch.count >= pageCount else { return }
      try take(batch, history, &report)
      batch = []
    }
    try take(batch, history, &report)
    await send()
    for versions in try content.versions() {
      try take(versions.map(ImportItem.message), try known(), &report)
    }
    try addDeletions(content)
    await send()
  }

  /// Moves to recently deleted what is there in the archive, unless a person has decided about it here.
  private func addDeletions(_ content: ArchiveContent) throws {
    guard !content.deleted.isEmpty else { return }
    var decided: Set<MessageID> = []
    do throws(HistoryReadError<Never>) {
      try opened.device.forEachEntry { read in
        if case .success(.deletion(let deletion)) = read.entry { decided.formUnion(deletion.messages) }
      }
    } catch {
      switch error {
      case .device(let error): throw ToolError(error, folder: opened.folder.path)
      }
    }
    struct Group: Hashable {
      let at: Timestamp
      let conversation: ConversationID
    }
    var groups: [Group: [MessageID]] = [:]
    for (id, deletion) in content.deleted where !decided.contains(id) {
      groups[Group(at: deletion.at, conversation: deletion.conversation), default: []].append(id)
    }
    let entries = groups.sorted { ($0.key.at, $0.key.conversation) < ($1.key.at, $1.key.conversation) }.map {
      ArchiveEntry.deletion(
        Deletion(.deleted, at: $0.key.at, conversation: $0.key.conversation, messages: $0.value.sorted()))
    }
    guard !entries.isEmpty else { return }
    do throws(DeviceError) { try opened.device.enqueue(entries) } catch {
      throw ToolError(error, folder: opened.folder.path)
    }
  }
}
#endif
