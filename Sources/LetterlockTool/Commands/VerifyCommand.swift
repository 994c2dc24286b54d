#if Tool
import ArgumentParser
import Letterlock
import LetterlockSQLite

/// `letterlock verify`
struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract:
      "Reads everything the device and the relay store: every record, signature, hash and attachment.",
    discussion: "Names each thing that fails and why; the exit code is 2 if any does.")

  @Argument(help: "The archive's folder.") var dir: String?
  @Option(help: "Checks a file of evidence against a relay instead; it needs nothing else.")
  var evidence: String?
  @Flag(help: "Restores everything in memory with the recovery key instead, and compares.")
  var asNewDevice = false
  @Option(help: "A file that must hold the account's recovery key; --as-new-device needs it.")
  var recoveryKeyFile: String?
  @OptionGroup var keys: KeyOptions
  @Flag(help: "Prints one JSON object.") var json = false

  private struct Outcome: Encodable {
    struct Failure: Encodable {
      var place: String
      var thing: String
      var reason: String
    }
    var records: Int
    var attachments: Int
    var entries: Int
    var unopened: Int
    var unreferencedAttachments: Int
    var failures: [Failure]
  }

  func validate() throws {
    let others = dir != nil || asNewDevice || recoveryKeyFile != nil || keys.passphraseFile != nil || json
    guard evidence == nil || !others else {
      throw ValidationError("--evidence needs nothing else: leave the folder and all other options out.")
    }
    guard evidence != nil || dir != nil else {
      throw ValidationError("Name the archive's folder, or a file with --evidence.")
    }
    guard !asNewDevice || recoveryKeyFile != nil else {
      throw ValidationError("Give --recovery-key-file FILE with --as-new-device.")
    }
  }

  func run() async throws {
    try await Terminal.run {
      if let evidence { return try EvidenceFile.check(evidence) }
      guard let dir else { return }
      let (folder, passphrase) = (ArchiveFolder(path: dir), try keys.passphrase())
      try await checkRecoveryKey(folder, passphrase)
      if asNewDevice { return try await verifyRestore(of: try folder.open(passphrase)) }
      let verification = try await Self.verify(folder, passphrase)
      let failures = verification.findings.map {
        Outcome.Failure(place: $0.place.rawValue, thing: $0.thing, reason: $0.reason)
      }
      if json {
        try Terminal.print(
          json: Outcome(
            records: verification.recordCount, attachments: verification.attachmentCount,
            entries: verification.entryCount, unopened: verification.unopenedCount,
            unreferencedAttachments: verification.unreferencedCount, failures: failures))
      } else {
        for failure in failures {
          Terminal.line("FAILED \(failure.place): \(failure.thing): \(failure.reason)")
        }
        Terminal.line(
          "Verified \(verification.recordCount) records, \(verification.attachmentCount) attachments, "
            + "\(verification.entryCount) log entries and wraps: \(failures.count) failed.")
        if verification.unopenedCount > 0 {
          Terminal.line(
            "\(verification.unopenedCount) records of the relay's were not opened: their keys come with the next "
              + "`letterlock sync \(dir)`.")
        }
      }
      guard failures.isEmpty else {
        let advice =
          verification.isRelayBehind
          ? " The relay has less than this device has seen.\(ToolError.backupAdvice(dir))" : ""
        throw ToolError.wrong(
          failures.count == 1
            ? "One thing is not what it should be.\(advice)"
            : "\(failures.count) things are not what they should be.\(advice)")
      }
    }
  }

  /// Verifies what is here and what the relay has; what is here alone where nothing can be written.
  private static func verify(
    _ folder: ArchiveFolder, _ passphrase: String?
  ) async throws -> ArchiveVerification {
    let bar = ProgressBar("Verifying")
    defer { bar.finish() }
    try folder.checkInUse()
    guard folder.isWritable else {
      Terminal.note("\(folder.path) cannot be written to: what the relay has is not verified.")
      return try await ArchiveVerification.run(try folder.openForReading(passphrase).device)
    }
    let opened: ArchiveFolder.Opened
    do { opened = try folder.open(passphrase, ifRemoved: .read) } catch {
      // A device that is not part of its account yet does not open; the one whose place it takes is read.
      guard let reading = try? folder.openForReading(passphrase), reading.device.unfinished != nil else {
        throw error
      }
      Terminal.note("What the relay has is not verified.")
      return try await ArchiveVerification.run(reading.device)
    }
    var verification = try await ArchiveVerification.run(opened.device)
    try checkFiles(opened, &verification)
    return verification
  }

  /// Refuses a recovery key that is not the account's, also if this device has not heard yet that it was replaced.
  private func checkRecoveryKey(_ folder: ArchiveFolder, _ passphrase: String?) async throws {
    guard let recoveryKeyFile else { return }
    let key = try RestoreCommand.readKey(recoveryKeyFile)
    let owner: DeviceID
    do { owner = try DeviceKeys(recoverySecret: key.secret).deviceID } catch {
      throw ToolError("A fault of letterlock itself (recovery key): please report it.")
    }
    let log = await Self.newestLog(of: try folder.openForReading(passphrase))
    guard owner != log.recoveryDevice else { return }
    guard log.members[owner] == nil else {
      throw ToolError.wrong(
        "\(recoveryKeyFile) holds a recovery key that is no longer this account's: another one was put in its "
          + "place.")
    }
    throw ToolError.wrong(
      "\(recoveryKeyFile) holds another recovery key than this account's: it was replaced, or is of another account."
    )
  }

  /// The log that the relay shows, if it goes on from the one that this device has; else that one. What is wrong with the
  /// relay's is for the verification to name.
  private static func newestLog(of reading: ArchiveFolder.Reading) async -> AccountLog {
    let (folder, device) = (reading.folder, reading.device)
    let known = device.log
    guard folder.isWritable, let relay = try? folder.openRelay().relay,
      let entries = try? await relay.logEntries(of: device.account, from: 0, as: device.relayCaller),
      let shown = try? AccountLog(account: device.account, replaying: entries),
      shown.heads.starts(with: known.heads)
    else { return known }
    return shown
  }

  private func verifyRestore(of opened: ArchiveFolder.Opened) async throws {
    guard let recoveryKeyFile else { throw ToolError("Give --recovery-key-file FILE with --as-new-device.") }
    let key = try RestoreCommand.readKey(recoveryKeyFile)
    let (report, waiting): (RestoreReport, WaitingContent)
    do throws(DeviceError) {
      report = try await opened.device.verifyRestore(with: key)
      // After it: what waits no more, the relay has shown.
      waiting = try await WaitingContent(on: opened.device)
    } catch { throw ToolError(error, folder: opened.folder.path) }
    let summary = RestoreSummary(report, waiting: waiting)
    if json { try Terminal.print(json: summary) } else { Terminal.lines(summary.lines) }
    guard summary.complete else {
      let advice = waiting.sentence.map {
        " \($0) only here: run `letterlock sync \(opened.folder.path)`, and then this again."
      }
      throw ToolError.wrong("A new device would not get everything back.\(advice ?? "")")
    }
    if !json { Terminal.line("Backed up: a new device with the recovery key gets everything back.") }
  }

  /// What SQLite knows about its own files, and counts that are stored beside what they count.
  private static func checkFiles(
    _ opened: ArchiveFolder.Opened, _ verification: inout ArchiveVerification
  ) throws {
    let isStoreWhole = (try? opened.store.isFileWhole()) ?? false
    if !isStoreWhole { verification.fail(.device, "store.sqlite", "SQLite finds it damaged") }
    if let relay = opened.relay.file {
      let isRelayWhole = (try? relay.isFileWhole()) ?? false
      if !isRelayWhole { verification.fail(.relay, "relay.sqlite", "SQLite finds it damaged") }
      for problem in (try? relay.audit()) ?? ["the file cannot be read"] {
        verification.fail(.relay, "relay.sqlite", problem)
      }
    }
    for problem in (try? opened.store.audit()) ?? ["the file cannot be read"] {
      verification.fail(.device, "store.sqlite", problem)
    }
  }
}
#endif
