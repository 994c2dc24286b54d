#if Server
internal import CryptoCore
internal import Foundation
internal import LetterlockFormat
internal import Synchronization
internal import SystemCore
internal import TLSCodec

/// The tokens that allow to make an account, as a file lists them. SPEC.md section 13.11.
final class RegistrationTokens: Sendable {
  /// What the file had when it was read last.
  private struct Listed {
    var stamp: FileStamp?
    var hashes: [[UInt8]] = []
  }

  private let path: String
  private let listed = Mutex(Listed())

  init(path: String) { self.path = path }

  /// Whether a token is listed. It takes as long for one that is not.
  func lists(_ token: [UInt8]) -> Bool {
    let hash = SHA256Hash.hash(token)
    var isListed = false
    for known in current() where constantTimeEqual(known, hash) { isListed = true }
    return isListed
  }

  /// The hashes as the file has them now; none if it cannot be read.
  private func current() -> [[UInt8]] {
    let stamp = FileStamp(path)
    return listed.withLock { listed in
      if stamp == nil || stamp != listed.stamp {
        listed = Listed(stamp: stamp, hashes: stamp == nil ? [] : Self.hashes(in: path))
      }
      return listed.hashes
    }
  }

  /// More than these are not read.
  private static let maximumByteCount = 1 << 24

  private static func hashes(in path: String) -> [[UInt8]] {
    guard let data = FileManager.default.contents(atPath: path), data.count <= maximumByteCount else {
      return []
    }
    return String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline).compactMap { line in
      let text = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces).lowercased()
      guard let hash = Hex.decode(text), hash.count == 32 else { return nil }
      return hash
    }
  }
}

/// What changes when somebody writes to a file, or puts another in its place.
private struct FileStamp: Equatable {
  let number: Int
  let byteCount: Int
  let time: Date

  init?(_ path: String) {
    // Whoever changes what a link names changes the file too.
    guard let path = FileStatus.realPath(path),
      let attributes = try? FileManager.default.attributesOfItem(atPath: path),
      let byteCount = attributes[.size] as? Int, let time = attributes[.modificationDate] as? Date
    else { return nil }
    (self.byteCount, self.time) = (byteCount, time)
    number = attributes[.systemFileNumber] as? Int ?? 0
  }
}
#endif
