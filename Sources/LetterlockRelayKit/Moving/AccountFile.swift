internal import LetterlockFormat
internal import TLSCodec

/// An account in a file, to be moved to another store with the same checkpoint key.
///
/// ```
/// struct {
///   opaque magic[4] = "LLAC";
///   uint8 version;
///   AccountFileItem items[];        to the end of the file
/// } AccountFile;
/// ```
/// SPEC.md section 7.9.
enum AccountFile {
  /// Stands at the start.
  static let magic: [UInt8] = Array("LLAC".utf8)
  /// The most bytes that an item has: a signed batch with its records.
  static let maximumItemByteCount = RelayLimits.batchByteCount + 1 << 20

  /// ```
  /// struct {
  ///   uint8 kind;
  ///   opaque body<V>;               one of the structures below
  /// } AccountFileItem;
  /// ```
  enum Kind: UInt8 {
    case header = 1
    /// A LogEntry.
    case entry = 2
    case wrap = 3
    case batch = 4
    case attachment = 5
    /// The next bytes of the attachment before.
    case part = 6
    /// SHA-256 over everything before the item.
    case end = 7
  }

  /// ```
  /// struct {
  ///   opaque checkpoint_key<V>;
  ///   Checkpoint checkpoint;        of the account as it is; of one that was erased, its last one
  ///   optional<uint64> quota;       if the account has one of its own
  ///   WriteControl control;         section 7.8
  ///   optional<MovedErasure> erasure;
  /// } AccountFileHeader;
  /// ```
  struct Header: WireCodable {
    let checkpointKey: Opaque
    let checkpoint: Checkpoint
    let quota: UInt64?
    let control: WriteControl
    let erasure: Erasure?

    static let wire = WireFormat(
      Self.init, field(\.checkpointKey), field(\.checkpoint), field(\.quota), field(\.control),
      field(\.erasure))
  }

  /// ```
  /// struct {
  ///   AccountErasure order;
  ///   int64 received;               nanoseconds since 1970
  ///   optional<Checkpoint> final;   if it has taken effect
  /// } MovedErasure;
  /// ```
  struct Erasure: WireCodable {
    let order: AccountErasure
    let received: Timestamp
    let final: Checkpoint?

    static let wire = WireFormat(Self.init, field(\.order), field(\.received), field(\.final))
  }

  /// ```
  /// struct {
  ///   opaque device[32];
  ///   uint64 epoch;
  ///   opaque wrap<V>;
  /// } MovedWrap;
  /// ```
  struct Wrap: WireCodable {
    let device: DeviceID
    let epoch: UInt64
    let wrap: Opaque

    static let wire = WireFormat(Self.init, field(\.device), field(\.epoch), field(\.wrap))
  }

  /// ```
  /// struct {
  ///   SignedBatch signed_batch;
  ///   uint64 erasures<V>;
  ///   opaque leaf_hashes<V>;        32 bytes for each record
  ///   optional<opaque<V>> records<V>;    none for one that was erased
  /// } MovedBatch;
  /// ```
  struct Batch: WireCodable {
    let signedBatch: SignedBatch
    let erasures: [UInt64]
    let leafHashes: Opaque
    let records: [Opaque?]

    static let wire = WireFormat(
      Self.init, field(\.signedBatch), field(\.erasures), field(\.leafHashes), field(\.records))
  }

  /// ```
  /// struct {
  ///   BlobUpload upload;
  ///   uint64 received;              how many bytes follow in parts
  ///   int64 begun;                  nanoseconds since 1970; 0 if the upload is complete
  /// } MovedAttachment;
  /// ```
  struct Attachment: WireCodable {
    let upload: BlobUpload
    let received: UInt64
    let begun: Timestamp

    static let wire = WireFormat(Self.init, field(\.upload), field(\.received), field(\.begun))
  }
}

extension AccountFile.Batch {
  init(_ batch: HistoryBatch) {
    self.init(
      signedBatch: batch.signedBatch, erasures: batch.erasures, leafHashes: Opaque(batch.leafHashes.bytes),
      records: batch.records.map { $0.map(Opaque.init) })
  }

  /// The batch at a leaf index; nil if there are not as many hashes as records.
  func batch(at firstLeaf: UInt64) -> HistoryBatch? {
    guard let hashes = LeafHashes(bytes: leafHashes.bytes), hashes.count == records.count else { return nil }
    return HistoryBatch(
      firstLeaf: firstLeaf, signedBatch: signedBatch, erasures: erasures, leafHashes: hashes,
      records: records.map { $0?.bytes })
  }
}
