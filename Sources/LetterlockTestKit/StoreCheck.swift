internal import CryptoCore
package import Letterlock

/// A rule being checked: the place of its store, and what was found.
final class StoreCheck {
  let place: DeviceStoreConformance.Place
  private let rule: DeviceStoreConformance.Rule
  private(set) var findings: [ConformanceFinding] = []

  init(_ rule: DeviceStoreConformance.Rule, _ place: DeviceStoreConformance.Place) {
    self.rule = rule
    self.place = place
  }

  /// Opens the store, and lets go of it when `body` is done: each session finds what the one before kept.
  func session(_ body: (any DeviceStore) throws -> Void) throws { try body(place.open()) }

  func fail(_ sentence: String) {
    findings.append(ConformanceFinding(rule: rule.rawValue, sentence: sentence))
  }

  func expect(_ holds: Bool, else sentence: String) {
    if !holds { fail(sentence) }
  }

  /// Checks that a call is refused since something is not what the call says that it is.
  func expectConflict(over what: String, in call: String, _ body: () throws -> Void) {
    do {
      try body()
      fail("\(call) takes \(what) for what it is not.")
    } catch {
      expect(
        error as? StoreError == .conflict, else: "\(call) throws \(error) where \(what) is another by now.")
    }
  }

  /// Checks that a call throws, and says what the store did if it does not.
  func expectFailure(else sentence: String, _ body: () throws -> Void) {
    do {
      try body()
      fail(sentence)
    } catch {}
  }
}

/// Batches and uploads as a device makes them.
struct SampleSigner {
  private let keys: DeviceKeys
  private let account = AccountID(unchecked: SecureRandom.bytes(AccountID.byteCount))
  private var leaf: UInt64 = 0
  private var counter: UInt64 = 0
  private var previous = Digest32.zero

  init() throws { keys = try DeviceKeys() }

  /// Makes the next batch of the history.
  mutating func batch(_ records: [[UInt8]], erasing erasures: [UInt64] = []) throws -> HistoryBatch {
    counter += 1
    let signedBatch = try SignedBatch(
      of: records, erasing: erasures, by: keys, account: account, logHead: .none, counter: counter,
      previous: previous, knownCheckpoint: nil)
    previous = signedBatch.hash
    defer { leaf += UInt64(records.count) }
    return HistoryBatch(firstLeaf: leaf, signedBatch: signedBatch, erasing: erasures, records: records)
  }

  func upload(of bytes: [UInt8], as blob: BlobID = BlobID()) throws -> BlobUpload {
    try BlobUpload(
      blob: blob, byteCount: UInt64(bytes.count), digest: SegmentHasher.digest(of: bytes), by: keys,
      account: account)
  }

  func blob(_ bytes: [UInt8]) throws -> SealedBlob {
    SealedBlob(upload: try upload(of: bytes), bytes: bytes)
  }
}

extension StoreChange {
  static func put(_ key: [UInt8], _ value: [UInt8]) -> StoreChange {
    .put(StoreEntry(key: key, value: value))
  }
}

/// For checks in which nobody else writes: what is there is replaced.
extension DeviceStore {
  package func stage(
    _ signedBatch: [UInt8]?, through sequence: Int64, progress: [UInt8], changes: [StoreChange] = []
  ) throws(StoreError) {
    try stage(
      signedBatch, through: sequence, progress: progress, replacing: try self.progress(), changes: changes)
  }

  package func commit(
    _ batches: [HistoryBatch], clearingOutboxThrough sequence: Int64?, staging next: StagedBatch? = nil,
    progress: [UInt8], changes: [StoreChange] = []
  ) throws(StoreError) {
    try commit(
      batches, clearingOutboxThrough: sequence, staging: next, progress: progress,
      replacing: try self.progress(), changes: changes)
  }

  package func fill(
    _ records: [(leaf: UInt64, bytes: [UInt8])], progress: [UInt8], changes: [StoreChange] = []
  ) throws(StoreError) {
    try fill(records, progress: progress, replacing: try self.progress(), changes: changes)
  }
}
