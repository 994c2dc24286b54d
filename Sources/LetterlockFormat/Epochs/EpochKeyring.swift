package import CryptoCore
internal import TLSCodec

/// The epoch secrets a device knows, and what it thinks of the epochs whose secrets it does not. SPEC.md
/// section 4.4.
package struct EpochKeyring: ~Copyable, Sendable {
  let account: AccountID
  package private(set) var epochSecrets: [UInt64: SecretKey] = [:]
  /// What is wrong with an epoch that this device could not accept.
  package private(set) var faults: [UInt64: EpochFault] = [:]

  /// For each epoch secret, the epochs whose secrets its header's links hold: each link is opened once.
  private var reached: [UInt64: [UInt64]] = [:]

  package init(account: AccountID) { self.account = account }

  /// A copy: an explicit act, since it knows the same secrets.
  package func duplicate() -> EpochKeyring {
    var copy = EpochKeyring(account: account)
    (copy.epochSecrets, copy.faults, copy.reached) = (epochSecrets, faults, reached)
    return copy
  }

  /// Takes an epoch secret that this device stored itself.
  package mutating func restore(_ epochSecret: SecretKey, epoch: UInt64) { epochSecrets[epoch] = epochSecret }

  /// Whether an epoch's header commits to this secret.
  package static func isSecret(_ secret: SecretKey, of epoch: UInt64, in log: AccountLog) -> Bool {
    guard let epochs = Int(exactly: epoch), log.epochs.indices.contains(epochs) else { return false }
    let schedule = EpochKeySchedule(
      account: bound(log.account, epoch: epoch), number: epoch, epochSecret: secret)
    let commitment = try? schedule.commitment()
    return commitment == log.epochs[epochs].header.commitment
  }

  /// Takes what this device must remember about an epoch it did not accept.
  package mutating func restore(_ fault: EpochFault, epoch: UInt64) { faults[epoch] = fault }

  /// The account that `create`'s derivations name: none, since its hash is not known before.
  package static func bound(_ account: AccountID, epoch: UInt64) -> AccountID { epoch == 0 ? .none : account }

  package func schedule(of epoch: UInt64) -> EpochKeySchedule? {
    epochSecrets[epoch].map { schedule(of: epoch, epochSecret: $0) }
  }

  private func schedule(of epoch: UInt64, epochSecret: SecretKey) -> EpochKeySchedule {
    EpochKeySchedule(account: Self.bound(account, epoch: epoch), number: epoch, epochSecret: epochSecret)
  }

  /// Judges an epoch with this device's wrap of its secret, and takes every epoch secret it gives. SPEC.md section 4.4.
  package mutating func admit(
    _ epoch: UInt64, of log: AccountLog, wrap: [UInt8]?, keys: DeviceKeys
  ) {
    guard epochSecrets[epoch] == nil, faults[epoch]?.isRelays ?? true else { return }
    let entry = log.epochs[Int(epoch)]
    switch open(entry, of: log, wrap: wrap, keys: keys) {
    case .failure(let fault): faults[epoch] = fault
    case .success(let schedule):
      if let bad = takeLinks(of: entry.header, schedule, in: log) {
        faults[epoch] = .badLink(to: bad, by: entry.signer)
      } else {
        take(schedule.epochSecret, of: epoch)
        walk(from: epoch, in: log)
      }
    }
  }

  /// Takes the earlier epoch secrets that a header's good links hold. Returns the epoch that the first bad one was to lead
  /// to; nil if all are good.
  private mutating func takeLinks(
    of header: EpochHeader, _ schedule: EpochKeySchedule, in log: AccountLog
  ) -> UInt64? {
    var bad: UInt64?
    for link in header.links {
      guard let earlier = epochSecret(in: link, of: schedule, log) else {
        bad = bad ?? link.epoch
        continue
      }
      if epochSecrets[link.epoch] == nil { take(earlier, of: link.epoch) }
      walk(from: link.epoch, in: log)
    }
    return bad
  }

  /// Rules 1 and 2: what follows from an epoch's secret, if this device's wrap gives it.
  private func open(
    _ entry: AccountLog.Epoch, of log: AccountLog, wrap: [UInt8]?, keys: DeviceKeys
  ) -> Result<EpochKeySchedule, EpochFault> {
    let header = entry.header
    guard let wrap else { return .failure(.wrapMissing) }
    guard let wrapHash = entry.wrapHash(for: keys.deviceID) else { return .failure(.notARecipient) }
    guard EpochWrap.hash(wrap) == wrapHash else { return .failure(.wrapMissing) }
    let info = EpochWrap.info(
      header: header, account: Self.bound(account, epoch: header.number), recipient: keys.deviceID,
      sealingKey: keys.sealingKey)
    // For a wrap that came with `add`, whoever added the device is to blame, not the epoch's opener.
    let isOpeners = header.wraps.contains { $0.device == keys.deviceID }
    let culprit = isOpeners ? entry.signer : log.members[keys.deviceID]?.addedBy ?? entry.signer
    guard let epochSecret = keys.openWrap(wrap, info: info) else { return .failure(.badWrap(by: culprit)) }
    let schedule = schedule(of: header.number, epochSecret: epochSecret)
    guard schedule.agrees(with: header) else {
      return .failure(isOpeners ? .badCommitment(by: culprit) : .badWrap(by: culprit))
    }
    return .success(schedule)
  }
}

/// Links. SPEC.md section 4.3.
extension EpochKeyring {
  private mutating func take(_ epochSecret: SecretKey, of epoch: UInt64) {
    epochSecrets[epoch] = epochSecret
    faults[epoch] = nil
  }

  /// The earlier epoch secret that a link holds; nil if it is not the one that the log commits to.
  private func epochSecret(in link: EpochLink, of schedule: EpochKeySchedule, _ log: AccountLog) -> SecretKey?
  {
    guard let earlier = schedule.open(link) else { return nil }
    if let known = epochSecrets[link.epoch] { return known.isEqual(to: earlier) ? earlier : nil }
    let header = log.epochs[Int(link.epoch)].header
    return self.schedule(of: link.epoch, epochSecret: earlier).agrees(with: header) ? earlier : nil
  }

  /// Follows links backward from an epoch whose secret is known, checks each, and takes the epoch secrets it finds.
  private mutating func walk(from epoch: UInt64, in log: AccountLog) {
    var waiting = [epoch]
    while let number = waiting.popLast() {
      guard reached[number] == nil, let schedule = schedule(of: number) else { continue }
      var found: [UInt64] = []
      for link in log.epochs[Int(number)].header.links {
        guard let earlier = epochSecret(in: link, of: schedule, log) else { continue }
        if epochSecrets[link.epoch] == nil { take(earlier, of: link.epoch) }
        found.append(link.epoch)
      }
      reached[number] = found
      waiting += found
    }
  }

  /// Whether every epoch up to the newest can be read, for a report.
  package func unreadable(in log: AccountLog) -> [UInt64] {
    (0..<UInt64(log.epochs.count)).filter { epochSecrets[$0] == nil }
  }

  /// Why this device does not know the secrets of the epochs that it does not read.
  package func obstacles(to device: DeviceID, in log: AccountLog) -> [UInt64: EpochObstacle] {
    var found: [UInt64: EpochObstacle] = [:]
    // Of the epoch after, which was to lead to this one.
    var later: EpochObstacle?
    for epoch in log.epochs.reversed() {
      let number = epoch.header.number
      guard epochSecrets[number] == nil else {
        let isWhole = epoch.header.links.allSatisfy { (reached[number] ?? []).contains($0.epoch) }
        later = isWhole ? nil : .faulty(by: epoch.signer)
        continue
      }
      if let culprit = faults[number]?.culprit {
        later = .faulty(by: culprit)
      } else if epoch.wrapHash(for: device) != nil {
        later = .withheld
      }
      found[number] = later ?? .unreached
    }
    return found
  }

  /// Follows every link of every epoch whose secret is here. What the keyring says of epochs counts after that.
  package mutating func settle(in log: AccountLog) {
    for number in epochSecrets.keys { walk(from: number, in: log) }
  }

  /// The epoch secrets that the next header must link to, so that all known ones stay within reach.
  package func secretsToLink() -> [UInt64] {
    var seen: Set<UInt64> = []
    var needed: [UInt64] = []
    for number in epochSecrets.keys.sorted(by: >) where !seen.contains(number) {
      needed.append(number)
      var waiting = [number]
      while let current = waiting.popLast() {
        guard seen.insert(current).inserted else { continue }
        waiting += reached[current] ?? []
      }
    }
    return needed.sorted()
  }

  /// Who is to blame for what is wrong with the newest epoch, if a device is.
  package func culprit(in log: AccountLog) -> DeviceID? {
    guard case .faulty(let culprit) = standing(in: log) else { return nil }
    return culprit
  }

  /// What this device thinks of the newest epoch.
  package func standing(in log: AccountLog) -> EpochStanding {
    let newest = log.newestEpoch.header.number
    if epochSecrets[newest] != nil {
      // A header that is full of links may leave some to the next.
      let isFull = log.newestEpoch.header.links.count == EpochHeader.maximumLinkCount
      return isFull || secretsToLink() == [newest] ? .trusted : .faulty(by: nil)
    }
    guard let fault = faults[newest], !fault.isRelays else { return .withheld }
    return .faulty(by: fault.culprit)
  }
}
