#if Tool
import Letterlock

/// What a synchronisation found beside its verdict, for a person at the terminal.
extension SyncReport {
  /// Says what is wrong and stops nothing.
  func noteFindings() {
    for failure in failedAttachments { Terminal.noteFailure("Not sent: \(failure.sentence)") }
    if takenAlong > 0 {
      let noun = takenAlong == 1 ? "waiting message" : "waiting messages"
      Terminal.note("Took along \(takenAlong) \(noun) of the device that was here before.")
    }
    if postponedErasures > 0 {
      let noun = postponedErasures == 1 ? "message that was" : "messages that were"
      Terminal.note(
        "Not erased yet: \(postponedErasures) \(noun) to be erased for good. Something of the history cannot be read that "
          + "may take back what was deleted. `letterlock sync` erases it when all of it can.")
    }
    if let otherLog {
      Terminal.note("The relay shows another log of this account. This device keeps its own.")
      for entry in otherLog.entries { Terminal.note("  \(entry.content.sentence)") }
    }
    if evidence != nil {
      Terminal.note(
        "This relay has signed two histories that contradict each other. `letterlock sync DIR --despite-evidence` "
          + "forgets that.")
    }
    if let order = pendingErasure {
      Terminal.note(
        "Device \(order.order.device.description.prefix(16)) ordered that the server erase its copy of everything, on "
          + "\(order.takesEffect.localText). To make that void: `letterlock erase DIR --cancel`.")
    }
    for replacement in replacedRecoveryKeys { Terminal.note("\(replacement.sentence)") }
    if let withdrawnErasure {
      Terminal.note(
        "The relay had said that device \(withdrawnErasure.device.description.prefix(16)) erased everything, and "
          + "now shows the account again: one of the two was false.")
    }
  }
}

extension RecoveryReplacement {
  /// What happened, and what to do, for a person at the terminal.
  var sentence: String {
    var what = "The recovery key was replaced"
    if let time { what += " on \(time.localText), by the relay's clock" }
    if let announcer {
      what += ": device \(announcer.description.prefix(16)) had announced it"
      if !wasShown { what += ", and this device had not shown that for the whole waiting time" }
    } else {
      what += " by somebody who had the old one"
    }
    return what
      + ". If that was you, `letterlock recovery acknowledge` says so. If not, remove the device that did it, and "
      + "replace the key: `letterlock recovery`."
  }
}

extension AttachmentTransfer {
  /// Says what did not come.
  func noteFailures() {
    for failure in failures { Terminal.noteFailure("Not received: \(failure.sentence)") }
  }
}

extension AttachmentFailure {
  /// Which file of which message, and why.
  var sentence: String {
    let file = name.map { "\($0.shown) (\(blob.description.prefix(16)))" } ?? "\(blob.description.prefix(16))"
    let owner = message.map { " of message \($0)" } ?? ""
    return "\(file)\(owner). \(ToolError(reason).description)"
  }
}

extension LogEntryContent {
  /// Who did what, for a person who compares two logs.
  fileprivate var sentence: String {
    "entry \(index): device \(signer.description.prefix(16)) \(change.summary)"
  }
}

extension AccountChange {
  fileprivate var summary: String {
    switch self {
    case .create: "created the account"
    case .add(let add): "added device \(add.device.deviceID.description.prefix(16))"
    case .remove(let remove):
      "removed " + remove.devices.map { "\($0.description.prefix(16))" }.joined(separator: ", ")
    case .rotate: "replaced its sealing key"
    case .epoch: "began an epoch"
    case .replaceRecovery: "replaced the recovery key"
    case .update(let version): "says that it reads version \(version)"
    case .recover(let recover):
      "restored device \(recover.device.deviceID.description.prefix(16)), and kept \(recover.kept.count) others"
    case .announceRecovery: "announced a new recovery key"
    case .completeRecovery: "put the announced recovery key in force"
    case .cancelRecovery: "made the announced recovery key void"
    }
  }
}
#endif
