#if SQLite
internal import CryptoCore
internal import Foundation
internal import GRDB
package import Letterlock
package import LetterlockRelayKit
internal import SQLiteCore
internal import TLSCodec

/// Files beside the store that belong to no attachment: a process that was killed leaves one, and a backup that was put
/// back leaves those of its future.
extension RelayService where Store == SQLiteRelayStore {
  /// Removes files that no row names and that nobody has written to for a day. Returns how many there were.
  ///
  /// It is safe beside processes that serve the store. A file is made before its row is committed, so the store is
  /// written by nobody else while files are compared with rows; and who makes one commits its row in less than a day.
  package func removeStrayFiles(at now: Timestamp = .now) throws(RelayError) -> Int {
    let oldest = Double(now.nanosecondsSince1970) / 1_000_000_000 - 86_400
    do {
      return try store.file.queue.write { [parts = store.parts] database in
        var known: Set<String> = []
        for table in ["blob_file", "dropped_file"] {
          try database.forEachRow("SELECT name FROM \(table)", []) {
            known.insert(Hex.encode(try $0.bytes(0)))
          }
        }
        var count = 0
        for name in parts.folder.names where !known.contains(name) && Self.isOurs(name) {
          guard let time = parts.folder.modified(name), time.timeIntervalSince1970 < oldest else { continue }
          parts.folder.remove(name)
          if !parts.folder.contains(name) { count += 1 }
        }
        return count
      }
    } catch { throw RelayError(storage: error) }
  }

  /// Whether a file has a name that this store gives.
  private static func isOurs(_ name: String) -> Bool {
    Hex.decode(name)?.count == 16 && name == name.lowercased()
  }
}
#endif
