#if Tool
import ArgumentParser
import Letterlock
import LetterlockSQLite

/// `letterlock sync`
struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Brings this device and the relay up to date, attachments included.",
    discussion: """
      What was deleted longer ago than --keep-deleted says is erased: here, on the relay, and on every device \
      that syncs. --relay is for a relay whose file was moved: once a synchronisation has found the account's history \
      there, this device remembers the new place.
      """)

  @Argument(help: "The archive's folder.") var dir: String
  @Option(help: "Where the relay's file is by now, or the archive folder that holds it.") var relay: String?
  @OptionGroup var authority: RelayAuthorityOption
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
  @Flag(
    help: """
      Says that the relay's file was put back from a backup: gives back what it lost, and sends nothing new. Do so in \
      every archive that uses it, then sync as ever.
      """)
  var giveBack = false
  @Flag(help: "Stays, and syncs whenever the relay tells that something has come, until it is interrupted.")
  var follow = false
  @OptionGroup var confirmation: Confirmation
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

  func validate() throws {
    guard !ignoreConditions || !(unmetered || idle) else {
      throw ValidationError("With --ignore-conditions neither --unmetered nor --idle counts: leave them out.")
    }
    guard
      !giveBack || !(unmetered || idle || despiteEvidence || eraseEverything || keepDeleted != nil || json)
    else { throw ValidationError("With --give-back nothing else is done: leave the other options out.") }
    guard !follow || !(giveBack || despiteEvidence || eraseEverything || keepDeleted != nil || json) else {
      throw ValidationError(
        "With --follow nothing is decided: leave --give-back, --despite-evidence, --erase-everything, --keep-deleted and "
          + "--json out.")
    }
    try authority.validate(relay)
    guard !confirmation.yes || keepDeleted != nil || eraseEverything else {
      throw ValidationError("Only --keep-deleted and --erase-everything ask for --yes.")
    }
  }

  func run() async throws {
    try await Terminal.run {
      guard (0...36500).contains(keepDeleted ?? 0) else {
        throw ToolError("--keep-deleted takes 0 to 36500 days.")
      }
      let folder = ArchiveFolder(path: dir)
      let moved = try relay.map { try NamedRelay(authority.place($0)) }
      if giveBack { return try await Self.giveBack(folder, try keys.passphrase(), moved) }
      let device = try await Self.device(folder, try keys.passphrase(), moved)
      try check(device)
      if follow {
        observe(device)
        return try await SyncFollowing(
          folder: folder, device: device, moved: moved, ignoresConditions: ignoreConditions
        )
        .run()
      }
      let (outcome, advice, verdict): (Outcome, String, Verdict)
      do throws(DeviceError) {
        let bar = SyncBar()
        observe(device)
        if despiteEvidence { try await device.goOnDespiteEvidence() }
        let report = try await device.sync(ignoringConditions: ignoreConditions) { bar.show($0) }
        bar.finish()
        noteRecovery(device, report)
        for hold in report.heldBack { Terminal.note("\(hold.sentence(folder: dir))") }
        let erased = report.verdict.isComplete ? try await erase(on: device) : 0
        report.noteFindings()
        let files = report.verdict.allowsDownloads ? try await device.downloadAutomatically() : nil
        files?.noteFailures()
        advice = report.verdict.advice(dir) + EvidenceFile.keep(report.verdict, in: dir)
        verdict = report.verdict
        outcome = Outcome(
          complete: report.verdict.isComplete, erased: erased, verdict: report.verdict.sentence,
          received: report.received, sent: report.sent, attachmentsSent: report.sentAttachments,
          attachmentsReceived: files?.count ?? 0, heldBack: report.heldBack.map(\.name))
      } catch { throw ToolError(error, folder: dir) }
      try moved?.remember(in: folder, verdict)
      if json { try Terminal.print(json: outcome) }
      guard outcome.complete else { throw ToolError.wrong("\(outcome.verdict)\(advice)") }
      guard !json else { return }
      Terminal.line(
        "\(outcome.verdict) Received \(outcome.received), sent \(outcome.sent); attachments received "
          + "\(outcome.attachmentsReceived), sent \(outcome.attachmentsSent).")
      if outcome.erased > 0 {
        Terminal.line("Erased \(outcome.erased) messages that were deleted before.")
      }
    }
  }

  private func observe(_ device: Device) {
    device.observe(
      MachineSurroundings(folder: dir, network: unmetered ? .unmetered : nil, isIdle: idle ? true : nil))
  }

  /// Refuses options that would do nothing, and asks before more is erased than the settings say.
  private func check(_ device: Device) throws {
    let (evidence, days): (RelayEvidence?, Int)
    do throws(DeviceError) {
      (evidence, days) = (try device.evidence(), Int(try device.settings().recentlyDeletedDays))
    } catch { throw ToolError(error, folder: dir) }
    guard !despiteEvidence || evidence != nil else {
      throw ToolError("There is no evidence against this relay: leave --despite-evidence out.")
    }
    guard keepDeleted != nil || eraseEverything else { return }
    if let removal = device.ownRemoval {
      throw ToolError("This device erases nothing. " + removal.text, exitCode: removal.exitCode)
    }
    let kept = keepDeleted ?? days
    guard kept < days || eraseEverything else { return }
    try confirmation.ask(
      "Messages that were moved to recently deleted \(kept) days ago or earlier would be erased for good: here, on the "
        + "relay, and on every device that syncs\(eraseEverything ? ", even if no message at all is left" : "")."
    )
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
    guard device.log.activeMember(device.id) != nil else { return 0 }
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
  private static func device(
    _ folder: ArchiveFolder, _ passphrase: String?, _ moved: NamedRelay?
  ) async throws -> Device {
    try folder.checkInUse()
    try folder.lock()
    let (store, vault) = (try folder.openStore(), folder.vault(passphrase))
    try await moved?.check(for: vault)
    let relay = try (moved?.relay ?? folder.openRelay()).relay
    let joined: Device
    do throws(DeviceError) {
      guard try Device.isJoining(vault) else {
        let device = try Device(vault: vault, store: store, relay: relay)
        folder.noteRepair(of: device)
        return device
      }
      joined = try await Device.resumeJoining(vault: vault, store: store, relay: relay).approved()
    } catch { throw ToolError(error, folder: folder.path) }
    try folder.keepRelay()
    return joined
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
