internal import TLSCodec

/// Leaf indices, neighbours together: a million records that are not there take as many bytes as one.
///
/// ```
/// struct {
///   uint64 first;
///   uint64 count;                   at least 1
/// } LeafIndexRange;
/// LeafIndexRange leaf_indices<V>;   ascending, never touching
/// ```
struct LeafIndexRanges: TLSCodable, Hashable, Sendable {
  private struct LeafIndexRange: WireCodable, Hashable, Sendable {
    var first: UInt64
    var count: UInt64

    static let wire = WireFormat(Self.init(first:count:), field(\.first), field(\.count))

    init(first: UInt64, count: UInt64) {
      self.first = first
      self.count = count
    }

    var end: UInt64 { first + count }
  }

  private var ranges: [LeafIndexRange] = []

  init() {}

  var isEmpty: Bool { ranges.isEmpty }

  /// Every leaf index, ascending.
  var leafIndices: [UInt64] { ranges.flatMap { Array($0.first..<$0.end) } }

  /// Adds a leaf index after all the others.
  mutating func append(_ leaf: UInt64) {
    guard let last = ranges.last, last.end == leaf else {
      ranges.append(LeafIndexRange(first: leaf, count: 1))
      return
    }
    ranges[ranges.count - 1].count += 1
  }

  /// The first range that ends after a leaf index.
  private func index(after leaf: UInt64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].end <= leaf { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func contains(_ leaf: UInt64) -> Bool {
    let index = index(after: leaf)
    return index < ranges.count && ranges[index].first <= leaf
  }

  /// Takes a leaf index out.
  mutating func remove(_ leaf: UInt64) {
    let index = index(after: leaf)
    guard index < ranges.count, ranges[index].first <= leaf else { return }
    let range = ranges[index]
    let parts = [
      LeafIndexRange(first: range.first, count: leaf - range.first),
      LeafIndexRange(first: leaf + 1, count: range.end - leaf - 1),
    ]
    ranges.replaceSubrange(index...index, with: parts.filter { $0.count > 0 })
  }

  /// Writes the ranges.
  func encode(to writer: inout TLSWriter) { writer.write(ranges) }

  /// Reads ranges that ascend and do not touch.
  init(from reader: inout TLSReader) throws(TLSError) {
    ranges = try reader.readVector(of: LeafIndexRange.self)
    var end: UInt64?
    for range in ranges {
      guard range.count > 0, range.first <= UInt64.max - range.count, end.map({ $0 < range.first }) ?? true
      else {
        throw .invalidValue
      }
      end = range.end
    }
  }
}
