internal import CryptoCore
public import TLSCodec

/// The Merkle tree over an account's records, in the relay's order: enough of it to add a record and to
/// know the root, a few hundred bytes whatever the size. RFC 9162 section 2.1, SPEC.md section 6.
///
/// ```
/// struct {
///   uint64 size;
///   opaque frontier[32]<V>;         roots of the complete subtrees, largest first
/// } HistoryTree;
/// ```
public struct HistoryTree: TLSCodable, Hashable, Sendable {
  /// How many leaves the tree has.
  public private(set) var size: UInt64
  private var frontier: [Digest32]

  /// The empty tree.
  public init() {
    size = 0
    frontier = []
  }

  /// The hash of a leaf: `SHA-256(0x00 || leaf)`. RFC 9162 section 2.1.1.
  public static func leafHash(_ leaf: [UInt8]) -> Digest32 {
    var hasher = SHA256Hash.Hasher()
    hasher.update([0x00])
    hasher.update(leaf)
    return Digest32(unchecked: hasher.finalize())
  }

  /// The hash of an inner node: `SHA-256(0x01 || left || right)`. RFC 9162 section 2.1.1.
  public static func nodeHash(_ left: Digest32, _ right: Digest32) -> Digest32 {
    withTemporaryBytes(65 + Digest32.byteCount) { work in
      var offset = 0
      work.write(0x01 as UInt8, at: &offset)
      left.write(to: &work, at: &offset)
      right.write(to: &work, at: &offset)
      var hasher = SHA256Hash.Hasher()
      hasher.update(work.bytes.extracting(0..<offset))
      hasher.finalize(into: &work, at: offset)
      return Digest32(work.bytes, at: offset)
    }
  }

  /// Adds a leaf by its hash, at one hash a leaf on average.
  public mutating func append(_ leafHash: Digest32) {
    append(subtree: leafHash, of: 1)
  }

  /// Adds leaves by their hashes, subtree by subtree.
  public mutating func append(_ leaves: LeafHashes) {
    var start = 0
    while start < leaves.count {
      let left = leaves.count - start
      // The largest complete subtree that begins here.
      let fitting = Int.bitWidth - 1 - left.leadingZeroBitCount
      let level = min(fitting, size == 0 ? fitting : size.trailingZeroBitCount)
      let end = start + 1 << level
      append(subtree: leaves.slice(start..<end).root, of: UInt64(1) << UInt64(level))
      start = end
    }
  }

  /// Adds the root of a complete subtree that begins at a multiple of its size.
  private mutating func append(subtree root: Digest32, of count: UInt64) {
    var node = root
    // Every set bit at the end of this is a subtree that the new one completes.
    var complete = size / count
    while complete & 1 == 1, let left = frontier.popLast() {
      node = Self.nodeHash(left, node)
      complete >>= 1
    }
    frontier.append(node)
    size += count
  }

  /// The root of the tree. Of the empty tree, SHA-256 of nothing.
  public var root: Digest32 {
    guard var node = frontier.last else { return Digest32(unchecked: SHA256Hash.hash([])) }
    for left in frontier.dropLast().reversed() { node = Self.nodeHash(left, node) }
    return node
  }

  /// Writes the size and the frontier.
  public func encode(to writer: inout TLSWriter) {
    writer.write(size)
    writer.write(frontier)
  }

  /// Reads a size and its frontier, one subtree for each bit that is set in the size.
  public init(from reader: inout TLSReader) throws(TLSError) {
    size = try reader.read(UInt64.self)
    frontier = try reader.readVector(of: Digest32.self, maximumCount: 64)
    // A tree of more leaves than a store can number would count past the largest number.
    guard size <= UInt64(Int64.max), frontier.count == size.nonzeroBitCount else { throw .invalidValue }
  }
}
