#if Tool
import ArgumentParser
import CryptoCore
import SystemCore
import Foundation
import Letterlock
import LetterlockSQLite

/// `letterlock init`
struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Makes a new account and its first device.",
    discussion: "Shows the recovery key once: it is the only way back when every device is lost.")

  @Argument(help: "The folder to make.") var dir: String
  @Option(help: "What to call this device.") var name = "This device"
  @OptionGroup var keys: KeyOptions
  @OptionGroup var output: RecoveryKeyOutput
  @Option(help: "How many bytes the account may keep on the relay.") var quota: UInt64 = .max

  func run() async throws {
    try await Terminal.run {
      let passphrase = try keys.passphrase()
      let folder = ArchiveFolder(path: dir)
      try folder.create()
      let keyFile = try output.file()
      let created = try await Self.make(folder, name: name, passphrase: passphrase, quota: quota)
      print("Made an account in \(dir). Its number: \(created.device.account)")
      if passphrase == nil {
        print("The device's keys are protected by file permissions alone; a passphrase would seal them.")
      }
      try output.show(created.recoveryKey, in: keyFile)
      try created.device.confirmRecoveryKey()
    }
  }

  /// A new account in a new folder.
  static func make(
    _ folder: ArchiveFolder, name: String, passphrase: String?, quota: UInt64 = .max
  ) async throws -> CreatedAccount {
    let relay: SQLiteRelay
    do throws(RelayError) { relay = try SQLiteRelay(path: folder.ownRelayPath, quota: quota) } catch {
      throw ToolError(error)
    }
    let store = try folder.openStore()
    do throws(DeviceError) {
      let created = try await Device.createAccount(
        named: name, vault: folder.vault(passphrase), store: store, relay: relay)
      try await created.device.sync()
      return created
    } catch { throw ToolError(error, folder: folder.path) }
  }
}

/// A file for a secret: it must not exist before, and is its owner's alone.
struct NewSecretFile {
  let path: String
  private let handle: FileHandle

  init(_ path: String) throws {
    let file: Int32
    do throws(DurableFileError) { file = try DurableFile.createPrivate(path) } catch {
      throw ToolError("Cannot make \(path): it is there already, or its folder is not.")
    }
    self.path = path
    handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
  }

  func write(_ text: String) throws {
    try handle.write(contentsOf: Data(text.utf8))
    try handle.synchronize()
    do throws(DurableFileError) { try DurableFile.synchroniseFolder(of: path) } catch {
      throw ToolError("Cannot make \(path) last: \(error).")
    }
  }
}
#endif
