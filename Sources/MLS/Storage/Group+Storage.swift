internal import CryptoCore
internal import TLSCodec

/// What of a group is not stored yet.
struct UnsavedChanges: Sendable {
  /// The epochs: everything is written anew.
  var state = true
  /// Proposals, own Updates and the pending commit.
  var waiting = true
  /// The exporter tree.
  var exporter = true
  /// Senders whose ratchets moved, by epoch.
  var ratchets: Set<RatchetPlace> = []

  struct RatchetPlace: Hashable, Sendable {
    let epoch: UInt64
    let leaf: LeafIndex
  }

  static let none = UnsavedChanges(state: false, waiting: false, exporter: false)

  mutating func used(_ leaf: LeafIndex, _ epoch: UInt64) {
    ratchets.insert(RatchetPlace(epoch: epoch, leaf: leaf))
  }
}

extension Group {
  /// The version of the stored form.
  private static let storedVersion: UInt8 = 3

  /// Writes what changed since the last call to a store, in one transaction. Call it before a message that was
  /// made is sent, and before one that was received is acknowledged: a process that ends in between goes on
  /// from the state before, and takes the message again.
  ///
  /// What is written holds the group's secrets. Keys that were used are not in it.
  /// - Throws: `GroupError.storage`; the changes are then written with the next call.
  public mutating func save(to store: some GroupStore) throws(GroupError) {
    let changes = changes()
    do { try store.apply(changes) } catch { throw .storage(String(describing: type(of: error))) }
    unsaved = .none
  }

  /// What a store that has everything up to the last `save` lacks.
  public func changes() -> GroupChanges {
    var written: [GroupRecord] = []
    var deleted: [[UInt8]] = []
    if unsaved.state {
      written.append(GroupRecord(key: RecordKey.state.bytes, value: storedState))
      for past in pastEpochs { written += past.protection.secretTree.records(past.epoch) }
      written += state.protection.secretTree.records(epoch)
    } else {
      for place in unsaved.ratchets {
        guard let tree = secretTree(of: place.epoch) else { continue }
        let records = tree.records(place.epoch, around: place.leaf)
        written += records.written
        deleted += records.deleted
      }
    }
    if unsaved.waiting || unsaved.state {
      written.append(GroupRecord(key: RecordKey.waiting.bytes, value: storedWaiting))
    }
    if unsaved.exporter || unsaved.state {
      written.append(GroupRecord(key: RecordKey.exporter.bytes, value: state.exporter.stored))
    }
    return GroupChanges(groupID: id, replacesAll: unsaved.state, written: written, deleted: deleted)
  }

  private func secretTree(of epoch: UInt64) -> SecretTree? {
    epoch == self.epoch
      ? state.protection.secretTree : pastEpochs.first { $0.epoch == epoch }?.protection.secretTree
  }

  private var storedState: [UInt8] {
    var writer = TLSWriter(reserving: 300 * state.tree.leafCount.value)
    writer.write(Self.storedVersion)
    state.store(in: &writer)
    writer.write(UInt32(truncatingIfNeeded: pastEpochs.count))
    for past in pastEpochs { past.store(in: &writer) }
    writer.write(UInt32(truncatingIfNeeded: resumptionKeys.count))
    for key in resumptionKeys {
      writer.write(key.epoch)
      key.key.store(in: &writer)
    }
    reInit.encode(to: &writer)
    writer.write(UInt8(wasRemoved ? 1 : 0))
    externalCommit.encode(to: &writer)
    joinData.encode(to: &writer)
    return writer.bytes
  }

  private var storedWaiting: [UInt8] {
    var writer = TLSWriter()
    writer.write(UInt32(truncatingIfNeeded: proposals.count))
    for proposal in proposals { proposal.store(in: &writer) }
    writer.write(UInt32(truncatingIfNeeded: updateKeys.count))
    for key in updateKeys.values { key.store(in: &writer) }
    writer.write(UInt8(pending == nil ? 0 : 1))
    pending?.store(in: &writer)
    return writer.bytes
  }
}

extension Group {
  /// The group that a store has; nil if it has none of this identifier.
  /// - Parameter client: The member. Its signature key is the stored one.
  public static func load(
    _ groupID: [UInt8], from store: some GroupStore, as client: Client
  ) throws(GroupError) -> Group? {
    let records = try fromStore { try store.records(of: groupID) }
    guard !records.isEmpty else { return nil }
    do throws(TLSError) { return try decode(records, client) } catch { throw .malformed(error) }
  }

  private static func decode(_ records: [GroupRecord], _ client: Client) throws(TLSError) -> Group {
    var others: [RecordKey: [UInt8]] = [:]
    let trees = try StoredSecretTrees(records, others: &others)
    guard let stateBytes = others[.state] else { throw .truncated }
    var reader = TLSReader(stateBytes)
    guard try reader.read(UInt8.self) == storedVersion else { throw .unknownValue }
    guard let waitingBytes = others[.waiting], let exporterBytes = others[.exporter] else { throw .truncated }
    let limits = client.settings.ratchetLimits
    let exporter = try ExporterTree(stored: exporterBytes)
    let state = try EpochState(storedIn: &reader, limits: limits, exporter: exporter) {
      (context, count, suite) throws(TLSError) in
      trees.tree(context.epoch, count, suite)
    }
    var client = client
    client.signer = state.signer
    var group = Group(client: client, state: state)
    for _ in 0..<(try reader.read(UInt32.self)) {
      group.pastEpochs.append(
        try PastEpoch(storedIn: &reader, limits: limits, state.suite) {
          (context, count, suite) throws(TLSError) in trees.tree(context.epoch, count, suite)
        })
    }
    group.resumptionKeys = []
    for _ in 0..<(try reader.read(UInt32.self)) {
      group.resumptionKeys.append((try reader.read(), try SecretKey(storedIn: &reader)))
    }
    group.reInit = try ReInit?(from: &reader)
    group.wasRemoved = try reader.read(UInt8.self) == 1
    group.externalCommit = try MLSMessage?(from: &reader)
    group.joinData = try AppDataDictionary(from: &reader)
    try reader.finish()
    try group.readWaiting(waitingBytes, limits)
    group.unsaved = .none
    return group
  }

  private mutating func readWaiting(_ bytes: [UInt8], _ limits: RatchetLimits) throws(TLSError) {
    var reader = TLSReader(bytes)
    for _ in 0..<(try reader.read(UInt32.self)) {
      proposals.append(try CommittedProposal(storedIn: &reader))
    }
    for _ in 0..<(try reader.read(UInt32.self)) {
      let key = try HPKEKeyPair(storedIn: &reader, state.suite)
      updateKeys[key.publicKey] = key
    }
    if try reader.read(UInt8.self) == 1 { pending = try PendingCommit(storedIn: &reader, limits: limits) }
    try reader.finish()
  }
}
