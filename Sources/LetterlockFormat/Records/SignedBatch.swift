internal import CryptoCore
public import TLSCodec

/// A device's signature over the records that it adds: so every record has an author.
///
/// ```
/// struct {
///   uint8 version;
///   opaque log_head[32];
///   opaque device[32];
///   uint64 counter;                 more than in the device's signed batch before; never used twice
///   opaque previous[32];            hash of the device's signed batch before; zero in the first
///   optional<Checkpoint> known_checkpoint;  what the relay had signed for the history that the author knew
///   uint16 leaf_count;              1 to 1000
///   opaque leaf_root[32];           of the tree over these leaves alone
///   opaque erasures[32];            hash of the leaf indices of earlier records that the person erased
///   opaque signature[64];           Ed25519, purpose "signed batch", over the fields above
/// } SignedBatch;
/// ```
/// 236 bytes, or 413 with a known checkpoint, however many records it is for. SPEC.md section 5.3.
public struct SignedBatch: WireCodable, Hashable, Sendable {
  /// The format of the signed batch.
  public let version: FormatVersion
  /// The head of the account's log that its author knew: the newest one when the relay took it.
  public let logHead: LogHead
  /// The author.
  public let device: DeviceID
  /// The author's count, which grows with each signed batch.
  public let counter: UInt64
  /// The author's signed batch before.
  public let previous: Digest32
  /// The newest checkpoint that its author had verified; nil if the author knew of no record. So each signed batch
  /// fits one history only.
  public let knownCheckpoint: Checkpoint?
  /// How many records it is for.
  public let leafCount: UInt16
  /// The root of the tree over their leaves, in order.
  public let leafRoot: Digest32
  /// The hash of the leaf indices of earlier records that the author erases.
  public let erasuresHash: Digest32
  /// The author's signature.
  public let signature: Ed25519SignatureBytes

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.version), field(\.logHead), field(\.device), field(\.counter),
    field(\.previous), field(\.knownCheckpoint), field(\.leafCount), field(\.leafRoot), field(\.erasuresHash),
    field(\.signature))

  /// At most this many records go into one signed batch.
  public static let maximumLeafCount = 1000

  /// The hash by which the author's next signed batch names this one.
  package var hash: Digest32 { Digest32(unchecked: Derivation.hash("signed batch", signedBody)) }

  private var signedBody: [UInt8] { Array(encoded.dropLast(Ed25519SignatureBytes.byteCount)) }

  /// Whether `keys` signed it.
  package func isSigned(by keys: SigningKeys, account: AccountID) -> Bool {
    keys.isValid(quick: signature, for: .signedBatch, account: account, body: signedBody)
  }

  /// A signed batch over records in order.
  package init(
    of records: [[UInt8]], erasing erasures: [UInt64] = [], by keys: DeviceKeys, account: AccountID,
    logHead: LogHead, counter: UInt64, previous: Digest32, knownCheckpoint: Checkpoint?
  ) throws(FormatError) {
    try self.init(
      of: LeafHashes(of: records, device: keys.deviceID, counter: counter), erasing: erasures, by: keys,
      account: account, logHead: logHead, counter: counter, previous: previous,
      knownCheckpoint: knownCheckpoint)
  }

  /// A signed batch over records of which the leaf hashes are known.
  package init(
    of leaves: LeafHashes, erasing erasures: [UInt64], by keys: DeviceKeys, account: AccountID,
    logHead: LogHead, counter: UInt64, previous: Digest32, knownCheckpoint: Checkpoint?
  ) throws(FormatError) {
    let unsigned = SignedBatch(
      version: .newest, logHead: logHead, device: keys.deviceID, counter: counter, previous: previous,
      knownCheckpoint: knownCheckpoint, leafCount: UInt16(clamping: leaves.count), leafRoot: leaves.root,
      erasuresHash: Self.hash(of: erasures),
      signature: Ed25519SignatureBytes(unchecked: [UInt8](repeating: 0, count: 64)))
    self.init(
      version: unsigned.version, logHead: logHead, device: unsigned.device, counter: counter,
      previous: previous, knownCheckpoint: knownCheckpoint, leafCount: unsigned.leafCount,
      leafRoot: unsigned.leafRoot,
      erasuresHash: unsigned.erasuresHash,
      signature: try keys.quickSign(unsigned.signedBody, for: .signedBatch, account: account))
  }

  private init(
    version: FormatVersion, logHead: LogHead, device: DeviceID, counter: UInt64, previous: Digest32,
    knownCheckpoint: Checkpoint?, leafCount: UInt16, leafRoot: Digest32, erasuresHash: Digest32,
    signature: Ed25519SignatureBytes
  ) {
    self.version = version
    self.logHead = logHead
    self.device = device
    self.counter = counter
    self.previous = previous
    self.knownCheckpoint = knownCheckpoint
    self.leafCount = leafCount
    self.leafRoot = leafRoot
    self.erasuresHash = erasuresHash
    self.signature = signature
  }

  /// ```
  /// struct {
  ///   opaque record<V>;
  ///   opaque device[32];
  ///   uint64 counter;
  /// } Leaf;
  /// ```
  /// SPEC.md section 5.3.
  package static func leafHash(of record: [UInt8], device: DeviceID, counter: UInt64) -> Digest32 {
    Digest32(
      unchecked: withNewBytes(32) {
        writeLeafHash(of: record, device: device, counter: counter, to: &$0, at: 0)
      })
  }

  /// Writes the hash of a leaf: what HistoryTree.leafHash does, but the record is hashed where it is.
  static func writeLeafHash(
    of record: [UInt8], device: DeviceID, counter: UInt64, to output: inout MutableRawSpan, at place: Int
  ) {
    withTemporaryBytes(1 + 4 + DeviceID.byteCount + 8) { work in
      var offset = 0
      work.write(0x00 as UInt8, at: &offset)
      work.write(length: record.count, at: &offset)
      let start = offset
      work.write(fixed: device.bytes, at: &offset)
      work.write(counter, at: &offset)
      var hasher = SHA256Hash.Hasher()
      hasher.update(work.bytes.extracting(0..<start))
      record.withRawSpan { hasher.update($0) }
      hasher.update(work.bytes.extracting(start..<offset))
      hasher.finalize(into: &output, at: place)
    }
  }

  /// `Hash("erasures", uint64 leaf_indices<V>)`. SPEC.md section 5.3.
  package static func hash(of erasures: [UInt64]) -> Digest32 {
    Digest32(unchecked: Derivation.hash("erasures", erasures.encoded))
  }
}
