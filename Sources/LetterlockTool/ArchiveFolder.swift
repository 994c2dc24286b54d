#if Tool
import ArgumentParser
import CryptoCore
import SystemCore
import Foundation
import Letterlock
import LetterlockSQLite

/// Where an archive's parts lie. `relay.sqlite` stands apart from the device's state, so that anyone can see
/// what a server would see.
struct ArchiveFolder: Sendable {
  let path: String

  var devicePath: String { path + "/device" }
  var keysPath: String { devicePath + "/keys" }
  var storePath: String { devicePath + "/store.sqlite" }
  /// Names the relay of a device whose relay is elsewhere.
  var relayPointerPath: String { devicePath + "/relay" }
  var ownRelayPath: String { path + "/relay.sqlite" }

  /// A device, opened, with its store and its relay.
  struct Opened: Sendable {
    let folder: ArchiveFolder
    let device: Device
    let store: SQLiteDeviceStore
    let relay: OpenedRelay
  }

  /// Whether a device is here, or one that waits to join.
  func isInUse() throws -> Bool {
    guard !path.isEmpty else { throw ToolError("The name of the archive's folder is empty.") }
    do throws(OutputFileError) { return try OutputFolder.content(at: keysPath) != .absent } catch {
      switch error {
      case .failed(_, ENOENT), .failed(_, ENOTDIR): return false
      case .failed(_, let code): throw ToolError("Cannot read \(path): \(SystemReason(code)).")
      case .exists, .notRegularFile: return true
      }
    }
  }

  /// Makes the folders, for their owner alone, and keeps other processes from changing them until this one ends.
  /// - Returns: what takes them away again, with what is in them by then.
  @discardableResult
  func create() throws -> FolderCreation {
    try checkFree()
    let creation = try FolderCreation(of: self)
    do {
      try lock()
      // Another process may have made a device before this one had the lock.
      try checkFree()
    } catch {
      creation.undoFolders()
      throw error
    }
    return creation
  }

  private func checkFree() throws {
    guard try !isInUse() else { throw ToolError(.vaultNotEmpty, folder: path) }
  }

  /// Whether a file is somewhere in this folder.
  func holds(_ file: String) -> Bool {
    let (own, other) = (
      URL(fileURLWithPath: path).resolvingSymlinksInPath(),
      URL(fileURLWithPath: file).resolvingSymlinksInPath()
    )
    return other.pathComponents.starts(with: own.pathComponents)
  }

  /// Moves what is in this folder out of the way, to a name that is free. Refuses if another process is at work on it.
  /// - Returns: the name; nil if nothing is here.
  func putAside() throws -> String? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let values = try? URL(fileURLWithPath: devicePath).resourceValues(forKeys: [.isDirectoryKey])
    if values?.isDirectory == true { try lock() }
    var number = 1
    while FileManager.default.fileExists(atPath: "\(path).replaced-\(number)") { number += 1 }
    let aside = "\(path).replaced-\(number)"
    do { try FileManager.default.moveItem(atPath: path, toPath: aside) } catch {
      throw ToolError("Cannot move \(path) to \(aside).")
    }
    Terminal.note("What was in \(path) is in \(aside) now.")
    return aside
  }

  /// Moves what was put aside back, if nothing has taken its place.
  func putBack(_ aside: String) {
    guard !FileManager.default.fileExists(atPath: path),
      (try? FileManager.default.moveItem(atPath: aside, toPath: path)) != nil
    else { return }
    Terminal.note("What was in \(path) is there again.")
  }

  func vault(_ passphrase: String?) -> FileKeyVault {
    FileKeyVault(path: keysPath, passphrase: passphrase)
  }

  func openStore() throws -> SQLiteDeviceStore {
    do throws(StoreError) { return try SQLiteDeviceStore(path: storePath) } catch {
      throw ToolError(error)
    }
  }

  /// The relay's file, or its URL: this folder's own file, or the relay it was made or joined with.
  func relayPath() throws -> String { try relayPlace().name }

  private func relayPlace() throws -> RelayPlace {
    guard FileManager.default.fileExists(atPath: relayPointerPath) else { return RelayPlace(ownRelayPath) }
    return RelayPlace(pointer: try ReadFile.bytes(of: relayPointerPath))
  }

  func openRelay() throws -> OpenedRelay {
    let place = try relayPlace()
    let file = place.name
    do { return try Self.openRelay(at: place) } catch let error as ToolError {
      guard !OpenedRelay.isURL(file), !FileManager.default.fileExists(atPath: file) else { throw error }
      throw ToolError(
        "\(error.text) If its file was moved, `letterlock sync \(path) --relay FILE` says where it is.",
        exitCode: error.exitCode)
    }
  }

  /// Opens a relay's file, or the one in an archive's folder, or a server's URL.
  static func openRelay(at place: RelayPlace) throws -> OpenedRelay {
    guard !OpenedRelay.isURL(place.name) else { return try .server(at: place) }
    let file = Self.relayFile(at: place.name)
    guard ReadFile.hasAnEnd(file) else {
      throw ToolError("There is no usable relay at \(file): it is no regular file.")
    }
    do throws(RelayError) { return .file(try SQLiteRelay(existing: file)) } catch {
      throw ToolError(
        "There is no usable relay at \(file): \(error.reason.asPart).", exitCode: ToolError(error).exitCode)
    }
  }

  static func relayFile(at path: String) -> String {
    guard !OpenedRelay.isURL(path) else { return path }
    let values = try? URL(fileURLWithPath: path).resourceValues(forKeys: [.isDirectoryKey])
    return values?.isDirectory == true ? path + "/relay.sqlite" : path
  }

  /// Notes a relay that is elsewhere.
  func point(toRelay place: RelayPlace) throws {
    try Output.write(place.pointer, to: relayPointerPath, .replaced)
  }

  /// A device that is only read.
  struct Reading: Sendable {
    let folder: ArchiveFolder
    let device: ReadOnlyDevice
    let store: SQLiteDeviceStore
  }

  /// Whether files can be made beside the device's keys.
  var isWritable: Bool { FileManager.default.isWritableFile(atPath: devicePath) }

  /// Keeps other processes from changing this folder until this one ends.
  func lock() throws {
    let isFree: Bool
    do throws(DurableFileError) { isFree = try FileLock.holdUntilExit(devicePath + "/lock") } catch {
      switch error {
      case .failed(_, let code): throw ToolError("Cannot write to \(devicePath): \(SystemReason(code)).")
      case .danglingLink: throw ToolError("Cannot write to \(devicePath): its lock is a link to nothing.")
      }
    }
    guard isFree else {
      throw ToolError("Another letterlock is at work on \(path): wait until it is done.")
    }
  }

  /// Lets other processes change this folder again.
  func unlock() { FileLock.release(devicePath + "/lock") }

  /// Opens the device to be read, beside whatever another process does.
  func openForReading(_ passphrase: String?, ifRemoved use: RemovedDeviceUse = .read) throws -> Reading {
    try checkInUse()
    let store: SQLiteDeviceStore
    do throws(StoreError) { store = try SQLiteDeviceStore(readingFrom: storePath) } catch {
      throw ToolError(error)
    }
    let device: ReadOnlyDevice
    do throws(DeviceError) { device = try ReadOnlyDevice(vault: vault(passphrase), store: store) } catch {
      throw ToolError(error, folder: path)
    }
    if device.hasDamagedVault {
      Terminal.note(
        "One of the two copies in the key file is damaged; `letterlock sync \(path)` makes it whole.")
    }
    if let reason = device.unfinished {
      Terminal.note(
        "What is shown is of the device that was here before. \(ToolError(reason, folder: path).text)")
    }
    try use.check(device)
    return Reading(folder: self, device: device, store: store)
  }

  /// Refuses a folder without a device, or one that may not be read.
  func checkInUse() throws {
    guard try isInUse() else {
      throw ToolError("There is no device in \(path): begin with `letterlock init \(path)`.")
    }
    try ReadFile.check(keysPath)
    guard (try? OutputFolder.content(at: storePath)) == .file else { return }
    try ReadFile.check(storePath)
  }

  /// Says that a damaged key file was made whole.
  func noteRepair(of device: Device) {
    guard device.repairedVault else { return }
    Terminal.note("One of the two copies in the key file was damaged; it was made whole from the other.")
  }

  /// Opens the device, which may then save: one process at a time.
  func open(_ passphrase: String?, ifRemoved use: RemovedDeviceUse = .refused) throws -> Opened {
    try checkInUse()
    try lock()
    let (store, relay) = (try openStore(), try openRelay())
    let device: Device
    do throws(DeviceError) {
      device = try Device(vault: vault(passphrase), store: store, relay: relay.relay)
    } catch { throw ToolError(error, folder: path) }
    noteRepair(of: device)
    try use.check(device)
    return Opened(folder: self, device: device, store: store, relay: relay)
  }
}

/// `--passphrase-file F`, for every command that needs keys.
struct KeyOptions: ParsableArguments {
  @Option(help: "A file whose first line is the passphrase that seals this device's keys.")
  var passphraseFile: String?

  func passphrase() throws -> String? {
    try passphraseFile.map { try Self.passphrase(in: $0) }
  }

  static func passphrase(in passphraseFile: String) throws -> String {
    let text = try ReadFile.secret(in: passphraseFile, what: "the passphrase file")
    let line = text.prefix { !$0.isNewline }
    guard !line.isEmpty else {
      throw ToolError("The first line of the passphrase file \(passphraseFile) is empty.")
    }
    return String(line)
  }

  /// What to say when a key file is made that no passphrase seals.
  static let permissionsAlone: TerminalText =
    "The device's keys are protected by file permissions alone; a passphrase would seal them."
}
#endif
