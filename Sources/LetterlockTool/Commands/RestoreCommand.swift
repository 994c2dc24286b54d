#if Tool
import ArgumentParser
import Foundation
import Letterlock
import LetterlockSQLite

/// `letterlock restore`
struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Gets a whole history back with nothing but the recovery key.",
    discussion: """
      Up to 4 mistyped characters are corrected. The devices that can read the account are listed, and those that \
      you do not keep are removed by the entry that brings this one in. A restore that was interrupted goes on when \
      the command is run again. In the folder of a device that was removed from the account, what waits there to be \
      sent is taken along.
      """)

  @Argument(help: "The folder to make.") var dir: String
  @Option(help: "The relay's URL, its file, or the archive folder that holds it.") var relay: String
  @OptionGroup var authority: RelayAuthorityOption
  @Option(help: "A file that holds the recovery key.") var recoveryKeyFile: String
  @Option(help: "The beginning of the number of a device that stays; may be given again.")
  var keep: [String] = []
  @Flag(help: "Keeps no other device.") var keepNone = false
  @Option(help: "What to call this device.") var name = "This device"
  @Option(help: "Also proves that the history goes back to this snapshot, and says how to export it.")
  var snapshot: String?
  @Flag(help: "Puts an archive that is in this folder aside, whatever it holds, and keeps it.")
  var replace = false
  @OptionGroup var keys: KeyOptions

  func validate() throws {
    try authority.validate(relay)
    guard keep.isEmpty || !keepNone else { throw ValidationError("Give --keep or --keep-none, not both.") }
  }

  func run() async throws {
    try await Terminal.run {
      let passphrase = try keys.passphrase()
      let key = try Self.readKey(recoveryKeyFile)
      let place = try authority.place(relay)
      let server = try ArchiveFolder.openRelay(at: place).relay
      let folder = ArchiveFolder(path: dir)
      if replace {
        guard OpenedRelay.isURL(relay) || !folder.holds(ArchiveFolder.relayFile(at: relay)) else {
          throw ToolError(
            "The relay is in \(dir) itself: choose another folder, or move the relay out first.")
        }
      }
      let aside = replace ? try folder.putAside() : nil
      let device: Device
      do {
        let creation = try Self.begin(in: folder, place)
        device = try await restored(key, in: folder, creation, passphrase, server)
      } catch {
        if let aside { folder.putBack(aside) }
        throw error
      }
      // A restore that goes on may have been given the relay in another place.
      try folder.point(toRelay: place)
      try await fetch(device)
      if let snapshot { try prove(snapshot, in: folder, passphrase) }
    }
  }

  /// Says that the history reaches back to a snapshot. The account is restored, whatever becomes of that.
  private func prove(_ snapshot: String, in folder: ArchiveFolder, _ passphrase: String?) throws {
    let count: Int
    do {
      count = try folder.openForReading(passphrase).timelineIndex(at: snapshot).references.count
    } catch let error as ToolError {
      throw ToolError.wrong("The account is restored. Only the snapshot is not proven: \(error.description)")
    }
    Terminal.line(
      "\(snapshot): \(count) messages, proven. letterlock export \(dir) --snapshot \(snapshot) ...")
  }

  /// The device that was restored before, or is now. A folder that was made in vain is taken away.
  private func restored(
    _ key: consuming RecoveryKey, in folder: ArchiveFolder, _ creation: FolderCreation?,
    _ passphrase: String?,
    _ server: any Relay
  ) async throws -> Device {
    let store = try folder.openStore()
    let vault = folder.vault(passphrase)
    do {
      if let done = try await Self.isRestored(by: key, vault, store, server) {
        try checkChoice(of: done)
        return done
      }
    } catch let error as DeviceError { throw ToolError(error, folder: dir) }
    let session = try await opened(key, creation, vault, store, server)
    let kept: Set<DeviceID>
    if !session.unreadable.isEmpty {
      let records = session.unreadable.map(\.sentence).joined(separator: "; ")
      Terminal.note("The recovery key does not open \(records).")
      Terminal.note(
        "A device that reads them gives them back, if you keep it. The account is given back in any case.")
    }
    do {
      try checkSnapshot(in: session)
      kept = try choose(from: session.devices)
    } catch {
      creation?.undo()
      throw error
    }
    do throws(DeviceError) {
      let restored = try await session.restore(keeping: kept, named: name)
      if passphrase == nil { Terminal.note(KeyOptions.permissionsAlone) }
      note(restored)
      return restored.device
    } catch { throw ToolError(error, folder: dir) }
  }

  private func opened(
    _ key: consuming RecoveryKey, _ creation: FolderCreation?, _ vault: FileKeyVault,
    _ store: SQLiteDeviceStore, _ server: any Relay
  ) async throws -> RecoverySession {
    let bar = SyncBar()
    defer { bar.finish() }
    do throws(DeviceError) {
      return try await Device.openRecovery(with: key, vault: vault, store: store, relay: server) {
        bar.show($0)
      }
    } catch {
      if error == .noSuchAccount { creation?.undo() }
      throw ToolError(error, folder: dir)
    }
  }

  /// The history that came meanwhile, every file, and what is not there.
  private func fetch(_ device: Device) async throws {
    do throws(DeviceError) {
      let bar = SyncBar()
      let report = try await device.sync { bar.show($0) }
      bar.finish()
      let files = try await device.downloadAll()
      let summary = RestoreSummary(try device.restoreReport())
      Terminal.line("Restored \(summary.opened) records and \(files.count) attachments.")
      Terminal.lines(summary.lines)
      files.noteFailures()
      try report.checked()
    } catch { throw ToolError(error, folder: dir) }
  }

  /// Makes the folder, or takes the one that is there: a restore that was interrupted goes on.
  private static func begin(in folder: ArchiveFolder, _ relay: RelayPlace) throws -> FolderCreation? {
    guard try !folder.isInUse() else {
      try folder.lock()
      return nil
    }
    let creation = try folder.create()
    try folder.point(toRelay: relay)
    return creation
  }

  /// The device that an earlier run brought in with this key, and that had no time to fetch everything.
  private static func isRestored(
    by key: borrowing RecoveryKey, _ vault: FileKeyVault, _ store: SQLiteDeviceStore, _ relay: any Relay
  ) async throws(DeviceError) -> Device? {
    let device: Device
    do throws(DeviceError) { device = try Device(vault: vault, store: store, relay: relay) } catch {
      switch error {
      case .vaultEmpty, .restoreUnfinished, .joinUnfinished: return nil
      default: throw error
      }
    }
    // One that may not act any more is restored again, and what waits there is taken along.
    if try await Device.isFormer(in: vault, store: store, relay: relay) { return nil }
    let log = device.log
    do throws(DeviceError) { try device.check(key) } catch { throw .vaultNotEmpty }
    guard log.members[device.id]?.addedBy == log.recoveryDevice else { throw .vaultNotEmpty }
    return device
  }

  /// The key in a file.
  static func readKey(_ path: String) throws -> RecoveryKey {
    let text = try ReadFile.secret(in: path)
    do throws(RecoveryKeyError) { return try parse(text) } catch { throw ToolError(error) }
  }

  /// The key, and a line that says what was corrected.
  static func parse(_ text: String, indent: String = "") throws(RecoveryKeyError) -> RecoveryKey {
    switch try RecoveryKey.parse(text) {
    case .exact(let key): return key
    case .corrected(let key, let groups, let count):
      let list = groups.map(String.init).joined(separator: ", ")
      let noun = groups.count == 1 ? "group" : "groups"
      Terminal.line(
        "\(indent)Corrected \(count) mistyped characters of the recovery key, in \(noun) \(list).")
      return key
    }
  }
}
#endif
