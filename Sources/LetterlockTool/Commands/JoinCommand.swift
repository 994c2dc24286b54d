#if Tool
import ArgumentParser
import Letterlock
import LetterlockSQLite

/// `letterlock join`
struct JoinCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join", abstract: "Makes a new device and shows the code by which an old one adds it.",
    discussion: """
      Waits for the approval when a person looks on, or with --wait; otherwise prints the code and ends, and \
      `letterlock sync DIR` goes on once the code was approved. Run again in the same folder, it shows the same code. In \
      the folder of a device that was removed from its account, what waits there to be sent is taken along; until the \
      approval its history can be read, and --cancel puts it back.
      """)

  @Argument(help: "The folder to make, or that of a removed device.") var dir: String
  @Option(help: "The relay's URL, its file, or the archive folder that holds it. Needed the first time.")
  var relay: String?
  @OptionGroup var authority: RelayAuthorityOption
  @Option(help: "What to call this device; “Another device” unless given.") var name: String?
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Waits for the approval.") var wait = false
  @Flag(help: "Takes back a request that waits: a device that was here before is in its place again.")
  var cancel = false
  @OptionGroup var confirmation: Confirmation

  func validate() throws {
    try authority.validate(relay)
    guard !cancel || (relay == nil && name == nil && !wait) else {
      throw ValidationError("With --cancel nothing else is done: leave the other options out.")
    }
    guard !confirmation.yes || cancel else { throw ValidationError("Only --cancel asks for --yes.") }
  }

  func run() async throws {
    try await Terminal.run {
      guard !cancel else { return try takeBack(ArchiveFolder(path: dir), try keys.passphrase()) }
      let folder = ArchiveFolder(path: dir)
      let request = try await request(folder, try keys.passphrase())
      Terminal.line("\(request.code.text)")
      // One that was interrupted may be in the folder alone.
      do throws(DeviceError) { try await request.post() } catch { throw ToolError(error, folder: dir) }
      guard wait || Terminal.isInteractive else {
        return Terminal.note(
          "Approve this code with `letterlock device add`, then run `letterlock sync \(dir)`.")
      }
      Terminal.note("Approve this code on a device of the account: letterlock device add DIR CODE")
      let device: Device
      do throws(DeviceError) { device = try await Self.wait(for: request) } catch {
        throw ToolError(error, folder: dir)
      }
      try folder.keepRelay()
      do throws(DeviceError) {
        let report = try await device.sync()
        try report.checked()
        Terminal.note("Joined: \(report.received) records.")
      } catch { throw ToolError(error, folder: dir) }
    }
  }

  /// The request that is in the folder, or a new one.
  private func request(_ folder: ArchiveFolder, _ passphrase: String?) async throws -> JoinRequest {
    let vault = folder.vault(passphrase)
    guard try !folder.isInUse() else { return try await resumed(in: folder, vault) }
    guard let relay else { throw ValidationError("Missing expected argument '--relay <relay>'") }
    let place = try authority.place(relay)
    let server = try ArchiveFolder.openRelay(at: place).relay
    try folder.create()
    try folder.point(toRelay: place)
    let store = try folder.openStore()
    do throws(DeviceError) {
      let request = try await Device.requestToJoin(
        named: deviceName, vault: vault, store: store, relay: server)
      if passphrase == nil { Terminal.note(KeyOptions.permissionsAlone) }
      return request
    } catch { throw ToolError(error, folder: dir) }
  }

  private var deviceName: String { name ?? "Another device" }

  private func resumed(in folder: ArchiveFolder, _ vault: FileKeyVault) async throws -> JoinRequest {
    try folder.lock()
    let moved = try relay.map { try NamedRelay(authority.place($0)) }
    let store = try folder.openStore()
    let server = try (moved?.relay ?? folder.openRelay()).relay
    let waiting: JoinRequest?
    do throws(DeviceError) {
      // The device that is here may be one that may not act any more. One that may is not replaced, whatever relay is named.
      waiting =
        if try await Device.isFormer(in: vault, store: store, relay: server) { nil } else {
          try Device.resumeJoining(vault: vault, store: store, relay: server)
        }
    } catch { throw ToolError(error, folder: dir) }
    try await moved?.check(for: vault)
    let request: JoinRequest
    do throws(DeviceError) {
      request =
        if let waiting { waiting } else {
          try await Device.requestToJoin(named: deviceName, vault: vault, store: store, relay: server)
        }
    } catch { throw ToolError(error, folder: dir) }
    try folder.point(toRelay: relay.map(authority.place), forNewRequest: waiting == nil)
    return request
  }

  /// Asks once a second.
  private static func wait(for request: JoinRequest) async throws(DeviceError) -> Device {
    while true {
      do throws(DeviceError) { return try await request.approved() } catch {
        guard error == .notApprovedYet else { throw error }
        do { try await Task.sleep(for: .seconds(1)) } catch { throw .notApprovedYet }
      }
    }
  }
}
#endif
