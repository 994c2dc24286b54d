#if Tool
import Letterlock
import LetterlockSQLite
import SystemCore

/// What reads a device's history: a device, or one that is only read.
protocol HistoryReading: Sendable {
  var id: DeviceID { get }
  var account: AccountID { get }
  var log: AccountLog { get }
  func timelineIndex() throws(DeviceError) -> TimelineIndex
  func timelineIndex(at snapshot: Snapshot) throws(DeviceError) -> TimelineIndex
  func messages(
    _ references: some Collection<MessageReference>, of index: TimelineIndex
  ) throws(DeviceError) -> [Message]
  func forEachMessage(
    _ references: [MessageReference]?, of index: TimelineIndex, _ body: ([Message]) throws -> Void) throws
  func versions(of reference: MessageReference, of index: TimelineIndex) throws(DeviceError)
    -> [MessageVersion]
  func timeline() throws(DeviceError) -> Timeline
  func snapshots() throws(DeviceError) -> [Device.ListedSnapshot]
  @discardableResult func search(
    _ line: String, _ body: (Message, TimelineIndex) -> Bool
  ) throws(DeviceError) -> TimelineIndex
  func devices() throws(DeviceError) -> [AccountDevice]
  func attachmentStorage() throws(DeviceError) -> AttachmentStorage
  func isStored(_ blob: BlobID) throws(DeviceError) -> Bool
  func open(_ attachment: Attachment) async throws(DeviceError) -> AttachmentFile
  func save(_ attachment: Attachment, into file: OutputFile) async throws(DeviceError)
  func read(
    _ attachment: Attachment, _ body: ([UInt8]) throws(DeviceError) -> Void
  ) async throws(DeviceError)
  func readStored(
    _ attachment: Attachment, _ body: ([UInt8]) throws(DeviceError) -> Void
  ) throws(DeviceError)
}

extension Device: HistoryReading {}

extension HistoryReading {
  /// The versions of a message, oldest first; none if it has only one.
  func otherVersions(of message: Message, in index: TimelineIndex) throws(DeviceError) -> [MessageVersion] {
    guard let reference = index.reference(to: message.id), index.hasVersions(reference) else { return [] }
    return try versions(of: reference, of: index)
  }
}

extension ReadOnlyDevice: HistoryReading {
  func readStored(
    _ attachment: Attachment, _ body: ([UInt8]) throws(DeviceError) -> Void
  ) throws(DeviceError) { try read(attachment, body) }
}

/// An archive that was opened, to be changed or to be read.
protocol OpenedArchive: Sendable {
  var folder: ArchiveFolder { get }
  var history: any HistoryReading { get }
}

extension ArchiveFolder.Opened: OpenedArchive {
  var history: any HistoryReading { device }
}

extension ArchiveFolder.Reading: OpenedArchive {
  var history: any HistoryReading { device }
}

extension OpenedArchive {
  /// What the history holds, and where. Says what of it cannot be read.
  func timelineIndex() throws -> TimelineIndex {
    do throws(DeviceError) { return noting(try history.timelineIndex()) } catch {
      throw ToolError(error, folder: folder.path)
    }
  }

  /// Says once that records cannot be read: what they would change is not known.
  func noting(_ index: TimelineIndex) -> TimelineIndex {
    note(unreadable: index.unreadable.count)
    return index
  }

  private func note(unreadable count: Int) {
    guard count > 0 else { return }
    Terminal.noteFailure(
      "\(count) \(count == 1 ? "record" : "records") cannot be read, and what is shown may lack what they say: see "
        + "`letterlock verify \(folder.path)`.")
  }

  /// Lends messages, a page at a time.
  func forEachMessage(
    _ references: [MessageReference]? = nil, of index: TimelineIndex, _ body: ([Message]) throws -> Void
  ) throws {
    do { try history.forEachMessage(references, of: index, body) } catch let error as DeviceError {
      throw ToolError(error, folder: folder.path)
    }
  }

  /// The whole history, as people see it.
  func timeline() throws -> Timeline {
    do throws(DeviceError) {
      let timeline = try history.timeline()
      note(unreadable: timeline.unreadable.count)
      return timeline
    } catch { throw ToolError(error, folder: folder.path) }
  }

  /// The history as people see it, or saw it at the snapshot whose name or number is given.
  func timelineIndex(at wanted: String?) throws -> TimelineIndex {
    guard let wanted else { return try timelineIndex() }
    do {
      let choice = Choice(of: wanted, "snapshot", "letterlock snapshots \(folder.path)")
      let snapshot = try choice.pickSnapshot(history.snapshots().map(\.snapshot))
      return noting(try history.timelineIndex(at: snapshot))
    } catch let error as DeviceError { throw ToolError(error, folder: folder.path) }
  }
}

extension Choice {
  /// The snapshot of a name, or of the beginning of a number. Of two with the same name the newest counts.
  func pickSnapshot(_ all: [Snapshot]) throws -> Snapshot {
    try all.last { $0.name == wanted && !wanted.isEmpty } ?? pick(all) { [$0.id] }
  }
}
#endif
