internal import CryptoCore
internal import TLSCodec

/// To the vault and back. SPEC.md section 8.4.
extension DeviceState {
  /// Every secret is 32 bytes.
  static let secretByteCount = 32

  func vaultContents(version: UInt64) -> VaultContents {
    var slots = [SecretSlot(kind: .signing), SecretSlot(kind: .sealing)]
    var secrets = [keys.signingSeed, keys.sealingSeed]
    for (epoch, epochSecret) in keyring.epochSecrets.sorted(by: { $0.key < $1.key }) {
      slots.append(SecretSlot(kind: .epochSecret, epoch: epoch))
      secrets.append(epochSecret)
    }
    if let epochSecret = pending?.epochSecret {
      slots.append(SecretSlot(kind: .pendingEpochSecret))
      secrets.append(epochSecret)
    }
    if let seed = pending?.sealingSeed {
      slots.append(SecretSlot(kind: .pendingSealing))
      secrets.append(seed)
    }
    let others = [
      (SecretSlot.Kind.recovery, recoverySecret), (.nextRecovery, nextRecoverySecret), (.join, joinCode),
      (.handover, handover),
    ]
    for (kind, secret) in others {
      guard let secret else { continue }
      slots.append(SecretSlot(kind: kind))
      secrets.append(secret)
    }
    let state = VaultState(
      version: .newest, slots: slots, entries: entries, faults: keyring.storedFaults,
      pending: pending.map { [$0.entry] } ?? [], pendingWraps: pending?.wraps ?? [],
      names: unannouncedName.map { [Opaque(Array($0.utf8))] } ?? [])
    return VaultContents(version: version, secrets: SecretKey(concatenating: secrets), state: state.encoded)
  }

  /// - Throws: `DeviceError.joinUnfinished` or `.restoreUnfinished` if the device is not part of its account yet.
  init(_ contents: VaultContents) throws(DeviceError) {
    if let obstacle = contents.stage.obstacle { throw obstacle }
    let state: VaultState
    do { state = try VaultState(decoding: contents.state) } catch { throw .vault(.corrupted) }
    guard contents.secrets.byteCount == state.slots.count * Self.secretByteCount else {
      throw .vault(.corrupted)
    }
    var secrets: [SecretSlot: SecretKey] = [:]
    for (index, slot) in state.slots.enumerated() {
      let start = index * Self.secretByteCount
      secrets[slot] = contents.secrets.slice(start..<start + Self.secretByteCount)
    }
    guard let signing = secrets[SecretSlot(kind: .signing)],
      let sealing = secrets[SecretSlot(kind: .sealing)], let create = state.entries.first
    else { throw .vault(.corrupted) }
    // The vault is the device's own: its log was verified before it was stored, and is verified again.
    let log: AccountLog
    do throws(AccountLogError) {
      let account = try AccountLog(create: create).account
      log = try AccountLog(account: account, replaying: state.entries)
    } catch { throw .vault(.corrupted) }
    let epochs = state.faults.map(\.epoch) + state.slots.filter { $0.kind == .epochSecret }.map(\.epoch)
    guard epochs.allSatisfy({ $0 < UInt64(log.epochs.count) }) else { throw .vault(.corrupted) }
    try Self.check(secrets, log, pending: state.pending.first)
    let keys = try asDeviceError(DeviceKeys(signingSeed: signing, sealingSeed: sealing))
    guard log.members[keys.deviceID] != nil else { throw .vault(.corrupted) }
    self.init(keys: keys, log: log, entries: state.entries)
    for (slot, secret) in secrets where slot.kind == .epochSecret {
      keyring.restore(secret, epoch: slot.epoch)
    }
    keyring.restore(state.faults)
    recoverySecret = secrets[SecretSlot(kind: .recovery)]
    nextRecoverySecret = secrets[SecretSlot(kind: .nextRecovery)]
    joinCode = secrets[SecretSlot(kind: .join)]
    handover = secrets[SecretSlot(kind: .handover)]
    unannouncedName = state.names.first.map { String(decoding: $0.bytes, as: UTF8.self) }
    if let entry = state.pending.first {
      pending = PendingEntry(
        entry: entry, wraps: state.pendingWraps, epochSecret: secrets[SecretSlot(kind: .pendingEpochSecret)],
        sealingSeed: secrets[SecretSlot(kind: .pendingSealing)])
    }
  }
}

/// Every secret that the log commits to is checked when it is loaded: one flipped bit would seal what nobody can open.
extension DeviceState {
  private static func check(
    _ secrets: [SecretSlot: SecretKey], _ log: AccountLog, pending: LogEntry?
  ) throws(DeviceError) {
    for (slot, secret) in secrets {
      let isRight =
        switch slot.kind {
        case .epochSecret: EpochKeyring.isSecret(secret, of: slot.epoch, in: log)
        case .pendingEpochSecret: isPending(secret, in: pending, log)
        case .recovery: try asDeviceError(DeviceKeys(recoverySecret: secret)).deviceID == log.recoveryDevice
        case .signing, .sealing, .pendingSealing, .join, .nextRecovery, .handover: true
        }
      guard isRight else { throw .vault(.corrupted) }
    }
  }

  /// Whether the epoch that a waiting entry begins commits to this secret.
  static func isPending(_ secret: SecretKey, in entry: LogEntry?, _ log: AccountLog) -> Bool {
    guard let header = entry?.content.change.epoch else { return false }
    let schedule = EpochKeySchedule(account: log.account, number: header.number, epochSecret: secret)
    return (try? schedule.commitment()) == header.commitment
  }
}

extension EpochKeyring {
  var storedFaults: [StoredFault] {
    faults.compactMap { epoch, fault in
      switch fault {
      case .wrapMissing: nil
      case .notARecipient:
        StoredFault(epoch: epoch, code: 1, signer: DeviceID(unchecked: [UInt8](repeating: 0, count: 32)))
      case .badWrap(let signer): StoredFault(epoch: epoch, code: 2, signer: signer)
      case .badCommitment(let signer): StoredFault(epoch: epoch, code: 3, signer: signer)
      case .badLink(_, let signer): StoredFault(epoch: epoch, code: 4, signer: signer)
      }
    }.sorted { $0.epoch < $1.epoch }
  }

  mutating func restore(_ stored: [StoredFault]) {
    for fault in stored {
      let restored: EpochFault =
        switch fault.code {
        case 1: .notARecipient
        case 2: .badWrap(by: fault.signer)
        case 3: .badCommitment(by: fault.signer)
        default: .badLink(to: fault.epoch, by: fault.signer)
        }
      restore(restored, epoch: fault.epoch)
    }
  }
}
