#if Tool
import Foundation
#if canImport(Glibc)
import Glibc

/// Waits for what comes into a folder until the system says so.
final class FolderWatch {
  private let events: Int32
  private let folder: String

  init(_ folder: String) throws {
    self.folder = folder
    events = inotify_init1(Int32(IN_CLOEXEC))
    guard events >= 0, unsafe inotify_add_watch(events, folder, UInt32(IN_CREATE)) >= 0 else {
      throw CocoaError(.fileReadUnknown)
    }
  }

  deinit { close(events) }

  /// Returns when something is there that `isWanted`, or when nothing came for a minute.
  func wait(for isWanted: (String) -> Bool) throws {
    while try !FileManager.default.contentsOfDirectory(atPath: folder).contains(where: isWanted) {
      var waiting = pollfd(fd: events, events: Int16(POLLIN), revents: 0)
      guard unsafe poll(&waiting, 1, 60_000) == 1 else { return }
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(events, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
    }
  }
}
#else
import Dispatch

/// Waits for what comes into a folder until the system says so.
final class FolderWatch {
  private let source: any DispatchSourceFileSystemObject
  private let change = DispatchSemaphore(value: 0)
  private let folder: String

  init(_ folder: String) throws {
    self.folder = folder
    let file = open(folder, O_EVTONLY)
    guard file >= 0 else { throw CocoaError(.fileReadUnknown) }
    source = DispatchSource.makeFileSystemObjectSource(fileDescriptor: file, eventMask: .write)
    source.setEventHandler { [change] in change.signal() }
    source.setCancelHandler { close(file) }
    source.activate()
  }

  deinit { source.cancel() }

  /// Returns when something is there that `isWanted`, or when nothing came for a minute.
  func wait(for isWanted: (String) -> Bool) throws {
    while try !FileManager.default.contentsOfDirectory(atPath: folder).contains(where: isWanted) {
      guard change.wait(timeout: .now() + 60) == .success else { return }
    }
  }
}
#endif
#endif
