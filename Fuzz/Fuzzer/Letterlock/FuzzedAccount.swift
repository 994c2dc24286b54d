import CryptoCore
@testable import Letterlock
@testable import LetterlockFormat
@testable import LetterlockRelayKit
import TLSCodec

/// An account of one device whose relay is ours, with a short history: all keys are known.
struct FuzzedAccount {
  let keys: DeviceKeys
  let log: AccountLog
  let create: LogEntry
  let checkpointKey: CheckpointKey
  /// The batches of the history, and the history before the last of them.
  let batches: [HistoryBatch]
  let before: History
  let nodes: HistoryNodes

  init() throws {
    keys = try DeviceKeys()
    checkpointKey = try CheckpointKey()
    let recovery = try DeviceKeys(recoverySecret: SecretKey(random: 32))
    let opening = try EpochOpening(
      number: 0, account: .none, linking: [],
      recipients: [keys.deviceID: keys.sealingKey, recovery.deviceID: recovery.sealingKey],
      treeSize: 0, treeRoot: HistoryTree().root)
    let change = AccountChange.Create(
      device: try DeviceKeyBundle(of: keys, createdAt: 1),
      recovery: try DeviceKeyBundle(of: recovery, createdAt: 1),
      checkpointKey: Opaque(checkpointKey.publicKey), epoch: Committed(opening.header))
    let content = LogEntryContent(
      version: .newest, predecessor: .none, index: 0, signer: keys.deviceID, change: .create(change))
    create = try LogEntry(content, signedBy: [keys, recovery], account: .none)
    log = try AccountLog(create: create)
    var state = DeviceState(keys: keys, log: log, entries: [create])
    state.keyring.restore(opening.epochSecret, epoch: 0)
    let archive = AccountView(state).archive
    let chat = archive.conversation(ConversationID())
    var (batches, history, before, nodes) = ([HistoryBatch](), History(), History(), HistoryNodes())
    for count in [1, 3, 2] {
      let records = try (0..<count).map { number in
        try chat.seal(Message.carrier(.sms, from: Address("+15550100"), text: "\(number)")).bytes
      }
      let last = history.author(keys.deviceID)
      let signedBatch = try SignedBatch(
        of: records, by: keys, account: log.account, logHead: log.head, counter: UInt64(batches.count) + 1,
        previous: last?.batchHash ?? .zero,
        knownCheckpoint: batches.isEmpty
          ? nil
          : Checkpoint(
            account: log.account, treeSize: history.tree.size, treeRoot: history.tree.root, logHead: log.head,
            at: 1, by: checkpointKey))
      let batch = HistoryBatch(firstLeaf: history.tree.size, signedBatch: signedBatch, records: records)
      before = history
      try history.accept(batch, of: log)
      nodes.append(batch.leafHashes)
      batches.append(batch)
    }
    (self.batches, self.before, self.nodes) = (batches, before, nodes)
  }

  func checkpoint(size: UInt64? = nil, root: Digest32? = nil) throws -> Checkpoint {
    let size = size ?? nodes.size
    return try Checkpoint(
      account: log.account, treeSize: size, treeRoot: root ?? nodes.root(at: size) ?? .zero,
      logHead: log.head, at: 1, by: checkpointKey)
  }

  /// A page with one record of each batch.
  func page() throws -> StreamPage {
    let partial = batches.compactMap { batch in
      batch.records.last.flatMap { $0 }.flatMap { record in
        PartialBatch(
          firstLeaf: batch.firstLeaf, signedBatch: batch.signedBatch, leafHashes: batch.leafHashes,
          records: [PartialRecord(index: UInt16(batch.records.count - 1), bytes: record)])
      }
    }
    guard let prover = nodes.prover(size: nodes.size) else { throw RelayError.internalError("nodes") }
    return StreamPage(partial, hasOlder: false, checkpoint: try checkpoint(), knownSize: 1, tree: prover)
  }

  /// Two checkpoints that contradict each other.
  func evidence() throws -> RelayEvidence {
    guard let proof = nodes.consistencyProof(from: 1, to: nodes.size), let root = nodes.root(at: 1) else {
      throw RelayError.internalError("nodes")
    }
    return RelayEvidence(
      create: create, older: try checkpoint(size: 1, root: .zero), newer: try checkpoint(), beginning: root,
      proof: proof)
  }

  /// One of everything that a relay may show.
  func samples() throws -> [[UInt8]] {
    let (page, progress) = (
      try page(), DeviceProgress(history: before, counter: 2, checkpoint: try checkpoint(), promised: nil)
    )
    return [
      page.encoded, page.batches[1].encoded, page.batches[1].records[0].encoded, page.proof.encoded,
      try evidence().encoded, try checkpoint().encoded, batches[2].signedBatch.encoded,
      batches[1].leafHashes.encoded,
      before.encoded, before.tree.encoded, create.encoded, progress.encoded,
      StreamListing(page: page, sizes: []).encoded,
      StreamQuery(tags: [], before: .max, limit: 3, knownSize: 0).encoded, SyncSettings().encoded,
      DataUsage().encoded,
    ]
  }
}
