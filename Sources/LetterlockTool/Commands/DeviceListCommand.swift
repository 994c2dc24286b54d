#if Tool
import ArgumentParser
import Letterlock

extension DeviceCommand {
  /// `letterlock device list`
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Lists the devices that are, or were, part of the account.",
      discussion: "A device says about once a day that it was there; what is shown is by its own clock.")

    @Argument(help: "The archive's folder.") var dir: String
    @OptionGroup var keys: KeyOptions
    @Flag(help: "Prints one JSON object.") var json = false

    private struct Row: Encodable {
      var id: String
      var name: String?
      var role: String
      var active: Bool
      var createdAt: ShownTime
      var lastSeen: ShownTime?

      init(_ device: AccountDevice) {
        id = device.id.description
        name = device.name
        role =
          switch device.role {
          case .thisDevice: "this device"
          case .other: "device"
          case .recoveryKey: "recovery key"
          }
        active = device.isActive
        createdAt = ShownTime(device.createdAt)
        lastSeen = device.lastSeen.map(ShownTime.init)
      }
    }

    private struct Listing: Encodable {
      var devices: [Row]
    }

    func run() async throws {
      try await Terminal.run {
        let opened = try ArchiveFolder(path: dir).openForReading(try keys.passphrase())
        let rows: [Row]
        do throws(DeviceError) { rows = try opened.device.devices().map(Row.init) } catch {
          throw ToolError(error, folder: dir)
        }
        guard !json else { return try Terminal.print(json: Listing(devices: rows)) }
        for row in rows {
          let state = row.active ? "active " : "removed"
          let seen = row.lastSeen.map { "last seen \($0.time.localDay)" } ?? ""
          Terminal.line("\(row.id.prefix(16))  \(state)  \(row.role)  \(row.name ?? "")  \(seen)")
        }
      }
    }
  }

  /// `letterlock device rename`
  struct Rename: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rename", abstract: "Changes the name of this device.")

    @Argument(help: "The archive's folder.") var dir: String
    @Argument(help: "The name.") var name: String
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        guard !name.isEmpty, name.utf8.count <= 200 else {
          throw ToolError("A name has 1 to 200 bytes.")
        }
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        do throws(DeviceError) { try opened.device.rename(name) } catch {
          throw ToolError(error, folder: dir)
        }
        Terminal.line(
          "This device is called \(name) from now on; the others learn it with `letterlock sync`.")
      }
    }
  }

  /// `letterlock device rotate`
  struct Rotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "rotate",
      abstract: "Replaces this device's sealing key, and begins an epoch that needs the new one.",
      discussion: "Happens by itself every 180 days, and a new epoch every 30.")

    @Argument(help: "The archive's folder.") var dir: String
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        do throws(DeviceError) { try await opened.device.rotateKeys() } catch {
          throw ToolError(error, folder: dir)
        }
        Terminal.line(
          "This device has a new sealing key. Epoch \(opened.device.log.epochs.count - 1) has begun.")
      }
    }
  }

  /// `letterlock device stop`
  struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "stop", abstract: "Stops synchronising this device, until `device start`.")

    @Argument(help: "The archive's folder.") var dir: String
    @OptionGroup var keys: KeyOptions

    /// What a person must know.
    static let consequences: TerminalText = """
      This device sends and fetches nothing more with `letterlock sync`. What it holds stays, and what is added
      waits here. It stays part of the account: the other devices go on without a change, and still wrap keys for
      it. If it is not yours any more, remove it from another device instead: letterlock device remove.
      """

    func run() async throws {
      try await Terminal.run {
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        do throws(DeviceError) { try opened.device.stopSyncing() } catch {
          throw ToolError(error, folder: dir)
        }
        Terminal.line(Self.consequences)
        Terminal.line("Stopped. `letterlock device start \(dir)` synchronises again.")
      }
    }
  }

  /// `letterlock device start`
  struct Start: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "start", abstract: "Synchronises a device again that was stopped.")

    @Argument(help: "The archive's folder.") var dir: String
    @OptionGroup var keys: KeyOptions

    func run() async throws {
      try await Terminal.run {
        let opened = try ArchiveFolder(path: dir).open(try keys.passphrase())
        do throws(DeviceError) { try opened.device.startSyncing() } catch {
          throw ToolError(error, folder: dir)
        }
        Terminal.line("Started. `letterlock sync \(dir)` brings everything up to date.")
      }
    }
  }
}
#endif
