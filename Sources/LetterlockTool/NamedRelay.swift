#if Tool
import Letterlock
import LetterlockSQLite

/// A relay that a person names in place of the one that the folder names: its file was moved.
struct NamedRelay {
  let relay: SQLiteRelay
  private let path: String

  init(path: String) throws {
    guard !path.isEmpty else { throw ToolError("The name of the relay's file is empty.") }
    self.path = path
    relay = try ArchiveFolder.openRelay(at: path)
  }

  /// Refuses a relay that does not sign with the key that the account's log pins: it is another one. A device that is here,
  /// or whose place another one is about to take, has the log; one that is new has none yet.
  func check(for vault: FileKeyVault, _ store: SQLiteDeviceStore) async throws(ToolError) {
    guard let log = (try? ReadOnlyDevice(vault: vault, store: store))?.log else { return }
    let key: [UInt8]
    do throws(RelayError) { key = try await relay.checkpointKey(as: .anyone) } catch {
      throw ToolError(error)
    }
    guard key == log.checkpointKey else {
      throw ToolError("\(path) is not the relay of this account: it has another key. Nothing was changed.")
    }
  }

  /// Remembers the place, if what a synchronisation found there is the account's history.
  func remember(in folder: ArchiveFolder, _ verdict: Verdict) throws {
    switch verdict {
    case .complete, .unreadable, .removed: try remember(in: folder)
    default: break
    }
  }

  /// Remembers the place.
  func remember(in folder: ArchiveFolder) throws { try folder.point(toRelay: path) }
}
#endif
