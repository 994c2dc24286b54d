#if Tool
import Foundation
import Letterlock
import Synchronization

/// The files of a page: each once, in a folder beside it.
final class AttachmentExport: Sendable {
  private static let folderName = "attachments"

  private let device: any HistoryReading
  private let folder: OutputDirectory
  /// For files that are not here; nil if `device` fetches them itself, or nothing does.
  private let relayFiles: RelayFiles?
  /// What was written, by name.
  private let written = Mutex<Set<String>>([])

  init(device: any HistoryReading, folder: OutputDirectory, fetching relayFiles: RelayFiles?) {
    self.device = device
    self.folder = folder
    self.relayFiles = relayFiles
  }

  func makeFolder() throws { try folder.makeFolder(Self.folderName) }

  /// Removes what an earlier export wrote and this one did not: it may have been erased since.
  func removeEarlier() {
    folder.removeOthers(in: Self.folderName) {
      $0.wholeMatch(of: /[0-9a-f]{32}-[A-Za-z0-9_-]+\.[a-z0-9]+/) != nil
    }
  }

  /// Writes a file, and shows it as its media type allows. Its name in the folder is of the tool's making: the sender's
  /// extension is not in it.
  func html(of attachment: Attachment) async throws -> String {
    let label = (attachment.name ?? "file").html
    let name =
      "\(attachment.digest.hex.prefix(32))-\((attachment.name ?? "file").safeFileStem)"
      + ".\(MediaTypes.fileExtension(of: attachment.mediaType))"
    guard try await write(attachment, as: name) else {
      return "<span class=\"gone\">\((attachment.name ?? attachment.mediaType).html): not available</span>"
    }
    let link = "\(Self.folderName)/\(name)".html
    let size = ByteText(attachment.byteCount).description.html
    switch MediaTypes.showing(attachment.mediaType) {
    case .picture:
      return "<a href=\"\(link)\" download><img src=\"\(link)\" alt=\"\(label)\" loading=\"lazy\"></a>"
    case .link:
      return "<a class=\"file\" href=\"\(link)\" download>📎 \(label) <small>\(size)</small></a>"
    case .name:
      return "<span class=\"file\">📎 \(label) <small>\(size), in \(link)</small></span>"
    }
  }

  /// Whether the file is there: one that cannot be had does not keep the others from being written.
  private func write(_ attachment: Attachment, as name: String) async throws -> Bool {
    guard !written.withLock({ $0.contains(name) }) else { return true }
    let isHere = (try? device.isStored(attachment.blob)) == true
    guard let source = isHere ? device : source(of: attachment) else { return false }
    let target = try folder.file(Self.folderName + "/" + name)
    guard let file = target.file else { return false }
    do throws(DeviceError) { try await source.save(attachment, into: file) } catch {
      if let failure = target.failure { throw ToolError(failure, writing: target.name) }
      if case .cancelled = error { throw ToolError(error) }
      if isHere { device.noteUnreadable(attachment) } else { Self.noteAbsent(attachment) }
      return false
    }
    try target.finish()
    written.withLock { _ = $0.insert(name) }
    return true
  }

  /// What gives a file that is not here; nil if its relay cannot be had.
  private func source(of attachment: Attachment) -> (any HistoryReading)? {
    guard let relayFiles else { return device }
    do throws(ToolError) { return try relayFiles.device() } catch {
      Self.noteAbsent(attachment)
      return nil
    }
  }

  private static func noteAbsent(_ attachment: Attachment) {
    Terminal.noteFailure(
      "The file \(attachment.shownName) is not on this device, and does not come from the relay.")
  }
}

extension HistoryReading {
  /// Says of a file that could not be opened though it is here that it is damaged.
  func noteUnreadable(_ attachment: Attachment) {
    guard (try? isStored(attachment.blob)) == true else { return }
    Terminal.noteFailure(
      "The file \(attachment.shownName) is here and damaged: its bytes are not the ones that were sealed.")
  }
}
#endif
