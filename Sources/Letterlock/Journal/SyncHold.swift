/// Why something waits on this device, or why it does not synchronise.
public enum SyncHold: Hashable, Sendable {
  /// The person stopped synchronising on this device.
  case stopped
  /// Conditions that the person set do not hold.
  case conditions([SyncConditions.Requirement])
  /// The relay did not answer when it was last asked, and why.
  case network(String)
  /// The account's room on the relay is used up.
  case quota(RelayUsage)
  /// This device's clock is so many seconds behind what another device wrote: one of the two is wrong.
  case clock(secondsBehind: Int64, device: DeviceID)
  /// The newest epoch cannot be read: the relay withholds this device's wrap (no culprit), or a device opened
  /// it wrongly.
  case unreadableEpoch(UInt64, by: DeviceID?)
  /// The device was removed from its account.
  case removed
  /// The relay shows another log, which active devices have made, and the person has not decided.
  case forked
  /// The device's keys are older than what it did before: an old copy of them was put back, or the machine was cloned.
  case stateRolledBack
  /// A device of the account, or the recovery key, erased the server's copy of everything.
  case erased(by: DeviceID)
  /// The relay showed something wrong at the last synchronisation.
  case historyRefused
  /// The last synchronisation failed otherwise; the words are for a report.
  case failed(String)

  /// What a person can do about a hold.
  public enum Remedy: Hashable, Sendable {
    /// Start synchronising again.
    case start
    /// Wait until the conditions hold, or synchronise once ignoring them.
    case meetConditions
    /// Try again later.
    case tryLater
    /// Make room: erase what was deleted, or ask for more.
    case makeRoom
    /// Set the clock.
    case setClock
    /// Join again from a device of the account, or restore.
    case joinAgain
    /// Compare with another device, and trust this relay no further.
    case distrustRelay
    /// Begin a new account: the local copy is whole.
    case beginNewAccount
    /// Verify everything, and report it.
    case verify
  }

  /// What to do about it.
  public var remedy: Remedy {
    switch self {
    case .stopped: .start
    case .conditions: .meetConditions
    case .network, .unreadableEpoch: .tryLater
    case .quota: .makeRoom
    case .clock: .setClock
    case .removed, .stateRolledBack: .joinAgain
    case .forked, .historyRefused: .distrustRelay
    case .erased: .beginNewAccount
    case .failed: .verify
    }
  }
}
