#if Tool
import Letterlock
import Synchronization

/// Files that are at the relay alone. The relay is opened for the first of them: what is here comes out without one.
final class RelayFiles: Sendable {
  private let folder: ArchiveFolder
  private let passphrase: String?
  private let opened = Mutex<Result<Device, ToolError>?>(nil)

  /// Nil if the archive cannot keep what is fetched, or the relay gives its device nothing any more.
  init?(of reading: ArchiveFolder.Reading, _ passphrase: String?) {
    guard reading.folder.isWritable, reading.device.ownRemoval == nil else { return nil }
    (folder, self.passphrase) = (reading.folder, passphrase)
  }

  /// The device with its relay. Why there is none, is said once.
  func device() throws(ToolError) -> Device {
    try opened.withLock { (opened) throws(ToolError) in
      if let opened { return try opened.get() }
      let result = open()
      if case .failure(let error) = result { Terminal.noteFailure(error.text) }
      opened = result
      return try result.get()
    }
  }

  /// Waits for no other process: whoever asks for one file alone is told that one is at work.
  func lock() throws { try folder.lock() }

  private func open() -> Result<Device, ToolError> {
    do { return .success(try folder.open(passphrase).device) } catch {
      return .failure(error as? ToolError ?? ToolError("\(error)"))
    }
  }
}

extension Attachment {
  /// What a person calls the file.
  var shownName: TerminalText { "\(name ?? mediaType) (\(blob.description.prefix(16)))" }
}
#endif
