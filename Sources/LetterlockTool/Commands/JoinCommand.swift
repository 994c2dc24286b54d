#if Tool
import ArgumentParser
import Foundation
import Letterlock
import LetterlockSQLite

/// `letterlock join`
struct JoinCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "join", abstract: "Makes a new device and shows the code by which an old one adds it.",
    discussion: """
      Waits for the approval when a person looks on, or with --wait; otherwise prints the code and ends, and \
      `letterlock sync DIR` goes on once the code was approved.
      """)

  @Argument(help: "The folder to make.") var dir: String
  @Option(help: "The relay's file, or the archive folder that holds it.") var relay: String
  @Option(help: "What to call this device.") var name = "Another device"
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Waits for the approval.") var wait = false

  func run() async throws {
    try await Terminal.run {
      let passphrase = try keys.passphrase()
      let server = try ArchiveFolder.openRelay(at: relay)
      let folder = ArchiveFolder(path: dir)
      try folder.create()
      try folder.lock()
      try folder.point(toRelay: relay)
      let store = try folder.openStore()
      do throws(DeviceError) {
        let request = try await Device.requestToJoin(
          named: name, vault: folder.vault(passphrase), store: store, relay: server)
        print(request.code.text)
        guard wait || Terminal.isInteractive else {
          return Terminal.note(
            "Approve this code with `letterlock device add`, then run `letterlock sync \(dir)`.")
        }
        Terminal.note("Approve this code on a device of the account: letterlock device add DIR CODE")
        let device = try await Self.wait(for: request)
        let report = try await device.sync()
        try report.checked()
        Terminal.note("Joined: \(report.received) records.")
      } catch { throw ToolError(error, folder: dir) }
    }
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

/// `letterlock sync`
struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Brings this device and the relay up to date, attachments included.",
    discussion: """
      What was deleted longer ago than --keep-deleted says is erased: here, on the relay, and on every device \
      that syncs.
      """)

  @Argument(help: "The archive's folder.") var dir: String
  @OptionGroup var keys: KeyOptions
  @Option(help: "Days for which deleted messages can be recovered, this once; the setting unless given.")
  var keepDeleted: Int?
  @Flag(
    help: """
      Goes on with a relay that signed two histories or shows another log: you have seen which, and decided. This \
      device keeps its own.
      """)
  var despiteEvidence = false
  @Flag(help: "Goes on even if a condition of `letterlock settings` does not hold.") var ignoreConditions =
    false
  @Flag(help: "Says that this network does not count bytes, which the command cannot see.") var unmetered =
    false
  @Flag(help: "Says that nobody uses this machine now, which the command cannot see.") var idle = false
  @Flag(help: "Erases deleted messages even if no message at all is left then.") var eraseEverything = false
  @Flag(help: "Prints one JSON object.") var json = false

  private struct Outcome: Encodable {
    var complete: Bool
    var erased: Int
    var verdict: String
    var received: Int
    var sent: Int
    var attachmentsSent: Int
    var attachmentsReceived: Int
    var heldBack: [String]
  }

  func run() async throws {
    try await Terminal.run {
      guard (0...36500).contains(keepDeleted ?? 0) else {
        throw ToolError("--keep-deleted takes 0 to 36500 days.")
      }
      let folder = ArchiveFolder(path: dir)
      let device = try await Self.device(folder, try keys.passphrase())
      let outcome: Outcome
      do throws(DeviceError) {
        let bar = SyncBar()
        device.observe(
          MachineSurroundings(
            folder: dir, network: unmetered ? .unmetered : nil, isIdle: idle ? true : nil))
        if despiteEvidence { try await device.goOnDespiteEvidence() }
        let report = try await device.sync(ignoringConditions: ignoreConditions) { bar.show($0) }
        bar.finish()
        noteRecovery(device, report)
        for hold in report.heldBack { Terminal.note(hold.sentence(folder: dir)) }
        let erased = report.verdict.isComplete ? try await erase(on: device) : 0
        report.noteFindings()
        let files = report.verdict.allowsDownloads ? try await device.downloadAutomatically() : nil
        files?.noteFailures()
        outcome = Outcome(
          complete: report.verdict.isComplete, erased: erased, verdict: report.verdict.sentence,
          received: report.received, sent: report.sent, attachmentsSent: report.sentAttachments,
          attachmentsReceived: files?.count ?? 0, heldBack: report.heldBack.map(\.name))
      } catch { throw ToolError(error, folder: dir) }
      if json { try Terminal.print(json: outcome) }
      guard outcome.complete else { throw ToolError.wrong(outcome.verdict) }
      guard !json else { return }
      print(
        "\(outcome.verdict) Received \(outcome.received), sent \(outcome.sent); attachments received "
          + "\(outcome.attachmentsReceived), sent \(outcome.attachmentsSent).")
      if outcome.erased > 0 {
        print("Erased \(outcome.erased) messages that were deleted before.")
      }
    }
  }

  private func noteRecovery(_ device: Device, _ report: SyncReport) {
    if device.hasRecoveryKeyNotInForce {
      Terminal.note(
        "A new recovery key was made and does not count yet: the old one does. See `letterlock recovery`.")
    }
    if device.hasRecoveryKeyToShow {
      Terminal.note(
        "The recovery key that counts is still on this device: `letterlock recovery show \(dir)` shows it.")
    }
    if report.voidedRecoveryKey {
      Terminal.note("The recovery key that was made here does not count: another device has brought in one.")
    }
    if !report.abandoned.isEmpty {
      Terminal.note("A change of the account that was begun here was overtaken and not made: begin it again.")
    }
  }

  private func erase(on device: Device) async throws(DeviceError) -> Int {
    guard !device.needsConfirmation, device.log.activeMember(device.id) != nil else { return 0 }
    do throws(DeviceError) {
      return try await device.eraseExpired(after: keepDeleted, confirmingEverything: eraseEverything)
    } catch {
      guard case .wouldEraseEverything(let count) = error else { throw error }
      Terminal.note(
        "Nothing was erased: all \(count) messages are in recently deleted. Say so with --erase-everything.")
      return 0
    }
  }

  /// The device, after finishing a request to join if one is open.
  static func device(_ folder: ArchiveFolder, _ passphrase: String?) async throws -> Device {
    guard folder.isInUse else {
      throw ToolError("There is no device in \(folder.path): begin with `letterlock init \(folder.path)`.")
    }
    try folder.lock()
    let (store, relay, vault) = (try folder.openStore(), try folder.openRelay(), folder.vault(passphrase))
    do throws(DeviceError) {
      guard try Device.isJoining(vault) else {
        let device = try Device(vault: vault, store: store, relay: relay)
        folder.noteRepair(of: device)
        return device
      }
      return try await Device.resumeJoining(vault: vault, store: store, relay: relay).approved()
    } catch { throw ToolError(error, folder: folder.path) }
  }
}

extension Verdict {
  /// Whether what is here is right, so that files that messages refer to may come.
  fileprivate var allowsDownloads: Bool {
    switch self {
    case .complete, .missing, .unreadable: true
    default: false
    }
  }
}

/// Shows how far a synchronisation has come.
final class SyncBar: @unchecked Sendable {
  // Sendable: a device runs one synchronisation at a time, and calls back from it alone.
  private let bar = ProgressBar("Syncing")

  func show(_ step: SyncStep) {
    switch step {
    case .received(let count, let total):
      bar.update(Double(count) / Double(max(total, 1)), "\(count) of \(total) records")
    case .sent(let count): bar.update(0, "\(count) records sent")
    case .sentAttachmentBytes(let count): bar.update(0, "\(ByteText(count)) of attachments sent")
    }
  }

  func finish() { bar.finish() }
}
#endif
