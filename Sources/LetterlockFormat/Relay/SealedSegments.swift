internal import CryptoCore

/// How a sealed file is cut for hashing and for carrying: the header and 32 chunks, then 32 chunks each time, the
/// last segment shorter. So several threads can hash one file. SPEC.md section 7.1.
package enum SealedSegments {
  package static let chunkCount = 32
  /// 524288: the plaintext of a whole segment.
  package static let plainByteCount = chunkCount * ChunkedEncryption.chunkByteCount
  /// 524800: a whole segment without the header.
  package static let byteCount = chunkCount * ChunkedEncryption.sealedChunkByteCount
  /// 56, which the first segment holds too.
  package static let headerByteCount = ChunkedEncryption.headerByteCount

  /// `"letterlock/1 attachment" || account || blob`
  package static func context(account: AccountID, blob: BlobID) -> [UInt8] {
    Array("letterlock/1 attachment".utf8) + account.bytes + blob.bytes
  }

  /// Where a segment begins in the sealed file.
  package static func start(of index: Int) -> UInt64 {
    index == 0 ? 0 : UInt64(headerByteCount) + UInt64(index) * UInt64(byteCount)
  }

  /// Which bytes of a sealed file a segment is; empty behind the end.
  package static func range(of index: Int, in sealedByteCount: UInt64) -> Range<UInt64> {
    let start = min(start(of: index), sealedByteCount)
    return start..<min(Self.start(of: index + 1), sealedByteCount)
  }

  /// How many segments a sealed file has.
  package static func count(in sealedByteCount: UInt64) -> Int {
    guard sealedByteCount > UInt64(headerByteCount) else { return sealedByteCount == 0 ? 0 : 1 }
    let body = sealedByteCount - UInt64(headerByteCount)
    return Int((body + UInt64(byteCount) - 1) / UInt64(byteCount))
  }

  /// The length of what a file of `byteCount` bytes is sealed in.
  package static func sealedByteCount(of byteCount: UInt64) -> UInt64 {
    ChunkedEncryption.sealedByteCount(of: Padding.attachmentByteCount(byteCount))
  }

  /// The hash of a segment: `SHA-256(0x00 || segment)`.
  package static func leafHash(_ segment: RawSpan) -> Digest32 {
    var hasher = SHA256Hash.Hasher()
    hasher.update([0x00])
    hasher.update(segment)
    return Digest32(unchecked: hasher.finalize())
  }

  /// The digest of a sealed file from the hashes of all its segments: the root of their Merkle tree.
  package static func digest(of leaves: [Digest32]) -> Digest32 {
    var tree = HistoryTree()
    for leaf in leaves { tree.append(leaf) }
    return tree.root
  }
}

/// The digest of a sealed file that comes in parts of any size. SPEC.md section 7.1.
package struct SegmentHasher: Sendable {
  private var tree = HistoryTree()
  private var hasher = SHA256Hash.Hasher()
  private var left = SealedSegments.headerByteCount + SealedSegments.byteCount
  private var isEmpty = true

  /// Begins a digest.
  package init() { hasher.update([0x00]) }

  /// Adds bytes.
  package mutating func update(_ bytes: [UInt8]) {
    bytes.withRawSpan { update($0) }
  }

  /// Adds bytes.
  package mutating func update(_ bytes: RawSpan) {
    var start = 0
    while start < bytes.byteCount {
      if left == 0 { endSegment() }
      let end = min(bytes.byteCount, start + left)
      hasher.update(bytes.extracting(start..<end))
      left -= end - start
      start = end
      isEmpty = false
    }
  }

  private mutating func endSegment() {
    tree.append(Digest32(unchecked: hasher.finalize()))
    hasher = SHA256Hash.Hasher()
    hasher.update([0x00])
    left = SealedSegments.byteCount
    isEmpty = true
  }

  /// The digest. Of no bytes, SHA-256 of nothing.
  package consuming func finalize() -> Digest32 {
    if !isEmpty { endSegment() }
    return tree.root
  }

  /// The digest of bytes that are here.
  package static func digest(of bytes: [UInt8]) -> Digest32 {
    var hasher = SegmentHasher()
    hasher.update(bytes)
    return hasher.finalize()
  }
}
