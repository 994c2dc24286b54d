import Foundation
import Letterlock

/// A vault of an app's own: a file for each version, of which the one with the highest number counts. A file is made by
/// a link, which fails if another process made that version first.
struct OwnVault: KeyVault {
  let folder: URL

  func load() throws(VaultError) -> VaultContents? {
    guard let version = try versions().max() else { return nil }
    do {
      let data = try Data(contentsOf: file(version))
      let count = Int(data[0]) << 16 | Int(data[1]) << 8 | Int(data[2])
      return VaultContents(
        version: version, secretBytes: Array(data[3..<3 + count]), state: Array(data[(3 + count)...]))
    } catch { throw .unavailable("\(error)") }
  }

  func save(_ contents: VaultContents, replacing version: UInt64?) throws(VaultError) {
    guard try versions().max() == version else { throw .conflict }
    let secrets = contents.exportSecretBytes()
    let count = secrets.count
    let bytes =
      [UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)] + secrets + contents.state
    let draft = folder.appendingPathComponent(UUID().uuidString)
    do { try Data(bytes).write(to: draft) } catch { throw .unavailable("\(error)") }
    defer { try? FileManager.default.removeItem(at: draft) }
    do { try FileManager.default.linkItem(at: draft, to: file(contents.version)) } catch { throw .conflict }
    if let version { try? FileManager.default.removeItem(at: file(version)) }
  }

  private func file(_ version: UInt64) -> URL { folder.appendingPathComponent("v\(version)") }

  private func versions() throws(VaultError) -> [UInt64] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder.path).compactMap {
        $0.hasPrefix("v") ? UInt64($0.dropFirst()) : nil
      }
    } catch { throw .unavailable("\(error)") }
  }
}
