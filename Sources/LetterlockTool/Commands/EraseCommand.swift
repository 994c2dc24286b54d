#if Tool
import ArgumentParser
import Letterlock

/// `letterlock erase`
struct EraseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "erase",
    abstract: "Erases the server's copy of everything, after a second confirmation.",
    discussion: """
      Says first what would be erased, and a code; a second run with --confirm CODE erases it. The code stands for \
      that very state: if anything changed in between, nothing is erased and there is another code. Until it takes \
      effect, --cancel on any device of the account makes the order void.
      """)

  @Argument(help: "The archive's folder; or none, with --relay and --recovery-key-file.") var dir: String?
  @Option(help: "The relay's file, or the archive folder that holds it, if no device is left.") var relay:
    String?
  @OptionGroup var authority: RelayAuthorityOption
  @Option(help: "A file that holds the recovery key, if no device is left.") var recoveryKeyFile: String?
  @Option(help: "The code that the first run showed.") var confirm: String?
  @Flag(help: "Makes an order void that a device gave and that has not taken effect yet.") var cancel = false
  @OptionGroup var keys: KeyOptions

  func run() async throws {
    try await Terminal.run {
      guard !cancel else { return try await cancelOrder() }
      let prepared = try await prepare()
      guard let confirm else {
        Terminal.lines(Self.consequences(prepared))
        throw ToolError("Nothing was erased. Say it a second time with --confirm \(prepared.code).")
      }
      let pending: PendingErasure?
      do throws(DeviceError) { pending = try await prepared.confirm(confirm) } catch {
        guard error == .erasureNotConfirmed else { throw ToolError(error, folder: dir) }
        throw ToolError(
          "Nothing was erased: “\(confirm)” is not the code of the account as it is now. Run the command without "
            + "--confirm: it says what would be erased, and the code.")
      }
      if let pending {
        Terminal.line(
          "Ordered. The server erases its copy on \(pending.takesEffect.localText), by its own clock;")
        Terminal.line("until then any device of the account can prevent that: letterlock erase DIR --cancel")
        return
      }
      Terminal.line(
        "Erased. The server keeps nothing but the account's log and the order to erase. What is here stays;")
      Terminal.line("to go on, begin a new account in another folder: letterlock init")
    }
  }

  private func cancelOrder() async throws {
    guard let dir else { return }
    let device = try ArchiveFolder(path: dir).open(try keys.passphrase()).device
    let order: PendingErasure?
    do throws(DeviceError) { order = try await device.cancelErasure() } catch {
      throw ToolError(error, folder: dir)
    }
    guard let giver = order?.order.device else { return Terminal.line("No order to erase waits.") }
    Terminal.line("The order of device \(giver.description.prefix(16)) is void, and nothing was erased.")
    guard giver != device.id else { return }
    Terminal.line(
      "If you did not give it, remove that device: letterlock device remove \(dir) \(giver.description.prefix(16))"
    )
  }

  func validate() throws {
    try authority.validate(relay)
    guard !cancel || (dir != nil && confirm == nil) else {
      throw ValidationError("--cancel needs the archive's folder, and nothing to confirm.")
    }
    guard dir == nil || (relay == nil && recoveryKeyFile == nil) else {
      throw ValidationError("Either a device erases it, or the recovery key with --relay.")
    }
    guard dir != nil || keys.passphraseFile == nil else {
      throw ValidationError("--passphrase-file opens a device's keys: name the archive's folder.")
    }
  }

  private func prepare() async throws -> PreparedErasure {
    guard let dir else {
      guard let relay, let recoveryKeyFile else {
        throw ToolError("Name the archive's folder, or give --relay and --recovery-key-file.")
      }
      let key = try RestoreCommand.readKey(recoveryKeyFile)
      let server = try ArchiveFolder.openRelay(at: authority.place(relay)).relay
      do throws(DeviceError) { return try await Device.prepareErasure(with: key, relay: server) } catch {
        throw ToolError(error, folder: relay)
      }
    }
    let device = try ArchiveFolder(path: dir).open(try keys.passphrase()).device
    do throws(DeviceError) {
      // What this device does not have would be lost.
      if device.erasedBy == nil {
        try await device.sync(ignoringConditions: true).checked()
        try await device.downloadAll().noteFailures()
      }
      return try await device.prepareErasure()
    } catch { throw ToolError(error, folder: dir) }
  }

  /// What a person must know before.
  private static func consequences(_ prepared: PreparedErasure) -> [String] {
    let others = prepared.otherDevices.map { $0.description.prefix(16) }.joined(separator: ", ")
    let when = prepared.isImmediate ? "at once" : "in 72 hours"
    return [
      "The server's copy of account \(prepared.account) would be erased, for all devices, \(when) and for good:",
      "  \(prepared.recordCount) records (\(ByteText(prepared.usage.records))), attachments of "
        + "\(ByteText(prepared.usage.blobs)), and every key that is kept for devices.",
      "  Each device keeps what it has; what another device has not fetched yet, it cannot fetch any more.",
      "  Other devices: \(others.isEmpty ? "none" : others).",
      "  The recovery key gets nothing back from this server afterwards. The account ends.",
    ]
      + (prepared.isImmediate
        ? [] : ["  Until then any device can prevent it: letterlock erase DIR --cancel"])
  }
}
#endif
