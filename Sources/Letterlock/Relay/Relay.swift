public import TLSCodec

/// The far side: a server that stores, orders and hands out bytes, and can read none of them.
///
/// A write that returned is durable. Everything a relay learns is in SPEC.md section 9.
public protocol Relay: BlobRelay {
  /// What the relay signs receipts with: an Ed25519 public key, 32 bytes.
  func receiptKey() async throws(RelayError) -> [UInt8]

  /// Begins an account with its first entry and the wraps that the entry names.
  func createAccount(_ entry: LogEntry, wraps: [StoredWrap]) async throws(RelayError)
  /// The account whose newest recovery device this is, if there is one.
  func account(recoveredBy device: DeviceID) async throws(RelayError) -> AccountID?
  /// The entries of a log from an index on.
  func logEntries(
    of account: AccountID, from index: UInt64
  ) async throws(RelayError) -> [LogEntry]
  /// Adds an entry if it follows the newest one; the same entry once more changes nothing.
  func appendLogEntry(
    _ entry: LogEntry, wraps: [StoredWrap], to account: AccountID
  ) async throws(RelayError)
  /// A device's wrap of an epoch's root; nil if there is none, or the device was removed.
  func wrap(
    of account: AccountID, epoch: UInt64, for device: DeviceID
  ) async throws(RelayError) -> [UInt8]?

  /// Adds records to the history; the same Append once more changes nothing.
  func append(
    _ append: Append, records: [[UInt8]], to account: AccountID
  ) async throws(RelayError) -> AppendOutcome
  /// Whole batches of records from a place in the history on, at least one if there is any, and about
  /// `maximumByteCount` bytes of them.
  func history(
    of account: AccountID, from leaf: UInt64, maximumByteCount: Int
  ) async throws(RelayError) -> HistoryPage

  /// Leaves a message for whoever knows the mailbox's name; at most 64 KiB.
  func post(_ message: [UInt8], to mailbox: MailboxID) async throws(RelayError)
  /// Everything left in a mailbox.
  func messages(in mailbox: MailboxID) async throws(RelayError) -> [[UInt8]]

  /// What the account keeps.
  func usage(of account: AccountID) async throws(RelayError) -> RelayUsage
}

/// Where records came to stand.
public struct AppendOutcome: Hashable, Sendable {
  /// The place of the first of the records; nil if this Append had been taken before.
  public let firstLeaf: UInt64?
  /// The history as it is now.
  public let receipt: Receipt

  /// Where records came to stand.
  public init(firstLeaf: UInt64?, receipt: Receipt) {
    self.firstLeaf = firstLeaf
    self.receipt = receipt
  }
}

/// Records as they were added together.
public struct HistoryBatch: Hashable, Sendable {
  /// The place of the first record.
  public let firstLeaf: UInt64
  /// The author's word for them.
  public let append: Append
  /// The records; nil for one that the relay does not have.
  public let records: [[UInt8]?]

  /// Records as they were added together.
  public init(firstLeaf: UInt64, append: Append, records: [[UInt8]?]) {
    self.firstLeaf = firstLeaf
    self.append = append
    self.records = records
  }
}

extension HistoryBatch {
  /// The same with another record, or none, at a place in the history.
  func putting(_ record: [UInt8]?, at leaf: UInt64) -> HistoryBatch {
    guard leaf >= firstLeaf, leaf - firstLeaf < UInt64(records.count) else { return self }
    var records = records
    records[Int(leaf - firstLeaf)] = record
    return HistoryBatch(firstLeaf: firstLeaf, append: append, records: records)
  }
}

/// A part of the history.
public struct HistoryPage: Hashable, Sendable {
  /// Batches, in order.
  public let batches: [HistoryBatch]
  /// The whole history, as it is now.
  public let receipt: Receipt

  /// A part of the history.
  public init(batches: [HistoryBatch], receipt: Receipt) {
    self.batches = batches
    self.receipt = receipt
  }
}

/// Names a mailbox: who knows the name can post and read. 32 bytes. SPEC.md section 3.6.
public struct MailboxID: FixedBytes {
  /// 32.
  public static let byteCount = 32
  /// The name.
  public let bytes: [UInt8]
  /// Wraps bytes that are known to be 32 long.
  public init(unchecked bytes: [UInt8]) { self.bytes = bytes }
}
