internal import TLSCodec

/// Places in a history, neighbours together: a million records that are not there take as many bytes as one.
///
/// ```
/// struct {
///   uint64 first;
///   uint64 count;                   at least 1
/// } PlaceRange;
/// PlaceRange places<V>;             ascending, never touching
/// ```
struct PlaceRanges: TLSCodable, Hashable, Sendable {
  private struct PlaceRange: WireCodable, Hashable, Sendable {
    var first: UInt64
    var count: UInt64

    static let wire = WireFormat(Self.init(first:count:), field(\.first), field(\.count))

    init(first: UInt64, count: UInt64) {
      self.first = first
      self.count = count
    }

    var end: UInt64 { first + count }
  }

  private var ranges: [PlaceRange] = []

  init() {}

  var isEmpty: Bool { ranges.isEmpty }

  /// Every place, ascending.
  var places: [UInt64] { ranges.flatMap { Array($0.first..<$0.end) } }

  /// Adds a place after all the others.
  mutating func append(_ place: UInt64) {
    guard let last = ranges.last, last.end == place else {
      ranges.append(PlaceRange(first: place, count: 1))
      return
    }
    ranges[ranges.count - 1].count += 1
  }

  /// The first range that ends after a place.
  private func index(after place: UInt64) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].end <= place { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func contains(_ place: UInt64) -> Bool {
    let index = index(after: place)
    return index < ranges.count && ranges[index].first <= place
  }

  /// Takes a place out.
  mutating func remove(_ place: UInt64) {
    let index = index(after: place)
    guard index < ranges.count, ranges[index].first <= place else { return }
    let range = ranges[index]
    let parts = [
      PlaceRange(first: range.first, count: place - range.first),
      PlaceRange(first: place + 1, count: range.end - place - 1),
    ]
    ranges.replaceSubrange(index...index, with: parts.filter { $0.count > 0 })
  }

  /// Writes the ranges.
  func encode(to writer: inout TLSWriter) { writer.write(ranges) }

  /// Reads ranges that ascend and do not touch.
  init(from reader: inout TLSReader) throws(TLSError) {
    ranges = try reader.readVector(of: PlaceRange.self)
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
