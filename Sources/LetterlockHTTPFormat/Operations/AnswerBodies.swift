public import LetterlockFormat
public import TLSCodec

/// The bodies of answers. SPEC.md section 13.6.
///
/// ```
/// struct {
///   optional<uint64> first_leaf;
///   Checkpoint checkpoint;
/// } BatchAnswer;
/// ```
package struct BatchAnswer: WireCodable, Hashable, Sendable {
  package let firstLeaf: UInt64?
  package let checkpoint: Checkpoint

  private init(firstLeaf: UInt64?, checkpoint: Checkpoint) {
    (self.firstLeaf, self.checkpoint) = (firstLeaf, checkpoint)
  }

  package init(_ outcome: BatchOutcome) {
    self.init(firstLeaf: outcome.firstLeaf, checkpoint: outcome.checkpoint)
  }

  package var outcome: BatchOutcome { BatchOutcome(firstLeaf: firstLeaf, checkpoint: checkpoint) }

  package static let wire = WireFormat(
    Self.init(firstLeaf:checkpoint:), field(\.firstLeaf), field(\.checkpoint))
}

/// ```
/// struct {
///   uint64 first_leaf;
///   SignedBatch signed_batch;
///   uint64 erasures<V>;
///   opaque leaf_hashes[32]<V>;      of every leaf, whether its record is here or not
///   optional<Record> records<V>;    absent where it is not here
/// } StoredBatch;
/// ```
package struct StoredBatch: TLSCodable, Hashable, Sendable {
  package let batch: HistoryBatch

  package init(_ batch: HistoryBatch) { self.batch = batch }

  package func encode(to writer: inout TLSWriter) {
    writer.write(batch.firstLeaf)
    writer.write(batch.signedBatch)
    writer.write(batch.erasures)
    writer.write(batch.leafHashes)
    writer.writeVector { writer in
      for record in batch.records {
        writer.write(UInt8(record == nil ? 0 : 1))
        if let record { writer.write(opaque: record) }
      }
    }
  }

  package init(from reader: inout TLSReader) throws(TLSError) {
    let firstLeaf = try reader.read(UInt64.self)
    let signedBatch = try SignedBatch(from: &reader)
    let erasures = try reader.readVector(of: UInt64.self)
    let leafHashes = try LeafHashes(from: &reader)
    let records = try reader.readVector(of: Opaque?.self, maximumCount: SignedBatch.maximumLeafCount)
    batch = HistoryBatch(
      firstLeaf: firstLeaf, signedBatch: signedBatch, erasures: erasures, leafHashes: leafHashes,
      records: records.map { $0?.bytes })
  }
}

/// ```
/// struct {
///   StoredBatch batches<V>;
///   Checkpoint checkpoint;
///   optional<ConsistencyProof> consistency;
/// } HistoryAnswer;
/// ```
package struct HistoryAnswer: WireCodable, Hashable, Sendable {
  private let batches: [StoredBatch]
  private let checkpoint: Checkpoint
  private let consistency: ConsistencyProof?

  private init(batches: [StoredBatch], checkpoint: Checkpoint, consistency: ConsistencyProof?) {
    (self.batches, self.checkpoint, self.consistency) = (batches, checkpoint, consistency)
  }

  package init(_ page: HistoryPage) {
    self.init(
      batches: page.batches.map(StoredBatch.init), checkpoint: page.checkpoint, consistency: page.consistency)
  }

  package var page: HistoryPage {
    HistoryPage(batches: batches.map(\.batch), checkpoint: checkpoint, consistency: consistency)
  }

  package static let wire = WireFormat(
    Self.init(batches:checkpoint:consistency:), field(\.batches), field(\.checkpoint), field(\.consistency))
}

/// ```
/// struct {
///   BlobUpload upload;
///   uint8 is_complete;              0 or 1
/// } ListedBlob;
/// ```
package struct ListedBlob: TLSCodable, Hashable, Sendable {
  package let blob: RelayBlob

  package init(_ blob: RelayBlob) { self.blob = blob }

  package func encode(to writer: inout TLSWriter) {
    writer.write(blob.upload)
    writer.write(UInt8(blob.isComplete ? 1 : 0))
  }

  package init(from reader: inout TLSReader) throws(TLSError) {
    let upload = try BlobUpload(from: &reader)
    let isComplete = try reader.read(UInt8.self)
    guard isComplete <= 1 else { throw .invalidValue }
    blob = RelayBlob(upload: upload, isComplete: isComplete == 1)
  }
}

/// ```
/// struct {
///   uint64 log;
///   uint64 records;
///   uint64 blobs;
///   uint64 quota;
/// } RelayUsage;
/// ```
extension RelayUsage: WireCodable {
  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init(log:records:blobs:quota:), field(\.log), field(\.records), field(\.blobs), field(\.quota))
}
