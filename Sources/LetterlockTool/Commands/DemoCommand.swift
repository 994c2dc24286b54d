#if Tool
import ArgumentParser
import Foundation
import Letterlock
import LetterlockSQLite

/// `letterlock demo`
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Shows all of it in a temporary folder, in under 20 seconds.")

  @Option(help: "Keeps what the demo makes, in this new folder.") var keep: String?

  func run() async throws {
    try await Terminal.run {
      let folder =
        keep ?? NSTemporaryDirectory() + "letterlock-demo-\(ProcessInfo.processInfo.processIdentifier)"
      _ = try OutputDirectory(folder)
      defer { if keep == nil { try? FileManager.default.removeItem(atPath: folder) } }
      do throws(DeviceError) { try await DemoRun(folder: folder).run() } catch {
        throw ToolError(error, folder: folder)
      }
      if let keep { Terminal.line("\nEverything is in \(keep); open \(keep)/page/index.html.") }
    }
  }
}

/// The whole life of a history, small.
private struct DemoRun {
  let folder: String

  private func step(_ number: Int, _ text: String) { Terminal.line("\n\(number). \(text)") }

  func run() async throws(DeviceError) {
    let (phone, recoveryKey) = try await phone()
    try await importHistory(phone)
    let second = try await secondDevice(phone)
    try await removal(phone, second)
    try await export(try await restore(phone, recoveryKey))
  }

  private func opened(_ name: String) throws(DeviceError) -> ArchiveFolder {
    ArchiveFolder(path: folder + "/" + name)
  }

  private func tool<Value>(_ body: () async throws -> Value) async throws(DeviceError) -> Value {
    do { return try await body() } catch let error as DeviceError { throw error } catch {
      throw .internalError("\(error)")
    }
  }

  private func phone() async throws(DeviceError) -> (ArchiveFolder.Opened, String) {
    step(1, "Ann's phone makes an account. Its recovery key is shown once.")
    let phone = try opened("phone")
    return try await tool {
      try phone.create()
      let created = try await InitCommand.make(phone, name: "Ann's phone", passphrase: nil)
      let key = created.recoveryKey
      let text = key.reveal { $0 }
      Terminal.line("   \(text)")
      try created.device.confirmRecoveryKey()
      return (try phone.open(nil), text)
    }
  }

  private func importHistory(_ phone: ArchiveFolder.Opened) async throws(DeviceError) {
    step(2, "An Android backup is sealed, message by message, before anything stores it.")
    try await tool {
      let file = folder + "/sms.xml"
      try Output.write(Array(DemoHistory.xml.utf8), to: file)
      let report = try await ImportRun(phone).add(file)
      for line in report.lines { Terminal.line("   \(line)") }
    }
    for message in DemoHistory.messages { try phone.device.append(message, to: DemoHistory.conversation) }
    try phone.device.enqueue([.conversation(DemoHistory.profile)])
    try await phone.device.sync().checked()
    for message in try phone.device.timeline().messages.suffix(4) { Terminal.line("   \(TextLine(message))") }
    try await tool {
      var raw = try Data(contentsOf: URL(fileURLWithPath: phone.folder.ownRelayPath))
      // SQLite's log holds what is not in the file itself yet.
      raw += (try? Data(contentsOf: URL(fileURLWithPath: phone.folder.ownRelayPath + "-wal"))) ?? Data()
      let found = DemoHistory.secrets.filter { raw.range(of: Data($0.utf8)) != nil }
      Terminal.line(
        "   What the relay holds: \(ByteText(UInt64(raw.count))), in which \(found.count) of \(DemoHistory.secrets.count) known texts and numbers occur."
      )
    }
  }

  private func secondDevice(_ phone: ArchiveFolder.Opened) async throws(DeviceError) -> Device {
    step(3, "Ann's Mac joins by a code, and reads the whole history.")
    let mac = try opened("mac")
    let (store, relay) = try await tool {
      try mac.create()
      try mac.point(toRelay: RelayPlace(phone.folder.path))
      return (try mac.openStore(), try mac.openRelay().relay)
    }
    let request = try await Device.requestToJoin(
      named: "Ann's Mac", vault: mac.vault(nil), store: store, relay: relay)
    Terminal.line("   \(request.code.text)")
    try await phone.device.approve(request.code)
    let device = try await request.approved()
    try await device.sync().checked()
    Terminal.line("   The Mac reads \(try device.timeline().messages.count) messages.")
    return device
  }

  private func removal(_ phone: ArchiveFolder.Opened, _ mac: Device) async throws(DeviceError) {
    step(4, "The Mac is removed. What is sealed afterwards, it cannot open.")
    try await phone.device.remove(mac.id)
    try phone.device.append(
      .carrier(.sms, from: Address("+15550111"), text: "The Mac never sees this"),
      to: DemoHistory.conversation)
    try await phone.device.sync().checked()
    _ = try await mac.sync()
    let unreadable = try mac.timeline().unreadable.count
    Terminal.line(
      "   The Mac cannot read \(unreadable) of \(try mac.timeline().recordCount) records: the ones since.")
  }

  private func restore(
    _ phone: ArchiveFolder.Opened, _ recoveryKey: String
  ) async throws(DeviceError) -> Device {
    step(5, "The phone is lost. The recovery key, with four characters mistyped, brings everything back.")
    let found = try opened("restored")
    let (store, relay) = try await tool {
      try found.create()
      try found.point(toRelay: RelayPlace(phone.folder.path))
      return (try found.openStore(), try found.openRelay().relay)
    }
    let mistyped = DemoHistory.mistype(recoveryKey)
    let key: RecoveryKey
    do throws(RecoveryKeyError) { key = try RestoreCommand.parse(mistyped, indent: "   ") } catch {
      throw .internalError("\(error)")
    }
    let session = try await Device.openRecovery(
      with: key, vault: found.vault(nil), store: store, relay: relay)
    let kept = Set(session.devices.map(\.id)).subtracting([phone.device.id])
    let device = try await session.restore(
      keeping: kept, named: "New phone"
    ).device
    try await device.sync().checked()
    let (old, new) = (try phone.device.timeline().messages, try device.timeline().messages)
    Terminal.line(
      "   Restored \(new.count) messages\(old == new ? ", every one exactly as it was" : ", but they differ")"
    )
    let open = new.filter { $0.protection.isUnencrypted }.count
    Terminal.line("   \(open) of them are still marked as not encrypted on their way.")
    if old != new { Terminal.noteFailure("   The restored messages are not those of the phone.") }
    return device
  }

  /// The phone was removed, so that the relay shows it nothing: what is verified and written is the new device's.
  private func export(_ device: Device) async throws(DeviceError) {
    step(6, "Everything stored is verified, and a page is written.")
    let verification = try await ArchiveVerification.run(device)
    Terminal.line(
      "   \(verification.recordCount) records, \(verification.attachmentCount) attachments, "
        + "\(verification.entryCount) log entries and wraps: \(verification.findings.count) failed.")
    for finding in verification.findings {
      Terminal.noteFailure("   FAILED \(finding.place.rawValue): \(finding.thing): \(finding.reason)")
    }
    let index = try device.timelineIndex()
    try await tool {
      let page = try OutputDirectory(folder + "/page")
      let count = try await HTMLExport(index, device: device, folder: page).write()
      Terminal.line("   A page with \(count) messages.")
    }
  }
}
#endif
