#if Server
import Foundation
import LetterlockFormat
import TLSCodec

/// A file that holds the seed of a checkpoint key.
enum CheckpointKeyFile {
  /// The key whose seed stands in a file, as 64 hexadecimal digits.
  static func key(in path: String) throws -> CheckpointKey {
    guard let data = FileManager.default.contents(atPath: path), data.count <= 1024 else {
      throw ServeError("The checkpoint key's file \(path) cannot be read.")
    }
    let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let seed = Hex.decode(text), seed.count == 32 else {
      throw ServeError("The checkpoint key's file \(path) does not hold 64 hexadecimal digits.")
    }
    return try CheckpointKey(seed: seed)
  }
}

extension ServeSettings {
  /// The checkpoint key that is set; nil if the store is to have its own.
  func signingKey() throws -> CheckpointKey? {
    if let path = checkpointKeyFile { return try CheckpointKeyFile.key(in: path) }
    guard let text = checkpointKey else { return nil }
    guard let seed = Hex.decode(text), seed.count == 32 else {
      throw ServeError("LETTERLOCK_RELAY_CHECKPOINT_KEY does not hold 64 hexadecimal digits.")
    }
    return try CheckpointKey(seed: seed)
  }
}
#endif
