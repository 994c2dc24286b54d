#if SQLite
import Foundation
import Letterlock
import Testing

@testable import LetterlockImport

@Suite("What is no file to import")
struct SourceFileTests {
  private func failure(_ path: String) -> [ImportError] {
    var failures: [ImportError] = []
    let opens: [() throws -> Void] = [
      { _ = try ImportSource.open(path: path) }, { _ = try AppleMessagesImporter(path: path) },
      { _ = try SMSBackupImporter(path: path) },
    ]
    for open in opens {
      do { try open() } catch { if let error = error as? ImportError { failures.append(error) } }
    }
    return failures
  }

  @Test func `a pipe, a device and a folder are refused, and are not waited for`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "letterlock-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let pipe = folder.appendingPathComponent("pipe").path
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let link = folder.appendingPathComponent("link").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: pipe)
    for path in [pipe, link, "/dev/zero", folder.path] {
      #expect(
        failure(path)
          == [ImportError](
            repeating: .unreadable("it is a folder, a pipe or a device, and no file"), count: 3))
    }
    let missing = ImportError.unreadable("it is not there, or may not be read")
    #expect(failure(folder.path + "/none") == [missing, missing, missing])
  }
}
#endif
