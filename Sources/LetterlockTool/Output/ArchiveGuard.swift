#if Tool
import Foundation
import SystemCore

/// Keeps what a person lets the tool write out of archives: nothing is written into a `device` folder, or in the place of
/// a relay's file, a device's store or its keys, whatever `--force` says.
enum ArchiveGuard {
  /// What SQLite lays beside a database: what it finds there, it reads as a part of that.
  private static let suffixes = ["-wal", "-shm", "-journal"]
  /// The folder of attachments beside a relay's file or a device's store.
  private static let blobsSuffix = ".blobs"
  /// The names of what a `device` folder holds.
  private static let deviceFiles = ["keys", "store.sqlite", "lock"]

  /// Refuses the name of a file or a folder to write.
  static func check(_ path: String) throws {
    guard !path.isEmpty else { return }
    let place = resolved(path)
    for folder in ancestors(of: place) where isDeviceFolder(folder) {
      throw ToolError(
        "\(path) is in the folder \(folder), where an archive keeps its device: choose another name.")
    }
    for folder in ancestors(of: place) where folder.hasSuffix(blobsSuffix) {
      guard isOwn(String(folder.dropLast(blobsSuffix.count))) else { continue }
      throw ToolError(
        "\(path) is in the folder \(folder), where a store keeps attachments: choose another name.")
    }
    let main = withoutSuffix(place)
    if isOwn(place) || isOwn(main) || isRelayPlace(main) {
      throw ToolError("\(path) is a file of an archive, and none is ever replaced: choose another name.")
    }
  }

  /// The path in folders that are none by a link. The last part may be a link, which no output follows.
  private static func resolved(_ path: String) -> String {
    var trimmed = path
    while trimmed.count > 1, trimmed.hasSuffix("/") { trimmed.removeLast() }
    let url = URL(fileURLWithPath: trimmed)
    return url.deletingLastPathComponent().resolvingSymlinksInPath()
      .appendingPathComponent(url.lastPathComponent).standardizedFileURL.path
  }

  /// A path and the folders that it is in, the innermost first.
  private static func ancestors(of path: String) -> [String] {
    var folders = [path]
    while let last = folders.last, last.count > 1 {
      let next = URL(fileURLWithPath: last).deletingLastPathComponent().path
      guard next.count < last.count else { break }
      folders.append(next)
    }
    return folders
  }

  private static func isDeviceFolder(_ path: String) -> Bool {
    guard URL(fileURLWithPath: path).lastPathComponent.lowercased() == "device" else { return false }
    // One whose files are lost, or not made yet, has some of them.
    return deviceFiles.contains { (try? OutputFolder.content(at: path + "/" + $0)) ?? .absent != .absent }
  }

  /// Where an archive's relay is, or was before it was lost.
  private static func isRelayPlace(_ path: String) -> Bool {
    let url = URL(fileURLWithPath: path)
    return url.lastPathComponent.lowercased() == "relay.sqlite"
      && isDeviceFolder(url.deletingLastPathComponent().path + "/device")
  }

  private static func withoutSuffix(_ path: String) -> String {
    suffixes.first(where: path.hasSuffix).map { String(path.dropLast($0.count)) } ?? path
  }

  /// Whether a file begins as a relay, a device's store or a key file does, wherever it lies.
  private static func isOwn(_ path: String) -> Bool {
    guard (try? OutputFolder.content(at: path)) == .file else { return false }
    guard let file = try? InputFile(path), let head = try? file.next(72) else { return false }
    if head.starts(with: "LLKV".utf8) { return true }
    guard head.starts(with: "SQLite format 3\0".utf8), head.count == 72 else { return false }
    // SQLite's application number: "LtRe" and "LtSt".
    return head.suffix(4).elementsEqual("LtRe".utf8) || head.suffix(4).elementsEqual("LtSt".utf8)
  }
}
#endif
