import CryptoCore

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What the relay had when an act began.
struct ActBeginning {
  let treeSize: UInt64
  let entryCount: Int
  let wasRemoved: Bool
  /// Whether the relay was honest to the device until then.
  let isFair: Bool
  let lie: SimulatedLie?
  /// The relay's time as the device knew it, and as it was.
  let relayTime: UInt64
  let relayNow: UInt64

  init(_ party: SimulatedParty, _ watch: RelayWatch, isFair: Bool, relayNow: Timestamp) {
    self.relayNow = relayNow.millisecondsSince1970
    (treeSize, entryCount) = (watch.treeSize, watch.entryCount)
    wasRemoved = party.id.flatMap { watch.members[$0] }.map { !$0.isActive } ?? false
    self.isFair = isFair
    lie = party.network.lie
    relayTime = (try? party.device?.progress().relayTime) ?? 0
  }
}

/// What must hold of a device.
extension Simulation {
  /// Checks what a device keeps: its log and its tree grow, and it shows what it recorded and what it showed, and nothing
  /// else.
  func check(_ party: SimulatedParty) {
    guard let device = party.device, !party.isRolledBack else { return }
    checkGrowth(party, device)
    var shown: [String: Int] = [:]
    do {
      try device.forEachEntry { read in
        guard case .success(.message(let message)) = read.entry else { return }
        shown[message.text, default: 0] += 1
        checkLetter(message, read, party)
      }
    } catch { return trace.violate("\(party.name) cannot read its history: \(error)") }
    if parties.values.allSatisfy(\.isFairlyTreated), !wasRestored,
      let twice = shown.filter({ $0.value > 1 }).keys.min()
    {
      trace.violate("\(party.name) shows twice: \(twice)")
    }
    let own = written.filter { $0.value.isRecorded && $0.value.author == device.id }.map(\.key)
    let missed = party.seen.union(own).filter { shown[$0] == nil && written[$0]?.isErasable == false }
    if let first = missed.min() { trace.violate("\(party.name) lost \(missed.count) messages: \(first)") }
    party.seen.formUnion(shown.keys)
    checkTaps(party, device)
    checkSecrets(party, device)
  }

  private func checkGrowth(_ party: SimulatedParty, _ device: Device) {
    let heads = device.log.heads
    if !heads.starts(with: party.heads) { trace.violate("\(party.name)'s log shrank or changed branch") }
    party.heads = heads
    guard let tree = try? device.progress().history.tree else {
      return trace.violate("\(party.name) cannot read its progress")
    }
    if tree.size < party.tree.size || (tree.size == party.tree.size && tree != party.tree) {
      trace.violate("\(party.name)'s tree shrank or changed branch")
    } else if party.tree.size > 0, tree.size > party.tree.size {
      var nodes = HistoryNodes()
      for batch in (try? party.store.batches(from: 0, limit: .max)) ?? [] { nodes.append(batch.leafHashes) }
      if nodes.root(at: party.tree.size) != party.tree.root || nodes.root(at: tree.size) != tree.root {
        trace.violate("\(party.name)'s tree changed branch")
      }
    }
    party.tree = tree
  }

  /// What a device sent splits no account. A thief may sign what it likes, and an old copy forgets what it signed.
  func checkSent(_ party: SimulatedParty) {
    guard let fault = party.network.takeFaultOfEntries(), !party.isThief, !party.isRolledBack else { return }
    trace.violate("\(party.name) \(fault)")
  }

  private func checkLetter(_ message: Message, _ read: HistoryEntry, _ party: SimulatedParty) {
    guard let letter = written[message.text] else {
      return trace.violate("\(party.name) shows what nobody wrote: \(message.text)")
    }
    if let author = letter.author, author != read.author {
      trace.violate("\(party.name) shows a wrong author of \(message.text)")
    }
    if message.conversation != home.chat { trace.violate("\(party.name) shows a wrong conversation") }
    if message.protection != letter.protection || message.sender != letter.message.sender {
      trace.violate("\(party.name) shows another protection of \(message.text)")
    }
  }

  private func checkTaps(_ party: SimulatedParty, _ device: Device) {
    if party.hasConfirmedKey, device.recoveryKeyToShow() != nil, party.preparedKey == nil {
      trace.violate("\(party.name) shows a recovery key again that was confirmed")
    }
    guard party.preparedKey != nil else { return }
    // It is void when another recovery key comes in.
    if device.log.recoveryDevice != home.recoveryDevice || !device.hasRecoveryKeyNotInForce {
      if device.log.recoveryDevice == home.recoveryDevice {
        trace.violate("\(party.name) forgot a recovery key that it prepared")
      }
      party.preparedKey = nil
    }
  }

  /// What the relay has now; what `watch` saw is older while a process runs.
  var relayNow: RelayAccount? { server.service.accounts[home.account]?.rules }

  /// A device that was removed knows no epoch from its removal on.
  private func checkSecrets(_ party: SimulatedParty, _ device: Device) {
    guard !wasRestored, party.isFairlyTreated, let removal = watch.members[device.id]?.removal,
      let log = watch.rules?.log
    else { return }
    let later = log.epochs.filter { $0.entry >= removal.entry }.map(\.header.number)
    let known = device.secrets.epochSecrets
    if later.contains(where: { known[$0] != nil }) {
      trace.violate("\(party.name) knows an epoch that began when it had been removed")
    }
  }
}

/// What a call may say.
extension Simulation {
  /// Judges what synchronising reported.
  func judge(_ report: SyncReport, _ party: SimulatedParty, _ before: ActBeginning) -> String {
    let verdict = report.verdict
    checkBlame(report, party)
    let isFair = before.isFair && party.isFairlyTreated && !wasRestored
    if case .complete(let size) = verdict { judgeComplete(size, party, before, isFair: isFair) }
    if isFair { judgeFair(verdict, party) }
    if case .hastilyErased? = before.lie, case .hastilyErased? = party.network.lie, case .erased = verdict {
      trace.violate("\(party.name) believes that all was erased at once")
    }
    if isFair, before.lie == nil, party.network.lie == nil {
      for failure in report.failedAttachments where !failure.reason.isHold {
        trace.violate("\(party.name) could not send a file to an honest relay: \(failure.reason)")
      }
    }
    return "\(SimulationTrace.name(of: verdict)), \(report.received) received, \(report.sent) sent"
  }

  private func judgeFair(_ verdict: Verdict, _ party: SimulatedParty) {
    switch verdict {
    case .complete, .unreadable: break
    case .removed:
      if party.id.flatMap({ relayNow?.log.members[$0] })?.isActive ?? true {
        trace.violate("\(party.name) says that it was removed, and was not")
      }
    case .erased:
      if relayNow?.erasure?.completed == nil {
        trace.violate("\(party.name) says that all was erased, and it was not")
      }
    case .tampered(.timeWentBack) where clock.wasSetBack: break
    default:
      trace.violate("\(party.name) accuses an honest relay: \(SimulationTrace.name(of: verdict))")
    }
  }

  private func judgeComplete(
    _ size: UInt64, _ party: SimulatedParty, _ before: ActBeginning, isFair: Bool
  ) {
    guard let device = party.device else { return }
    let name = party.name
    if device.log.activeMember(device.id) == nil || (before.wasRemoved && isFair) {
      trace.violate("\(name) was removed and says that its history is complete")
    }
    if size != party.floor, size < party.floor {
      trace.violate("\(name) says complete, and has less than whoever let it in")
    }
    if case .log(let shown)? = before.lie, case .log? = party.network.lie,
      !shown.map(\.head).starts(with: device.log.heads)
    {
      trace.violate("\(name) says complete, and the relay shows another log")
    }
    if case .oldLog? = before.lie, case .oldLog? = party.network.lie,
      device.log.heads.count < before.entryCount
    {
      trace.violate("\(name) says complete, and the relay withholds an entry of the log")
    }
    let most = relayNow?.history.tree.size ?? 0
    if isFair, size < before.treeSize || size > most {
      trace.violate("\(name) says complete(\(size)), and the relay had \(before.treeSize) to \(most)")
    }
    if isFair, device.log.heads.count < before.entryCount {
      trace.violate("\(name) says complete, and does not have the whole log")
    }
    // A clock that goes back meanwhile may do so after the last answer.
    let latest = max(before.relayNow, clock.relayNow.millisecondsSince1970)
    if before.lie == nil, before.relayTime > CheckpointRules.largestSetback,
      before.relayTime - CheckpointRules.largestSetback > latest
    {
      trace.violate("\(name) says complete to a relay whose clock went back")
    }
    var unreadable = 0
    try? device.forEachEntry { read in
      if case .failure = read.entry { unreadable += 1 }
    }
    if unreadable > 0 { trace.violate("\(name) says complete, and cannot read \(unreadable) records") }
  }

  /// No device of the person's is ever to blame.
  private func checkBlame(_ report: SyncReport, _ party: SimulatedParty) {
    var blamed = Set(report.repaired)
    if case .unreadable(let records) = report.verdict {
      for record in records {
        switch record.reason {
        case .epochFaulty(_, let device): blamed.insert(device)
        case .doesNotOpen(let author): blamed.insert(author)
        case .epochWithheld, .epochUnreached: break
        }
      }
    }
    for device in blamed {
      let name = names[device] ?? "an unknown device"
      if parties[name]?.isThief ?? false { continue }
      trace.violate("\(party.name) blames \(name), which is the person's")
    }
  }

  /// Judges why a call failed.
  func judge(_ error: DeviceError, of act: SimulatedAct, _ party: SimulatedParty, _ before: ActBeginning) {
    guard !party.crash.isDead else { return }
    let name = SimulationTrace.name(of: error)
    switch error {
    case .store where party.isRolledBack, .vault where party.isRolledBack: break
    case .internalError, .store, .vault, .relay(.internalError):
      trace.violate("\(party.name) \(act.name) failed: \(name)")
    case .historyRefused(.tampered(.timeWentBack)) where clock.wasSetBack: break
    // An account is full by its own log.
    case .logRefused(.tooManyDevices): break
    case .historyRefused, .logRefused, .forked, .stateRolledBack, .relay(.corrupted), .relay(.wrongWraps),
      .relay(.batchRefused):
      if before.isFair, party.isFairlyTreated, !wasRestored, party.network.lie == nil, before.lie == nil {
        trace.violate("\(party.name) \(act.name) failed at an honest relay: \(name)")
      }
    default: break
    }
    if case .noFiles? = party.network.lie, act == .sync, case .relay(.corrupted) = error {
      trace.violate("\(party.name) sends nothing because of one file")
    }
    if act == .restore { judgeFailedRestore(name, error, party, before) }
  }

  /// The recovery key always works against an honest relay.
  private func judgeFailedRestore(
    _ name: String, _ error: DeviceError, _ party: SimulatedParty, _ before: ActBeginning
  ) {
    // A relay whose clock went back is named once.
    if case .historyRefused(.tampered(.timeWentBack)) = error, clock.wasSetBack { return }
    guard before.isFair, party.isFairlyTreated, party.network.lie == nil, before.lie == nil,
      !server.isRestored, let now = relayNow, now.erasure?.completed == nil,
      now.log.recoveryDevice == home.recoveryDevice
    else { return }
    trace.violate("the recovery key did not restore the account: \(name)")
  }

  /// What a restored device must have.
  func judgeRestored(_ party: SimulatedParty, _ device: Device, before: DeviceID?) {
    guard party.isFairlyTreated, !wasRestored else { return }
    for thief in thieves where thief.id.map({ device.log.activeMember($0) != nil }) ?? false {
      trace.violate("\(thief.name) is active after a restore that did not keep it")
    }
    if let id = device.log.activeDevices.first(where: { $0 != device.log.recoveryDevice && names[$0] == nil })
    {
      trace.violate("a restore left a device behind that nobody has: \(id == device.id)")
    }
    if device.log.announcement != nil { trace.violate("an announcement outlived a recovery") }
  }
}

extension DeviceError {
  /// Whether the relay keeps others off while an account is recovered, or a device removed.
  fileprivate var isHold: Bool {
    switch self {
    case .relay(.recoveryUnderway), .relay(.removalUnderway): true
    default: false
    }
  }
}
