#if Tool
import ArgumentParser
import Letterlock

/// A sentence for the person at the terminal, and the exit code.
struct ToolError: Error, CustomStringConvertible {
  let text: TerminalText
  let exitCode: Int32

  var description: String { text.description }

  /// The operation was not done.
  init(_ text: TerminalText, exitCode: Int32 = 1) {
    self.text = text
    self.exitCode = exitCode
  }

  /// An old copy of the device's keys was put back.
  static var stateRolledBack: ToolError {
    .wrong(
      "The keys here are older than what this device did before: an old copy of its folder was put back, or "
        + "the machine was cloned. Nobody else is to blame. Join again with `letterlock join` in this folder: "
        + "what waited to be sent is taken along.")
  }

  /// What waits in a folder is another account's.
  private static func otherAccount(_ account: AccountID, _ place: String) -> ToolError {
    ToolError(
      "\(place) holds a device of another account (\(account.description.prefix(16))), and what waits there to be sent "
        + "is that account's: choose another folder. Nothing was changed.")
  }

  /// There is a device in the folder.
  private static func inUse(_ folder: String) -> ToolError {
    ToolError(
      "There is a device in \(folder) already: choose another folder, or go on with `letterlock sync "
        + "\(folder)`.")
  }

  /// A request to join waits in the folder.
  private static func joinUnfinished(_ folder: String) -> ToolError {
    ToolError(
      "The device in \(folder) waits for an approval: run `letterlock join \(folder)` again, or take the request back "
        + "with `letterlock join \(folder) --cancel`.")
  }

  /// A restore into the folder was interrupted.
  private static func restoreUnfinished(_ folder: String) -> ToolError {
    ToolError(
      "A restore into \(folder) was interrupted: run `letterlock restore \(folder)` again, with the same "
        + "recovery key.")
  }

  /// The account goes on without this device.
  static var removed: ToolError {
    .wrong(
      "This device was removed from its account. What is here stays readable, what waited to be sent too: join "
        + "again with `letterlock join`.")
  }

  /// What to do if a relay has less than a device saw there.
  static func backupAdvice(_ folder: String) -> String {
    " If its file was put back from a backup: `letterlock sync \(folder) --give-back` gives back what it lost."
  }

  /// The relay may be older than the device.
  private static func unknownAccount(_ folder: String) -> ToolError {
    ToolError("The relay does not know this account.\(backupAdvice(folder))")
  }

  /// What the relay shows is not what it should be.
  private static func historyRefused(_ verdict: Verdict, folder: String?) -> ToolError {
    .wrong("\(verdict.sentence)\(verdict.advice(folder ?? "DIR"))\(EvidenceFile.keep(verdict, in: folder))")
  }

  /// Something stored or shown is wrong.
  static func wrong(_ text: TerminalText) -> ToolError { ToolError(text, exitCode: 2) }
}

extension ToolError {
  init(_ error: DeviceError, folder: String? = nil) {
    let place = folder ?? "DIR"
    self =
      switch error {
      case .relay(.unknownAccount): .unknownAccount(place)
      case .relay(let error): ToolError(error)
      case .store(let error): ToolError(error)
      case .vault(let error): ToolError(error)
      case .archive(let error): ToolError(error)
      case .noRelay: ToolError("This archive has no relay: create one with `letterlock init`.")
      case .noStore: ToolError("This archive has no store.")
      case .stateRolledBack: .stateRolledBack
      case .cancelled: ToolError("Stopped. What was done so far is kept; run the command again to go on.")
      case .vaultNotEmpty: .inUse(place)
      case .vaultEmpty: ToolError("There is no device in \(place): begin with `letterlock init \(place)`.")
      case .joinUnfinished: .joinUnfinished(place)
      case .restoreUnfinished: .restoreUnfinished(place)
      case .otherAccount(let account): .otherAccount(account, place)
      case .unusableKey(let id): ToolError.wrong("The key of device \(id) is not usable.")
      case .removed: .removed
      case .unknownDevice(let id):
        ToolError("No active device begins with \(id): see `letterlock device list \(place)`.")
      case .notRemovable(let id):
        ToolError("\(id) cannot be removed: it is this device, or the recovery key.")
      case .noSuchAccount:
        ToolError("This relay holds no account of this recovery key: it was replaced, or is of another.")
      case .noRecoveryKeyPrepared: ToolError("There is no new recovery key to put in place of the old one.")
      case .notAnApprover:
        ToolError("This device has no vote on the recovery key: use one that has.")
      case .proposalRefused:
        ToolError.wrong("No device with a vote has proposed this, or the recovery key has changed since.")
      case .codeNotConfirmed:
        ToolError.wrong("Not agreed: this is another proposal than the one with that code.")
      case .voteRefused(let id): ToolError.wrong("The vote of \(id) is not for this device's proposal.")
      case .votesMissing(let count):
        ToolError(
          "\(count) more devices must agree: see `letterlock recovery propose`; or give --old-key-file.")
      case .logRefused(let error): ToolError.wrong("The relay's account log breaks a rule: \(error.reason).")
      case .forked:
        ToolError.wrong("Two logs of this account contradict each other: do not go on with this relay.")
      case .joinRequestNotFound:
        ToolError("No device with this code has asked to join: run `letterlock join` there first.")
      case .notApprovedYet:
        ToolError("Not approved yet: run `letterlock device add DIR CODE` on a device of the account.")
      case .approvalForged: ToolError.wrong("The relay shows approvals that no device of yours made.")
      case .attachmentUnreadable(let blob):
        ToolError.wrong("Attachment \(blob) is incomplete, altered, or not there.")
      case .erasureNotConfirmed: ToolError("Nothing was erased: that is not the code.")
      case .heldBack(let hold): ToolError("Not synchronised. \(hold.sentence(folder: place))")
      case .attachmentNotWritten: ToolError("The file cannot be written: is there room?")
      case .attachmentChanged: ToolError("A file changed while it was being sealed: try again.")
      case .wouldEraseEverything(let count):
        ToolError("Nothing was erased: all \(count) messages would be. Say so with --erase-everything.")
      case .historyRefused(let verdict): .historyRefused(verdict, folder: folder)
      case .historyChanged: ToolError("The history changed meanwhile: run this again.")
      case .sendRefused: ToolError("The message is not sent.")
      case .internalError(let place): ToolError("A fault of letterlock itself (\(place)): please report it.")
      }
  }

  init(_ error: RelayError) {
    self =
      switch error {
      case .quotaExceeded(let usage):
        ToolError(
          "The relay is full: \(ByteText(usage.total)) of \(ByteText(usage.quota)) used (records "
            + "\(ByteText(usage.records)), attachments \(ByteText(usage.blobs)), account "
            + "\(ByteText(usage.log))). Nothing is lost: what does not fit stays on this device.")
      case .accountErased(let completed):
        ToolError.wrong(
          "The server's copy of this account was erased by device \(completed.order.device.description.prefix(16)) on "
            + "\(completed.order.at.localDay).")
      case .lostPartRefused:
        ToolError.wrong(
          "The relay has not signed what this device would give back: it has another key, or another past.")
      case .staleHistory, .staleLogHead:
        ToolError("The account has changed since: try again.")
      case .recoveryUnderway(let wait):
        ToolError(
          "The account is being restored with its recovery key. Nothing is lost: try again in \(WaitText(wait))."
        )
      case .removalUnderway(let wait):
        ToolError(
          "Another device is about to remove a device from the account. Nothing is lost: try again in "
            + "\(WaitText(wait)).")
      case .tooManyEntries(let wait):
        ToolError(
          "This device has changed the account too often in a short time. Nothing is lost: try again in "
            + "\(WaitText(wait)).")
      case .unavailable(let reason): ToolError("The relay cannot be used: \(reason.asEnd)")
      case .unknownAccount: ToolError("The relay does not know this account.")
      case .corrupted(let what): ToolError.wrong("The relay's file is damaged: \(what.asEnd)")
      default: ToolError("The relay refused: \(error.reason).")
      }
  }

  init(_ error: StoreError) {
    self =
      switch error {
      case .unavailable(let reason): ToolError("The device's store cannot be used: \(reason.asEnd)")
      case .corrupted(let what): ToolError.wrong("The device's store is damaged: \(what.asEnd)")
      case .conflict:
        ToolError("Another program keeps changing the device's store: try again when it is done.")
      }
  }

  init(_ error: VaultError) {
    self =
      switch error {
      case .unavailable(let reason): ToolError("The key file cannot be used: \(reason.asEnd)")
      case .passphraseNeeded: ToolError("The keys are sealed: give --passphrase-file FILE.")
      case .wrongPassphrase: ToolError("Wrong passphrase, or the key file was altered.")
      case .notSealed:
        ToolError.wrong("The key file is not sealed, though a passphrase was given: is it yours?")
      case .corrupted:
        ToolError.wrong(
          "Both copies in the key file are damaged; nothing was changed. Put back a copy, or restore.")
      case .conflict: ToolError("Another program keeps changing the key file: try again when it is done.")
      case .readOnly: ToolError("The device was opened to be read: it changes nothing.")
      case .unknownVersion(let version):
        ToolError("The key file is of version \(version): use a newer letterlock.")
      }
  }

  init(_ error: ArchiveError) {
    self =
      switch error {
      case .deviceRemoved: .removed
      case .epochRefused: ToolError("The newest epoch is not usable: run `letterlock sync DIR`.")
      case .forked: ToolError.wrong("Two logs of this account contradict each other.")
      case .stateRolledBack: .stateRolledBack
      case .messageTooLong: ToolError("A message is too long.")
      default: ToolError.wrong("A record cannot be read: \(error.reason).")
      }
  }
}

extension String {
  /// A reason as the end of a sentence: some reasons are sentences themselves.
  fileprivate var asEnd: String { hasSuffix(".") ? self : self + "." }

  /// A reason inside a sentence.
  var asPart: String {
    let part = hasSuffix(".") ? String(dropLast()) : self
    // A word, and not the name of a file.
    guard part.firstMatch(of: #/^[A-Z][a-z]* /#) != nil else { return part }
    return part.prefix(1).lowercased() + part.dropFirst()
  }
}

extension Verdict {
  /// What to tell the person.
  var sentence: String {
    switch self {
    case .complete(let size): "The history is complete: \(size) records."
    case .missing(let leaves): "The relay withholds records, from leaf index \(leaves.first ?? 0) on."
    case .rolledBack(let from, let to):
      "The relay shows an older history (\(to)) than this device has seen (\(from))."
    case .reordered: "The relay shows the history in another order than it signed."
    case .tampered(let error): "The relay shows something that its author did not sign: \(error.reason)."
    case .forked(evidence: nil): "The relay shows another log or history than this device has seen."
    case .erased(let device):
      "The server's copy was erased by device \(device.description.prefix(16)). What is here stays."
    case .forked: "The relay signed two histories that contradict each other."
    case .removed(let by, let entry):
      "Device \(by.description.prefix(16)) removed this one, by entry \(entry) of the account's log. What is here "
        + "stays readable, what waited to be sent too: join again with `letterlock join`."
    case .unreadable(let records):
      "Not everything can be read: " + records.map(\.sentence).joined(separator: "; ") + "."
    }
  }
}

extension Verdict {
  /// What to do about it, after the sentence; empty if the sentence says it.
  func advice(_ folder: String) -> String {
    guard case .rolledBack = self else { return "" }
    return ToolError.backupAdvice(folder)
  }
}

extension UnreadableRecords {
  /// How many, and why, as a part of a sentence.
  var sentence: String {
    let noun = count == 1 ? "record" : "records"
    return switch reason {
    case .epochWithheld(let epoch):
      "\(count) \(noun) of epoch \(epoch), for which the relay withholds this device's key"
    case .epochFaulty(let epoch, let by):
      "\(count) \(noun) of epoch \(epoch), whose key device \(by.description.prefix(16)) spoiled"
    case .epochUnreached(let epoch):
      "\(count) \(noun) of epoch \(epoch), whose key no device has given to this one yet"
    case .doesNotOpen(let author):
      "\(count) \(noun) that device \(author.description.prefix(16)) did not seal rightly"
    }
  }
}

/// A byte count for people.
struct ByteText: CustomStringConvertible {
  let description: String

  init(_ byteCount: UInt64) {
    let units = ["bytes", "KB", "MB", "GB", "TB"]
    var value = Double(byteCount)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let tenths = (value * 10).rounded() / 10
    description = unit == 0 ? "\(byteCount) bytes" : "\(tenths) \(units[unit])"
  }
}
#endif
