internal import SystemCore
public import TLSCodec

/// Which records a device asks for before it has the whole history.
///
/// ```
/// struct {
///   opaque tags[16]<V>;             1 to 1024 streams
///   uint64 before;                  records below this leaf index
///   uint16 limit;                   at most this many, the newest first
///   uint64 known_size;              of the history that the device knows to be this one; 0 if it knows none
/// } StreamQuery;
/// ```
/// SPEC.md section 6.9.
public struct StreamQuery: WireCodable, Hashable, Sendable {
  /// The streams.
  public let tags: [StreamTag]
  /// Only records below this leaf index.
  public let before: UInt64
  /// At most this many records, the newest of all the streams together.
  public let limit: UInt16
  /// The size that the answer must be shown to go on from; 0 for none.
  public let knownSize: UInt64

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.tags), field(\.before), field(\.limit), field(\.knownSize))

  /// A question.
  public init(tags: [StreamTag], before: UInt64, limit: UInt16, knownSize: UInt64) {
    self.tags = tags
    self.before = before
    self.limit = limit
    self.knownSize = knownSize
  }
}

/// Some records of one signed batch, and what proves that its author signed for them.
///
/// ```
/// struct { uint16 index; opaque record<V>; } PartialRecord;
/// struct {
///   uint64 first_leaf;
///   SignedBatch signed_batch;
///   PartialRecord records<V>;       ascending
///   LeavesProof proof;              that they are leaves under the signed batch's root
/// } PartialBatch;
/// ```
/// SPEC.md section 6.9.
public struct PartialBatch: WireCodable, Hashable, Sendable {
  /// The leaf index of the signed batch's first record.
  public let firstLeaf: UInt64
  /// The author's word.
  public let signedBatch: SignedBatch
  /// The records that were asked for.
  public let records: [PartialRecord]
  /// Shows that they are among those that the author signed for.
  public let proof: LeavesProof

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init(firstLeaf:signedBatch:records:proof:), field(\.firstLeaf), field(\.signedBatch),
    field(\.records),
    field(\.proof))

  /// A part of a batch that came from somewhere.
  public init(firstLeaf: UInt64, signedBatch: SignedBatch, records: [PartialRecord], proof: LeavesProof) {
    self.firstLeaf = firstLeaf
    self.signedBatch = signedBatch
    self.records = records
    self.proof = proof
  }

  /// The part that holds these records, in ascending order; nil if the batch has no such leaf indices.
  public init?(
    firstLeaf: UInt64, signedBatch: SignedBatch, leafHashes: LeafHashes, records: [PartialRecord]
  ) {
    var nodes = HistoryNodes()
    nodes.append(leafHashes)
    guard let proof = nodes.leavesProof(of: records.map { UInt64($0.index) }, size: nodes.size) else {
      return nil
    }
    self.init(firstLeaf: firstLeaf, signedBatch: signedBatch, records: records, proof: proof)
  }
}

/// A record at its index in its signed batch.
public struct PartialRecord: WireCodable, Hashable, Sendable {
  /// Its index, counted from the signed batch's first record.
  public let index: UInt16
  private let content: Opaque

  /// The sealed record.
  public var bytes: [UInt8] { content.bytes }

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init(index:content:), field(\.index), field(\.content))

  private init(index: UInt16, content: Opaque) {
    self.index = index
    self.content = content
  }

  /// A record at its index.
  public init(index: UInt16, bytes: [UInt8]) { self.init(index: index, content: Opaque(bytes)) }
}

/// Records of streams, with what proves them.
///
/// ```
/// struct {
///   Checkpoint checkpoint;
///   optional<ConsistencyProof> consistency;    from the known size; absent if that is 0
///   PartialBatch batches<V>;                   ascending
///   LeavesProof proof;                         of all the records, in the tree of the checkpoint; empty without any
///   uint8 has_older;                           1 if these streams have older ones; nothing proves that
/// } StreamPage;
/// ```
/// SPEC.md section 6.9.
public struct StreamPage: WireCodable, Hashable, Sendable {
  /// The whole history, as it is now.
  public let checkpoint: Checkpoint
  /// Shows that it goes on from the history that was known.
  public let consistency: ConsistencyProof?
  /// The records, by their signed batches.
  public let batches: [PartialBatch]
  /// Shows that they stand at their leaf indices.
  public let proof: LeavesProof

  private let older: UInt8

  /// Whether the relay says that the streams have older records.
  public var hasOlder: Bool { older != 0 }

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init(checkpoint:consistency:batches:proof:older:), field(\.checkpoint), field(\.consistency),
    field(\.batches), field(\.proof), field(\.older))

  private init(
    checkpoint: Checkpoint, consistency: ConsistencyProof?, batches: [PartialBatch], proof: LeavesProof,
    older: UInt8
  ) {
    self.checkpoint = checkpoint
    self.consistency = consistency
    self.batches = batches
    self.proof = proof
    self.older = older
  }

  /// A page that came from somewhere.
  public init(
    checkpoint: Checkpoint, consistency: ConsistencyProof?, batches: [PartialBatch], proof: LeavesProof,
    hasOlder: Bool
  ) {
    self.init(
      checkpoint: checkpoint, consistency: consistency, batches: batches, proof: proof,
      older: hasOlder ? 1 : 0)
  }

  /// The leaf indices of all records, ascending.
  package static func leafIndices(of batches: [PartialBatch]) -> [UInt64] {
    batches.flatMap { batch in batch.records.map { batch.firstLeaf.addingSaturated(UInt64($0.index)) } }
  }

  /// A page about a tree whose nodes are at hand, with the proofs that it needs.
  public init<Failure: Error>(
    _ batches: [PartialBatch], hasOlder: Bool, checkpoint: Checkpoint, knownSize: UInt64,
    tree: TreeProver<Failure>
  ) throws(Failure) {
    self.init(
      checkpoint: checkpoint, consistency: knownSize == 0 ? nil : try tree.consistencyProof(from: knownSize),
      batches: batches,
      proof: try tree.leavesProof(of: Self.leafIndices(of: batches)) ?? LeavesProof(nodes: LeafHashes()),
      hasOlder: hasOlder)
  }
}

/// Streams, by their newest records.
///
/// ```
/// struct { opaque tag[16]; uint64 record_count; } StreamSize;
/// struct { StreamPage page; StreamSize sizes<V>; } StreamListing;
/// ```
/// SPEC.md section 6.9.
public struct StreamListing: WireCodable, Hashable, Sendable {
  /// The newest record of each stream, with what proves it.
  public let page: StreamPage
  /// How many records each of these streams has, by the relay's word.
  public let sizes: [StreamSize]

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init(page:sizes:), field(\.page), field(\.sizes))

  /// A listing that came from somewhere.
  public init(page: StreamPage, sizes: [StreamSize]) {
    self.page = page
    self.sizes = sizes
  }
}

/// How many records a stream has.
public struct StreamSize: WireCodable, Hashable, Sendable {
  /// The stream.
  public let tag: StreamTag
  /// How many records are in it.
  public let recordCount: UInt64

  /// The fields, in wire order.
  public static let wire = WireFormat(Self.init(tag:recordCount:), field(\.tag), field(\.recordCount))

  /// A stream's size.
  public init(tag: StreamTag, recordCount: UInt64) {
    self.tag = tag
    self.recordCount = recordCount
  }
}
