#if Tool
import ArgumentParser
import CryptoCore
import SystemCore
import TLSCodec
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
  @Option(
    help: "The relay's URL, its file, or the archive folder that holds it; without it, a file in the folder.")
  var relay: String?
  @OptionGroup var authority: RelayAuthorityOption
  @Option(help: "A file with the token that the relay's operator gave you, if it asks for one.")
  var registrationTokenFile: String?
  @Option(help: "How many bytes the account may keep on the relay that is made in the folder.")
  var quota: UInt64?

  func validate() throws {
    guard relay == nil || quota == nil else {
      throw ValidationError("--quota is for a relay that is made in the folder: leave it out, or --relay.")
    }
    try authority.validate(relay)
    guard registrationTokenFile == nil || relay.map(OpenedRelay.isURL) == true else {
      throw ValidationError("--registration-token-file is for a relay behind a URL, which --relay names.")
    }
  }

  func run() async throws {
    try await Terminal.run {
      let passphrase = try keys.passphrase()
      guard !name.isEmpty, name.utf8.count <= 200 else { throw ToolError("A name has 1 to 200 bytes.") }
      let folder = ArchiveFolder(path: dir)
      let creation = try folder.create()
      let device: Device
      do { device = try await make(folder, passphrase) } catch {
        creation.undo()
        throw error
      }
      do throws(DeviceError) { try device.confirmRecoveryKey() } catch {
        throw ToolError(error, folder: dir)
      }
    }
  }

  /// Makes the account, and shows its recovery key.
  private func make(_ folder: ArchiveFolder, _ passphrase: String?) async throws -> Device {
    let keyFile = try output.file()
    let token = try registrationTokenFile.map(Self.registrationToken(in:))
    let created = try await Self.make(
      folder, name: name, passphrase: passphrase, relay: try relay.map(authority.place),
      registrationToken: token, quota: quota)
    let device = created.device
    Terminal.line("Made an account in \(dir). Its number: \(device.account)")
    if passphrase == nil { Terminal.line(KeyOptions.permissionsAlone) }
    try output.show(created.recoveryKey, in: keyFile)
    return device
  }

  /// A new account in a new folder, at a relay that is named, or made in the folder.
  static func make(
    _ folder: ArchiveFolder, name: String, passphrase: String?, relay named: RelayPlace? = nil,
    registrationToken: [UInt8]? = nil, quota: UInt64? = nil
  ) async throws -> CreatedAccount {
    let relay = try relay(named, registrationToken, of: folder, quota)
    let store = try folder.openStore()
    do throws(DeviceError) {
      let created = try await Device.createAccount(
        named: name, vault: folder.vault(passphrase), store: store, relay: relay)
      try await created.device.sync()
      return created
    } catch { throw ToolError(error, folder: folder.path) }
  }

  private static func registrationToken(in path: String) throws -> [UInt8] {
    let text = try ReadFile.secret(in: path)
    guard let token = Hex.decode(text.trimmingCharacters(in: .whitespacesAndNewlines)), !token.isEmpty else {
      throw ToolError("\(path) holds no registration token: one is a row of hexadecimal digits.")
    }
    return token
  }

  private static func relay(
    _ named: RelayPlace?, _ token: [UInt8]?, of folder: ArchiveFolder, _ quota: UInt64?
  ) throws -> any Relay {
    if let named {
      let relay =
        try token.map { try OpenedRelay.server(at: named, registrationToken: $0).relay }
        ?? ArchiveFolder.openRelay(at: named).relay
      try folder.point(toRelay: named)
      return relay
    }
    do throws(RelayError) { return try SQLiteRelay(path: folder.ownRelayPath, quota: quota ?? .max) } catch {
      throw ToolError(error)
    }
  }
}
#endif
