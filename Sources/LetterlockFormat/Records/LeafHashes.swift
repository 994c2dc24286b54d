internal import CryptoCore
internal import SystemCore
public import TLSCodec

/// The hashes of neighbouring leaves, in order: 32 bytes each, in one piece. RFC 9162 section 2.1.
public struct LeafHashes: TLSCodable, Hashable, Sendable {
  /// The hashes, one after the other.
  public private(set) var bytes: [UInt8]

  /// No hashes.
  public init() { bytes = [] }

  /// Takes hashes one after the other; nil if the last is not whole.
  public init?(bytes: [UInt8]) {
    guard bytes.count.isMultiple(of: 32) else { return nil }
    self.bytes = bytes
  }

  /// The hashes of records by one author, under one signed batch: on all cores, if they are many.
  public init(of records: [[UInt8]], device: DeviceID, counter: UInt64) {
    let partCount = (records.count + Self.partCount - 1) / Self.partCount
    let parts = concurrentMap(partCount, chunkCount: 1) {
    } _: { _, part in
      let range = part * Self.partCount..<min(records.count, (part + 1) * Self.partCount)
      return withNewBytes(32 * range.count) { output in
        for (place, number) in range.enumerated() {
          SignedBatch.writeLeafHash(
            of: records[number], device: device, counter: counter, to: &output, at: 32 * place)
        }
      }
    }
    bytes = []
    bytes.reserveCapacity(32 * records.count)
    for part in parts { bytes += part }
  }

  /// As many as are worth another thread.
  private static let partCount = 256

  /// How many there are.
  public var count: Int { bytes.count / 32 }

  /// The hash at an index below `count`; nil beyond.
  public subscript(index: Int) -> Digest32? {
    guard index >= 0, index < count else { return nil }
    return Digest32(unchecked: Array(bytes[32 * index..<32 * index + 32]))
  }

  /// Whether the hash at `index` is the one at `other` of others; both are below the counts.
  func isEqual(at index: Int, to others: LeafHashes, at other: Int) -> Bool {
    bytes[32 * index..<32 * index + 32] == others.bytes[32 * other..<32 * other + 32]
  }

  /// Adds a hash.
  public mutating func append(_ hash: Digest32) { bytes += hash.bytes }

  /// The hashes in a range below `count`.
  package func slice(_ range: Range<Int>) -> LeafHashes {
    var slice = LeafHashes()
    slice.bytes = Array(bytes[32 * range.lowerBound..<32 * range.upperBound])
    return slice
  }

  /// The Merkle Tree Hash over them; SHA-256 of nothing if there are none. RFC 9162 section 2.1.1.
  public var root: Digest32 {
    guard !bytes.isEmpty else { return Digest32(unchecked: SHA256Hash.hash([])) }
    var level = bytes
    while level.count > 32 {
      var upper: [UInt8] = []
      SHA256Hash.appendPairHashes(of: level, fromPair: 0, prefix: 0x01, to: &upper)
      // A last node without a neighbour stands in the level above as it is.
      if level.count % 64 == 32 { upper += level[(level.count - 32)...] }
      level = upper
    }
    return Digest32(unchecked: level)
  }

  /// Writes the length and the hashes.
  public func encode(to writer: inout TLSWriter) { writer.write(opaque: bytes) }

  /// Reads a length and that many bytes of hashes.
  public init(from reader: inout TLSReader) throws(TLSError) {
    guard let hashes = LeafHashes(bytes: try reader.readOpaque()) else { throw .invalidValue }
    self = hashes
  }
}
