#if Tool
import Foundation
import Letterlock
import LetterlockSQLite

/// A relay that a person names in place of the one that the folder names: its file was moved, or it is served elsewhere.
struct NamedRelay {
  let relay: OpenedRelay
  private let place: RelayPlace

  init(_ place: RelayPlace) throws {
    guard !place.name.isEmpty else { throw ToolError("The name of the relay is empty.") }
    self.place = place
    relay = try ArchiveFolder.openRelay(at: place)
  }

  /// Refuses a relay that does not sign with the key that the account's log pins: it is another one. A device that is here,
  /// or whose place another one is about to take, has the log; one that is new has none yet.
  func check(for vault: FileKeyVault) async throws(ToolError) {
    guard let known = try? Device.relayKey(in: vault) else { return }
    let key: [UInt8]
    do throws(RelayError) { key = try await relay.relay.checkpointKey(as: .anyone) } catch {
      throw ToolError(error)
    }
    guard key == known else {
      throw ToolError(
        "\(place.name) is not the relay of this account: it has another key. Nothing was changed.")
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
  func remember(in folder: ArchiveFolder) throws { try folder.point(toRelay: place) }
}

/// The relay of a device in whose place another one asks to join, at a relay that was named.
extension ArchiveFolder {
  /// Says where the former device's relay is, until the new one has joined; empty if it is in the folder itself.
  var formerPointerPath: String { devicePath + "/relay.former" }

  private static func isThere(_ path: String) -> Bool {
    (try? FileManager.default.attributesOfItem(atPath: path)) != nil
  }

  static func remove(_ path: String) throws {
    guard isThere(path) else { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw ToolError("\(path) cannot be removed.")
    }
  }

  /// Notes the relay at which a request waits, and keeps the one that the folder names until then.
  /// - Parameter isNew: Whether the request was made just now, so that what an earlier one kept counts no more.
  func point(toRelay place: RelayPlace?, forNewRequest isNew: Bool) throws {
    guard let place else {
      if isNew { try Self.remove(formerPointerPath) }
      return
    }
    if isNew || !Self.isThere(formerPointerPath) {
      let pointer = try Self.isThere(relayPointerPath) ? ReadFile.bytes(of: relayPointerPath) : []
      try Output.write(pointer, to: formerPointerPath, .replaced)
    }
    try point(toRelay: place)
  }

  /// The request came to its end, and its relay stays.
  func keepRelay() throws { try Self.remove(formerPointerPath) }

  /// The request was taken back: the folder names the relay again that it named before.
  func putBackRelay() throws {
    guard Self.isThere(formerPointerPath) else { return }
    let pointer = try ReadFile.bytes(of: formerPointerPath)
    if pointer.isEmpty {
      try Self.remove(relayPointerPath)
    } else {
      try Output.write(pointer, to: relayPointerPath, .replaced)
    }
    try keepRelay()
  }
}
#endif
