#if Tool
import Letterlock

extension SyncHold {
  /// Why something waits, and what to do, for a person at the terminal.
  func sentence(folder: String) -> String {
    "\(reason) \(advice(folder))"
  }

  private var reason: String {
    switch self {
    case .stopped: "Synchronising is stopped on this device."
    case .conditions(let unmet):
      "Not all holds that a sync needs: \(unmet.map(RequirementNames.name).joined(separator: ", "))."
    case .network(let words): "The relay did not answer: \(words.asPart)."
    case .quota(let usage): "The relay is full: \(ByteText(usage.total)) of \(ByteText(usage.quota)) used."
    case .clock(let seconds, let device):
      "This device's clock is \(seconds / 86_400) days behind what device \(device.description.prefix(16)) wrote."
    case .unreadableEpoch(let epoch, by: nil): "The relay withholds this device's key for epoch \(epoch)."
    case .unreadableEpoch(let epoch, let device?):
      "Device \(device.description.prefix(16)) began epoch \(epoch) wrongly."
    case .removed: "This device was removed from its account."
    case .forked: "The relay shows another log of this account than this device has."
    case .stateRolledBack:
      "The keys here are older than what this device did before: an old copy was put back, or the machine was cloned."
    case .erased(let device):
      "The server's copy was erased by device \(device.description.prefix(16)). What is here stays."
    case .historyRefused: "The relay showed something wrong at the last sync."
    case .failed(let words): "The last sync failed: \(words.asPart)."
    }
  }

  private func advice(_ folder: String) -> String {
    switch remedy {
    case .start: "`letterlock device start \(folder)` starts it again."
    case .meetConditions: "Wait, or use `letterlock sync \(folder) --ignore-conditions`."
    case .tryLater: "Try again later: `letterlock sync \(folder)`."
    case .makeRoom:
      "Erase what was deleted (`letterlock sync \(folder) --keep-deleted 0`), or ask for more room."
    case .setClock: "Look which of the two clocks is wrong."
    case .joinAgain:
      "Join again in this folder: `letterlock join \(folder)`. What waits to be sent is taken along."
    case .distrustRelay: "Compare with another device, and run `letterlock verify \(folder)`."
    case .beginNewAccount: "Begin a new account in another folder: `letterlock init`."
    case .verify: "Run `letterlock verify \(folder)`."
    }
  }
}

extension SyncHold {
  /// The name that a program reads.
  var name: String {
    switch self {
    case .stopped: "stopped"
    case .conditions: "conditions"
    case .network: "network"
    case .quota: "quota"
    case .clock: "clock"
    case .unreadableEpoch: "unreadableEpoch"
    case .removed: "removed"
    case .forked: "forked"
    case .stateRolledBack: "stateRolledBack"
    case .erased: "erased"
    case .historyRefused: "historyRefused"
    case .failed: "failed"
    }
  }
}
#endif
