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
  func search(_ line: String, _ body: (Message) -> Bool) throws(DeviceError)
  func devices() throws(DeviceError) -> [AccountDevice]
  func attachmentStorage() throws(DeviceError) -> AttachmentStorage
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
  /// What the history holds, and where.
  func timelineIndex() throws -> TimelineIndex {
    do throws(DeviceError) { return try history.timelineIndex() } catch {
      throw ToolError(error, folder: folder.path)
    }
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
    do throws(DeviceError) { return try history.timeline() } catch {
      throw ToolError(error, folder: folder.path)
    }
  }

  /// The history as people see it, or saw it at the snapshot whose name or number is given.
  func timelineIndex(at wanted: String?) throws -> TimelineIndex {
    guard let wanted else { return try timelineIndex() }
    do {
      let found = try history.snapshots().filter {
        $0.snapshot.name == wanted || $0.snapshot.id.hasPrefix(wanted)
      }
      guard let newest = found.last else {
        throw ToolError("There is no snapshot “\(wanted)”: see `letterlock snapshots \(folder.path)`.")
      }
      return try history.timelineIndex(at: newest.snapshot)
    } catch let error as DeviceError { throw ToolError(error, folder: folder.path) }
  }
}
#endif
