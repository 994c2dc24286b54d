internal import CryptoCore
internal import TLSCodec

/// Takes what the relay has of the account's log and of this device's wraps. SPEC.md section 3.4.
struct LogPuller: Sendable {
  let state: AccountState
  let relay: RelayConnection
  let others: OtherLogKeeper

  /// Takes the entries that this device has not seen. A relay whose log does not go on from this device's is named.
  /// - Throws: `DeviceError.historyRefused(.forked)` if the relay shows another log that active devices have made, and
  ///   the person has not decided. Any other log is noted, and the device goes on with its own.
  func pullLog() async throws(DeviceError) {
    let known = state.view.log
    // The newest known entry is asked for again, to see that it is the same one.
    let entries = try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.logEntries(of: account, from: known.nextIndex - 1)
    }
    guard let first = entries.first else {
      throw .historyRefused(.rolledBack(from: known.nextIndex, to: 0))
    }
    guard first.head == known.head else { return try await judgeOtherLog() }
    try state.take(entries.dropFirst())
    try others.noteOwnLogShown()
  }

  /// What it means that the relay shows another entry where this device knows one. Only a whole log of this account is a
  /// fork: anything else could be made by anyone.
  private func judgeOtherLog() async throws(DeviceError) {
    let known = state.view.log
    let entries = try await relay.ask { (relay, account) async throws(RelayError) in
      try await relay.logEntries(of: account, from: 0)
    }
    let other = try AccountLog.replay(entries, of: relay.account)
    guard !other.heads.starts(with: known.heads) else { throw .logRefused(.wrongPredecessor) }
    guard !known.heads.starts(with: other.heads) else {
      throw .historyRefused(.rolledBack(from: known.nextIndex, to: other.nextIndex))
    }
    guard !(try others.note(entries).stops(known)) else { throw .historyRefused(.forked(evidence: nil)) }
  }

  /// Asks for the wraps of epochs that this device does not read yet, and judges them. What was judged when a question
  /// fails, or when the task is cancelled, is kept.
  func pullWraps() async throws(DeviceError) {
    _ = try relay.needed()
    let wanted = try state.read { (state) throws(DeviceError) in
      // A wrap for a sealing key that is gone says nothing of who made it.
      guard !state.isRolledBack else { throw .stateRolledBack }
      return state.epochsToJudge
    }
    guard !wanted.isEmpty else { return }
    var judged: [(epoch: UInt64, wrap: [UInt8]?)] = []
    let outcome: Result<Void, DeviceError>
    do throws(DeviceError) {
      try await ask(for: wanted, &judged)
      outcome = .success(())
    } catch { outcome = .failure(error) }
    if !judged.isEmpty {
      let judged = judged
      try state.mutate { for (epoch, wrap) in judged { $0.judge(epoch, wrap: wrap) } }
    }
    try outcome.get()
  }

  private func ask(
    for wanted: [UInt64], _ judged: inout [(epoch: UInt64, wrap: [UInt8]?)]
  ) async throws(DeviceError) {
    var known = state.read { $0.duplicate() }
    let device = state.view.device
    for epoch in wanted {
      try checkCancellation()
      // A later wrap may have given this epoch secret already.
      guard known.keyring.epochSecrets[epoch] == nil else { continue }
      let wrap = try await relay.ask { (relay, account) async throws(RelayError) in
        try await relay.wrap(of: account, epoch: epoch, for: device)
      }
      known.judge(epoch, wrap: wrap)
      judged.append((epoch, wrap))
    }
  }
}

extension AccountState {
  /// Takes entries that are now in the log, and saves once: what came before one that breaks a rule stays. Their epochs
  /// are judged when their wraps are there.
  func take(_ entries: some Collection<LogEntry>) throws(DeviceError) {
    guard !entries.isEmpty else { return }
    let refusal = try mutate { (state) -> DeviceError? in
      do throws(DeviceError) {
        for entry in entries where state.log.index(of: entry.head) == nil { try state.take(entry) }
        return nil
      } catch { return error }
    }
    if let refusal { throw refusal }
  }
}

extension AccountLog {
  /// Replays a log that came from a relay.
  /// - Throws: `DeviceError.logRefused`.
  static func replay(_ entries: [LogEntry], of account: AccountID) throws(DeviceError) -> AccountLog {
    do throws(AccountLogError) {
      return try AccountLog(account: account, replaying: entries)
    } catch { throw .logRefused(error) }
  }
}

extension DeviceState {
  /// Epochs that this device should read and does not, newest first: one epoch secret gives all before it.
  var epochsToJudge: [UInt64] {
    log.epochs.reversed().filter {
      keyring.epochSecrets[$0.header.number] == nil
        && keyring.faults[$0.header.number]?.isRelays ?? true
        && $0.wrapHash(for: keys.deviceID) != nil
    }.map(\.header.number)
  }

  mutating func judge(_ epoch: UInt64, wrap: [UInt8]?) {
    keyring.admit(epoch, of: log, wrap: wrap, keys: keys)
  }
}
