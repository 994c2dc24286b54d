#if Tool
import ArgumentParser
import Letterlock

/// `letterlock device`
struct DeviceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "device",
    abstract: "The account's devices: add, list, rename, remove, rotate keys, stop, start.",
    subcommands: [
      Add.self, List.self, Rename.self, Remove.self, Rotate.self, Stop.self, Start.self,
    ])

  /// `letterlock device add`
  struct Add: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "add", abstract: "Lets the device join that shows this code.")

    @Argument(help: "The archive's folder.") var dir: String
    @Argument(help: "The code that `letterlock join` shows, in one or more words.") var code: [String]
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let parsed: JoinCode
        do throws(JoinCodeError) { parsed = try JoinCode(parsing: code.joined(separator: " ")) } catch {
          throw ToolError(error)
        }
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        do throws(DeviceError) {
          let id = try await opened.device.approve(parsed)
          Terminal.line("Added device \(id). It goes on with `letterlock sync`.")
          if opened.device.log.approvers.count < 2 {
            Terminal.line(
              """
              It has no vote on the recovery key, which this account's first device can replace alone. To give both one: \
              letterlock recovery replace \(dir) --old-key-file F --recovery-key-file G --approver \
              \(id.description.prefix(16))
              """)
          }
        } catch { throw ToolError(error, folder: dir) }
        do throws(DeviceError) { try await opened.device.sync().checked() } catch {
          // The device is in the account all the same.
          guard case .heldBack = error else { throw ToolError(error, folder: dir) }
          Terminal.note(ToolError(error, folder: dir).text)
        }
      }
    }
  }

  /// `letterlock device remove`
  struct Remove: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "remove", abstract: "Removes a device: it opens nothing that is sealed afterwards.")

    @Argument(help: "The archive's folder.") var dir: String
    @Argument(help: "The beginning of the device's number.") var id: String
    @OptionGroup var confirmation: Confirmation
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        // A relay that withholds something must not keep a thief's device in the account.
        do throws(DeviceError) { try await opened.device.sync(ignoringConditions: true).checked() } catch {
          Terminal.note(ToolError(error, folder: dir).text)
        }
        let device = try DeviceNumber.find(id, in: opened, folder: dir)
        let name = try opened.timelineIndex().deviceNames[device] ?? ""
        try confirmation.ask(
          "Device \(device.description.prefix(16))  \(name)  would be removed from the account for good.",
          "It keeps what it has, and opens nothing that is sealed afterwards. To come back it must join again."
        )
        do throws(DeviceError) {
          try await opened.device.remove(device)
          Terminal.line("Removed device \(device), and began an epoch that it cannot read.")
        } catch { throw ToolError(error, folder: dir) }
      }
    }
  }
}

/// Finds a device by the beginning of its number.
enum DeviceNumber {
  static func find(
    _ beginning: String, in opened: ArchiveFolder.Opened, folder: String
  ) throws -> DeviceID {
    try Choice(of: beginning, "active device", "letterlock device list \(folder)")
      .pick(opened.device.log.activeDevices) { [$0.description] }
  }
}

extension ToolError {
  init(_ error: JoinCodeError) {
    self =
      switch error {
      case .wrongLength(let count, let groups):
        ToolError("A code has 13 groups of 5 characters, this one \(count) characters\(Self.list(groups)).")
      case .tooManyWrongCharacters(let groups):
        ToolError("More than 4 characters of the code are wrong\(Self.list(groups)).")
      }
  }

  init(_ error: RecoveryKeyError) {
    self =
      switch error {
      case .wrongLength(let count, let groups):
        ToolError(
          "A recovery key has 13 groups of 5 characters, this one \(count) characters\(Self.list(groups)).")
      case .tooManyWrongCharacters(let groups):
        ToolError("More than 4 characters of the recovery key are wrong\(Self.list(groups)).")
      }
  }

  private static func list(_ groups: [Int]) -> String {
    groups.isEmpty ? "" : ": look at group \(groups.map(String.init).joined(separator: ", "))"
  }
}
#endif
