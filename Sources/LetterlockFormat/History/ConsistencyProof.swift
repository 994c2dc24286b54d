public import TLSCodec

/// Shows that an older history is the beginning of a newer one.
///
/// ```
/// struct {
///   uint64 old_size;
///   uint64 new_size;
///   opaque path[32]<V>;
/// } ConsistencyProof;
/// ```
/// At most 65 hashes, whatever the sizes. RFC 9162 section 2.1.4, SPEC.md section 6.5.
public struct ConsistencyProof: WireCodable, Hashable, Sendable {
  /// How many leaves the older tree has.
  public let oldSize: UInt64
  /// How many leaves the newer tree has.
  public let newSize: UInt64
  /// The hashes. Empty where both trees are one.
  public let path: [Digest32]

  /// The fields, in wire order.
  public static let wire = WireFormat(
    Self.init, field(\.oldSize), field(\.newSize), field(\.path))

  /// A proof that came from somewhere.
  public init(oldSize: UInt64, newSize: UInt64, path: [Digest32]) {
    self.oldSize = oldSize
    self.newSize = newSize
    self.path = path
  }

  /// Whether the tree with root `old` is the beginning of the tree with root `new`.
  /// RFC 9162 section 2.1.4.2.
  public func holds(old: Digest32, new: Digest32) -> Bool {
    // Every history begins with nothing: that proves nothing.
    guard oldSize > 0, oldSize <= newSize else { return false }
    guard oldSize < newSize else { return path.isEmpty && old == new }
    return roots(old).map { $0.old == old && $0.new == new } ?? false
  }

  /// Both roots as they follow from the path. `old` begins the path of a tree whose size is a power of two.
  private func roots(_ old: Digest32) -> (old: Digest32, new: Digest32)? {
    var rest = path[...]
    if oldSize.nonzeroBitCount == 1 { rest = ([old] + path)[...] }
    guard let first = rest.popFirst() else { return nil }
    // In range: neither is 0.
    var (index, last) = (oldSize - 1, newSize - 1)
    while index & 1 == 1 {
      index >>= 1
      last >>= 1
    }
    var (left, right) = (first, first)
    for node in rest {
      guard last > 0 else { return nil }
      if index & 1 == 1 || index == last {
        left = HistoryTree.nodeHash(node, left)
        right = HistoryTree.nodeHash(node, right)
        while index & 1 == 0, index != 0 {
          index >>= 1
          last >>= 1
        }
      } else {
        right = HistoryTree.nodeHash(right, node)
      }
      index >>= 1
      last >>= 1
    }
    return last == 0 ? (left, right) : nil
  }
}
