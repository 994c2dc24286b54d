import CryptoCore

@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit

/// What the person does.
extension Simulation {
  /// Does something with a device, up to its end.
  func perform(_ act: SimulatedAct, by name: String) async {
    guard let party = parties[name] else { return }
    let before = ActBeginning(
      party, watch, isFair: party.isFairlyTreated, relayNow: clock.relayNow)
    var outcome = "nothing"
    do {
      outcome = try await result(of: act, party, before)
    } catch let error as DeviceError {
      outcome = SimulationTrace.name(of: error)
      judge(error, of: act, party, before)
    } catch {
      outcome = "\(type(of: error))"
      if !party.crash.isDead { trace.violate("\(name) \(act.name) failed with \(type(of: error))") }
    }
    party.isBusy = false
    trace.note("\(name) ends \(act.name): \(outcome)")
    checkSent(party)
    if party.crash.isDead {
      trace.note("\(name) ended at \(party.crash.place ?? "")")
      (party.device, party.request) = (nil, nil)
      return
    }
    check(party)
  }

  private func result(
    of act: SimulatedAct, _ party: SimulatedParty, _ before: ActBeginning
  ) async throws -> String {
    switch act {
    case .ask: return try await ask(party)
    case .finishJoining: return try await finishJoining(party)
    case .restore: return try await restore(party)
    default: break
    }
    guard let device = party.device else { return "no device" }
    switch act {
    case .sync: return judge(try await device.sync(), party, before)
    case .newest:
      _ = try await device.newestMessages(in: home.chat, count: 3)
      _ = try await device.newestConversations()
    case .epoch: try await device.beginEpoch()
    case .rotate: try await device.rotateKeys()
    case .erase: return try await erase(party, device)
    case .attach: return try await attach(party, device)
    case .removeThief(let thief): if let id = parties[thief]?.id { try await device.remove(id) }
    case .verifyRestore: return try await verifyRestore(party, device, before)
    case .cancelAnnouncement: try await device.cancelRecoveryAnnouncement()
    case .cancelWithKey: try await device.cancelRecoveryAnnouncement(with: try home.key())
    case .approve(let joiner): return try await approve(joiner, party, device)
    default: return try await thiefsResult(of: act, party, device)
    }
    return "done"
  }

  /// What needs no relay, and can be done while a call waits for one.
  func tap(_ party: SimulatedParty) {
    guard let device = party.device else { return }
    switch draw(6) {
    case 0:
      let key = try? device.prepareRecoveryKey().secret.exportRawBytes()
      if let known = party.preparedKey, let key, key != known, !party.isRolledBack {
        trace.violate("\(party.name) forgot a recovery key that it prepared")
      }
      party.preparedKey = key
      trace.note("\(party.name) prepares a recovery key: \(key != nil)")
    case 1 where party.name == "phone":
      if (try? device.confirmRecoveryKey()) != nil { party.hasConfirmedKey = true }
      trace.note("\(party.name) confirms the recovery key: \(party.hasConfirmedKey)")
    default: write(party, device)
    }
  }

  /// Writes a message.
  func write(_ party: SimulatedParty, _ device: Device) {
    let text = "letter \(written.count + 1) from \(party.name)"
    let message = letter(text, written.count)
    written[text] = WrittenLetter(
      message: message, author: device.id, writer: party.name, isRecorded: false)
    do throws(DeviceError) {
      try device.append(message, to: home.chat)
      written[text]?.isRecorded = true
      trace.note("\(party.name) wrote \(text)")
    } catch {
      trace.note("\(party.name) could not write \(text): \(SimulationTrace.name(of: error))")
      switch error {
      case .archive(.internalError), .internalError:
        trace.violate("\(party.name) cannot write: \(SimulationTrace.name(of: error))")
      default: break
      }
    }
  }

  func letter(_ text: String, _ number: Int) -> Message {
    switch number % 3 {
    case 0: .carrier(.sms, from: Address("+15550100"), text: text, at: clock.now)
    case 1:
      Message(
        sender: .me, sentAt: clock.now, carriage: .endToEnd(service: "iMessage"), body: .text(RichText(text)))
    default: .note(text, at: clock.now)
    }
  }

  private func erase(_ party: SimulatedParty, _ device: Device) async throws -> String {
    let known = party.seen.filter { written[$0]?.isErasable == false }.sorted()
    guard known.count > 3, let text = draw(of: known), let letter = written[text] else { return "nothing" }
    written[text]?.isErasable = true
    try device.delete([letter.message.id], in: home.chat, at: clock.now)
    let count = try await device.eraseDeleted(before: clock.now.adding(1))
    return "\(text), \(count)"
  }

  private func attach(_ party: SimulatedParty, _ device: Device) async throws -> String {
    let text = "letter \(written.count + 1) from \(party.name)"
    let message = letter(text, written.count)
    written[text] = WrittenLetter(message: message, author: device.id, writer: party.name, isRecorded: false)
    let source = AttachmentSource(
      name: "secret name", mediaType: "text/plain", content: .bytes(Array("letter as a file".utf8)))
    try device.append(message, attaching: [source], to: home.chat)
    written[text]?.isRecorded = true
    return text
  }

  private func verifyRestore(
    _ party: SimulatedParty, _ device: Device, _ before: ActBeginning
  ) async throws -> String {
    let report = try await device.verifyRestore(with: try home.key())
    if before.isFair, party.isFairlyTreated, !report.missing.isEmpty || report.differs {
      trace.violate("a restore for a trial misses records at an honest relay")
    }
    return "\(report.opened) of \(report.expected)"
  }
}

/// Joining, and restoring.
extension Simulation {
  private func ask(_ party: SimulatedParty) async throws -> String {
    defer {
      if let contents = try? party.vault.load(), let joining = try? JoiningVault(contents) {
        party.id = joining.keys.deviceID
        names[joining.keys.deviceID] = party.name
      }
    }
    party.request = try await Device.requestToJoin(
      named: party.name, vault: party.keys, store: party.records, relay: party.line)
    return "asked"
  }

  private func approve(_ joiner: String, _ party: SimulatedParty, _ device: Device) async throws -> String {
    guard let request = parties[joiner]?.request else { return "nobody asks" }
    let size = try device.progress().history.tree.size
    // A relay that lies hides the history from the moment at which the device may ask for it.
    if theme.lies, draw(3) > 0, let joiner = parties[joiner] {
      // What the newest epoch's header names, it has to show.
      let size = draw(3) == 0 ? 0 : relayNow?.log.newestEpoch.header.treeSize ?? 0
      (joiner.network.lie, joiner.wasLiedTo) = (.beginning(size), true)
      trace.note("the relay is to \(joiner.name): beginning, \(size)")
    }
    try await device.approve(request.code)
    let progress = try device.progress()
    if progress.checkpoint?.treeRoot == progress.history.tree.root { parties[joiner]?.floor = size }
    return "approved"
  }

  private func finishJoining(_ party: SimulatedParty) async throws -> String {
    guard let request = party.request else { return "asked nobody" }
    let device = try await request.approved()
    clock.set(device)
    (party.device, party.request, party.id) = (device, nil, device.id)
    names[device.id] = party.name
    return "joined"
  }

  func restore(_ party: SimulatedParty) async throws -> String {
    restoring += 1
    defer { restoring -= 1 }
    let before = watch.recoveryDevice
    if theme.crashes, trace.step < Self.stepCount, party.name == "restored", draw(2) == 0 {
      let moment = CrashPoint.Moment.allCases[draw(2)]
      // Between a save and what it is for, or anywhere.
      if draw(2) == 0 {
        party.crash.plan(at: "relay.\(SimulatedLine.entry)", moment)
      } else {
        party.crash.plan(after: draw(12), moment)
      }
    }
    let session = try await Device.openRecovery(
      with: try home.key(), vault: party.keys, store: party.records, relay: party.line)
    noteRestoring(party)
    let kept = session.devices.map(\.id).filter { id in
      names[id].flatMap { parties[$0] }.map { !$0.isThief } ?? false
    }
    defer { noteRestoring(party) }
    let restored = try await session.restore(keeping: Set(kept), named: party.name)
    let device = restored.device
    clock.set(device)
    (party.device, party.id) = (device, device.id)
    names[device.id] = party.name
    judgeRestored(party, device, before: before)
    return "restored, \(kept.count) kept"
  }

  private func noteRestoring(_ party: SimulatedParty) {
    guard let contents = try? party.vault.contentsIfAny(), contents.stage == .restoring,
      let begun = try? RestoringVault(contents)
    else { return }
    party.id = begun.keys.deviceID
    names[begun.keys.deviceID] = party.name
  }
}
