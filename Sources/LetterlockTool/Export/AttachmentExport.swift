#if Tool
import Foundation
import Letterlock
import Synchronization

/// The files of a page: each once, in a folder beside it.
final class AttachmentExport: Sendable {
  private static let folderName = "attachments"

  private let device: any HistoryReading
  private let folder: OutputDirectory
  /// What was written, by name.
  private let written = Mutex<Set<String>>([])

  init(device: any HistoryReading, folder: OutputDirectory) {
    self.device = device
    self.folder = folder
  }

  func makeFolder() throws { try folder.makeFolder(Self.folderName) }

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
    let target = try folder.file(Self.folderName + "/" + name)
    guard let file = target.file else { return false }
    do throws(DeviceError) { try await device.save(attachment, into: file) } catch {
      if let failure = target.failure { throw ToolError(failure, writing: target.name) }
      if case .cancelled = error { throw ToolError(error) }
      device.noteUnreadable(attachment)
      return false
    }
    try target.finish()
    written.withLock { _ = $0.insert(name) }
    return true
  }
}

extension HistoryReading {
  /// Says of a file that could not be opened though it is here that it is damaged. One that is not here is not there to
  /// be exported, and that is no fault.
  func noteUnreadable(_ attachment: Attachment) {
    guard (try? isStored(attachment.blob)) == true else { return }
    Terminal.noteFailure(
      "The file \(attachment.name ?? attachment.mediaType) (\(attachment.blob.description.prefix(16))) is here and "
        + "damaged: its bytes are not the ones that were sealed.")
  }
}
#endif
