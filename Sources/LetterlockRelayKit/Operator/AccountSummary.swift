package import LetterlockFormat

/// What an operator may know of an account: numbers and times, and nothing that was sealed.
package struct AccountSummary: Sendable {
  /// What there is to say beyond numbers.
  package enum State: Hashable, Sendable {
    /// The recovery device has it for itself until then.
    case held(until: Timestamp)
    /// An order to erase it waits, and takes effect then.
    case erasing(at: Timestamp)
    /// It was erased: its log and the order are left.
    case erased
    /// Log entries were given back, and the newest epoch has no wrap for some device until one begins another.
    case restored
    /// The operator has moved it to another relay.
    case moved(at: Timestamp)
    /// It cannot be read; why, as a sentence.
    case damaged(String)
  }

  /// The account.
  package let account: AccountID
  /// How many devices are active, the recovery device not counted.
  package private(set) var deviceCount = 0
  /// How many entries the log has.
  package private(set) var entryCount: UInt64 = 0
  /// How many records the history has, those that were erased included.
  package private(set) var recordCount: UInt64 = 0
  /// What it keeps, and may keep.
  package private(set) var usage = RelayUsage(quota: 0)
  /// Whether the quota is the account's own.
  package private(set) var hasOwnQuota = false
  /// When it was last changed, by the relay's clock; nil if the store does not tell.
  package private(set) var changed: Timestamp?
  /// What there is to say beyond that.
  package private(set) var states: [State] = []

  /// Reads an account. One that cannot be read says so.
  init(
    _ account: AccountID, in rows: any RelayRows, quota: UInt64, at moment: RelayMoment
  ) throws(RelayError) {
    self.account = account
    let (stored, setting): (StoredAccount, AccountSetting)
    do throws(RelayError) {
      stored = try AccountRows(account: account, quota: quota).load(rows, after: nil)
      setting = try AccountSetting(rows)
    } catch {
      guard case .corrupted(let sentence) = error else { throw error }
      states = [.damaged(sentence)]
      return
    }
    let (rules, log) = (stored.rules, stored.rules.log)
    deviceCount = log.activeDevices.count { $0 != log.recoveryDevice }
    entryCount = log.nextIndex
    recordCount = rules.history.tree.size
    usage = rules.usage
    hasOwnQuota = setting.quota != nil
    changed = StoredAccount.changed(stored.version)
    states = try Self.states(of: rules, setting, rows, at: moment)
  }

  private static func states(
    of rules: RelayAccount, _ setting: AccountSetting, _ rows: any RelayRows, at moment: RelayMoment
  ) throws(RelayError) -> [State] {
    var states: [State] = []
    if let left = rules.control.holdRemaining(of: rules.log, at: moment) {
      states.append(.held(until: moment.after(left)))
    }
    if let pending = rules.erasure?.pending(moment.policy) {
      states.append(.erasing(at: pending.takesEffect))
    }
    if rules.erasure?.completed != nil {
      states.append(.erased)
    } else if try !WrapAudit(rules.log, rows).isNewestReadable {
      states.append(.restored)
    }
    if let moved = setting.moved { states.append(.moved(at: moved)) }
    return states
  }
}

extension RelayService {
  /// What an operator may know of an account, in a transaction of the caller's.
  package func summary(of account: AccountID, in rows: any RelayRows) throws(RelayError) -> AccountSummary {
    try AccountSummary(account, in: rows, quota: quota, at: moment)
  }
}
