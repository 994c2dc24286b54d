internal import CryptoCore
internal import LetterlockFormat

/// Who calls a relay about an account.
enum CallerKind: CaseIterable {
  /// Nobody in particular.
  case anyone
  /// A device of no account.
  case stranger
  /// A device of another account.
  case foreigner
  /// A device that was removed.
  case removed
  /// A recovery device that was replaced.
  case replacedRecovery
  /// An active device that has sent nothing of what is asked about.
  case other
  /// The recovery device.
  case recovery
  /// The active device that signed, or uploaded, what is asked about.
  case author
}

/// What a caller gets.
enum CallOutcome: Hashable {
  /// What was asked for.
  case done
  /// Nothing, as if it were not there.
  case nothing
  case refused(RelayError)
}

/// An account at a relay, with a device of each kind.
struct AccessScene {
  let relay: any Relay
  var account: TestAccount
  let other: DeviceKeys
  let removed: DeviceKeys
  let stranger: DeviceKeys
  let foreigner: DeviceKeys
  let foreignRecovery: DeviceID
  let replacedRecovery: DeviceKeys
  /// The entries that removed a device, and that replaced the recovery device.
  let removal: LogEntry
  let replacement: LogEntry
  /// An upload of the author's that is not complete, and one that is.
  let begun: BlobUpload
  let complete: BlobUpload
  /// Bytes of both.
  static let content: [UInt8] = Array(0..<100)

  init(at relay: any Relay) async throws {
    self.relay = relay
    var account = try await TestAccount(at: relay)
    (other, removed, stranger) = (try DeviceKeys(), try DeviceKeys(), try DeviceKeys())
    let foreign = try await TestAccount(at: relay)
    (foreigner, foreignRecovery) = (foreign.keys, foreign.recovery.deviceID)
    replacedRecovery = account.recovery
    let recovery = try DeviceKeys()
    let (replacement, newWraps) = try account.replacement(by: recovery)
    try await account.send(replacement, newWraps, to: relay)
    self.replacement = replacement
    account.recovery = recovery
    // By the recovery device, whose entries do not count.
    for joiner in [other, removed] { try await account.add(joiner, by: recovery, at: relay) }
    try await account.send([account.record(1)], to: relay)
    let (removal, wraps) = try account.removal(of: [removed], keeping: [other])
    try await account.send(removal, wraps, to: relay)
    self.removal = removal
    // Something after the removal, for the removed device not to see.
    let update = try account.entry(.update(highestVersion: 1))
    try await account.send(update, [], to: relay)
    try await account.send([account.record(2)], to: relay)
    (begun, complete) = (try account.upload(of: Self.content), try account.upload(of: Self.content))
    for (upload, count) in [(begun, 50), (complete, 100)] {
      _ = try await relay.beginBlob(upload, of: account.id, as: account.caller)
      try await relay.writeBlob(
        upload.blob, of: account.id, at: 0, Array(Self.content[..<count]), as: account.caller)
    }
    self.account = account
  }

  /// The last entry that a caller may read.
  func lastEntry(for caller: RelayCaller) -> LogHead {
    switch caller {
    case self.caller(.removed): removal.head
    case self.caller(.replacedRecovery): replacement.head
    default: account.log.head
    }
  }

  /// An order to erase the account as it is, or the one that did.
  func erasure(by keys: DeviceKeys) async throws -> AccountErasure {
    let newest: Checkpoint
    do throws(RelayError) {
      newest = try await relay.history(
        of: account.id, from: .max, maximumByteCount: 0, as: .device(keys)
      ).checkpoint
    } catch {
      guard case .accountErased(let completed) = error else { throw error }
      return completed.order
    }
    return try AccountErasure(of: newest, at: .now, by: keys)
  }

  func caller(_ kind: CallerKind) -> RelayCaller {
    switch kind {
    case .anyone: .anyone
    case .stranger: .device(stranger)
    case .foreigner: .device(foreigner)
    case .removed: .device(removed)
    case .replacedRecovery: .device(replacedRecovery)
    case .other: .device(other)
    case .recovery: .device(account.recovery)
    case .author: account.caller
    }
  }
}

/// An operation of a relay, and what each kind of caller gets. SPEC.md section 7.
struct AccessRow {
  let name: String
  /// The function of the relay.
  var operation: String { String(name.prefix { $0 != " " }) }
  let outcomes: [CallerKind: CallOutcome]
  /// Makes the call; returns whether it brought what was asked for.
  let call: @Sendable (AccessScene, RelayCaller) async throws -> Bool

  private init(
    _ name: String, _ outcomes: [CallerKind: CallOutcome],
    _ call: @escaping @Sendable (AccessScene, RelayCaller) async throws -> Bool
  ) {
    (self.name, self.outcomes, self.call) = (name, outcomes, call)
  }

  private static let everyone = Dictionary(
    uniqueKeysWithValues: CallerKind.allCases.map { ($0, CallOutcome.done) })
  /// Active devices.
  private static let members = outsiders.merging([.other: .done, .recovery: .done, .author: .done]) { $1 }
  private static let outsiders: [CallerKind: CallOutcome] = [
    .anyone: .refused(.unknownAccount), .stranger: .refused(.unknownAccount),
    .foreigner: .refused(.unknownAccount), .removed: .refused(.unknownAccount),
    .replacedRecovery: .refused(.unknownAccount),
  ]
  private static let recovery = outsiders.merging(
    [.other: .refused(.unknownAccount), .author: .refused(.unknownAccount), .recovery: .done]) { $1 }

  /// The device that signed; other active devices get an answer of their own.
  private static func author(
    _ others: CallOutcome, recovery: CallOutcome = .refused(.unknownAccount)
  ) -> [CallerKind: CallOutcome] {
    outsiders.merging([.other: others, .recovery: recovery, .author: .done]) { $1 }
  }

  /// Every operation. Those that change something come last, and what they change spoils none after them.
  static let all: [AccessRow] = reads + blobs + writes

  private static let reads = [
    AccessRow("checkpointKey", everyone) { scene, caller in
      try await scene.relay.checkpointKey(as: caller).count == 32
    },
    AccessRow("createAccount", everyone) { scene, caller in
      let account = try TestAccount(checkpointKey: [])
      try await scene.relay.createAccount(account.create, wraps: account.firstWraps, as: caller)
      return true
    },
    AccessRow("post", everyone) { scene, caller in
      try await scene.relay.post([1], to: mailbox, as: caller)
      return true
    },
    AccessRow("messages(in:)", everyone) { scene, caller in
      try await !scene.relay.messages(in: mailbox, as: caller).isEmpty
    },
    AccessRow(
      "account(recoveredBy:)",
      everyone.mapValues { _ in .nothing }.merging([.recovery: .done]) { $1 }
    ) { scene, caller in
      let found = try await scene.relay.account(
        recoveredBy: scene.account.recovery.deviceID, as: caller)
      return found == scene.account.id
    },
    AccessRow("account(recoveredBy:) of another account", everyone.mapValues { _ in .nothing }) {
      scene, caller in
      try await scene.relay.account(recoveredBy: scene.foreignRecovery, as: caller) != nil
    },
    AccessRow("logEntries", members.merging([.removed: .done, .replacedRecovery: .done]) { $1 }) {
      scene, caller in
      let entries = try await scene.relay.logEntries(of: scene.account.id, from: 0, as: caller)
      return entries.last?.head == scene.lastEntry(for: caller)
    },
    AccessRow(
      "logEntries after a removal",
      members.merging([.removed: .nothing, .replacedRecovery: .nothing]) { $1 }
    ) { scene, caller in
      let next = scene.removal.content.index + 1
      return try await !scene.relay.logEntries(of: scene.account.id, from: next, as: caller).isEmpty
    },
    AccessRow("wrap", author(.refused(.unknownAccount))) { scene, caller in
      let device = scene.account.keys.deviceID
      return try await scene.relay.wrap(of: scene.account.id, epoch: 1, for: device, as: caller) != nil
    },
    AccessRow("wrap of the recovery device", recovery) { scene, caller in
      let device = scene.account.recovery.deviceID
      return try await scene.relay.wrap(of: scene.account.id, epoch: 1, for: device, as: caller) != nil
    },
    AccessRow("usage", members) { scene, caller in
      try await scene.relay.usage(of: scene.account.id, as: caller).records > 0
    },
    AccessRow("history", members) { scene, caller in
      try await scene.relay.history(of: scene.account.id, from: 0, maximumByteCount: .max, as: caller)
        .batches.count == 2
    },
    AccessRow("newestRecords", members) { scene, caller in
      let tag = StreamTag(unchecked: [UInt8](repeating: 1, count: 16))
      let query = StreamQuery(tags: [tag], before: .max, limit: 5, knownSize: 0)
      return try await !scene.relay.newestRecords(query, of: scene.account.id, as: caller).batches.isEmpty
    },
    AccessRow("newestStreams", members) { scene, caller in
      try await scene.relay.newestStreams(
        before: .max, limit: 5, knownSize: 0, of: scene.account.id, as: caller
      ).sizes.count == 2
    },
  ]

  private static let mailbox = MailboxID(unchecked: [UInt8](repeating: 5, count: 32))

  private static let blobs = [
    AccessRow("blob", members) { scene, caller in
      try await scene.relay.blob(scene.complete.blob, of: scene.account.id, as: caller) == scene.complete
    },
    AccessRow("readBlob", members) { scene, caller in
      try await scene.relay.readBlob(
        scene.complete.blob, of: scene.account.id, at: 1, byteCount: 2, as: caller) == [1, 2]
    },
    AccessRow(
      "readBlob of an upload that is not complete",
      members.mapValues { $0 == .done ? .refused(.unknownBlob) : $0 }
    ) { scene, caller in
      try await scene.relay.readBlob(
        scene.begun.blob, of: scene.account.id, at: 1, byteCount: 2, as: caller) == [1, 2]
    },
    AccessRow("blobs", members) { scene, caller in
      try await scene.relay.blobs(of: scene.account.id, after: nil, as: caller).contains { $0.isComplete }
    },
    AccessRow("blobs that are not complete", author(.nothing, recovery: .nothing)) { scene, caller in
      try await scene.relay.blobs(of: scene.account.id, after: nil, as: caller).contains { !$0.isComplete }
    },
    AccessRow("beginBlob", author(.refused(.unknownAccount))) { scene, caller in
      try await scene.relay.beginBlob(scene.begun, of: scene.account.id, as: caller) == 50
    },
    AccessRow("writeBlob", author(.refused(.unknownBlob))) { scene, caller in
      try await scene.relay.writeBlob(
        scene.begun.blob, of: scene.account.id, at: 50, Array(AccessScene.content[50...]), as: caller)
      return true
    },
    AccessRow("removeBlobs", author(.refused(.unknownAccount))) { scene, caller in
      guard let checkpoint = scene.account.checkpoint else { return false }
      let removal = try BlobRemoval(
        of: [scene.begun.blob], knownCheckpoint: checkpoint, by: scene.account.keys, account: scene.account.id
      )
      try await scene.relay.removeBlobs(removal, of: scene.account.id, as: caller)
      return true
    },
  ]

  private static let writes = [
    AccessRow("append", author(.refused(.unknownAccount))) { scene, caller in
      let records = [scene.account.record(7)]
      let signedBatch = try scene.account.append(records)
      return try await scene.relay.append(
        signedBatch, records: records, to: scene.account.id, as: caller
      ).firstLeaf == 2
    },
    AccessRow("appendLogEntry", members) { scene, caller in
      let entry = try scene.account.entry(.update(highestVersion: 1))
      try await scene.relay.appendLogEntry(entry, wraps: [], to: scene.account.id, as: caller)
      return true
    },
    AccessRow("hold", recovery) { scene, caller in
      try await scene.relay.hold(scene.account.id, as: caller) > .now
    },
    AccessRow("release", recovery) { scene, caller in
      try await scene.relay.release(scene.account.id, as: caller)
      return true
    },
    AccessRow("eraseAccount", author(.refused(.unknownAccount))) { scene, caller in
      let order = try await scene.erasure(by: scene.account.keys)
      return try await scene.relay.eraseAccount(order, of: scene.account.id, as: caller)?.order == order
    },
    AccessRow("pendingErasure", members) { scene, caller in
      try await scene.relay.pendingErasure(of: scene.account.id, as: caller) != nil
    },
    AccessRow("eraseAccount by the recovery device", recovery) { scene, caller in
      let order = try await scene.erasure(by: scene.account.recovery)
      return try await scene.relay.eraseAccount(order, of: scene.account.id, as: caller) == nil
    },
  ]
}
