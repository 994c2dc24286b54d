/// An array in chunks: who edits a copy copies the chunk that it edits, and references to the others. A commit edits
/// a copy of the tree at a few places.
struct ChunkedArray<Element: Sendable>: Sendable {
  private static var chunkSize: Int { 16 }

  private var chunks: [[Element]] = []
  private(set) var count = 0

  init(_ elements: [Element]) {
    count = elements.count
    chunks.reserveCapacity((count + Self.chunkSize - 1) / Self.chunkSize)
    for start in stride(from: 0, to: count, by: Self.chunkSize) {
      chunks.append(Array(elements[start..<min(count, start + Self.chunkSize)]))
    }
  }

  var indices: Range<Int> { 0..<count }

  subscript(index: Int) -> Element {
    _read { yield chunks[index / Self.chunkSize][index % Self.chunkSize] }
    _modify { yield &chunks[index / Self.chunkSize][index % Self.chunkSize] }
  }

  mutating func append(repeating element: Element, count added: Int) {
    for _ in 0..<added {
      if count.isMultiple(of: Self.chunkSize) { chunks.append([]) }
      chunks[chunks.count - 1].append(element)
      count += 1
    }
  }

  mutating func removeLast(_ removed: Int) {
    count -= removed
    chunks.removeLast(chunks.count - (count + Self.chunkSize - 1) / Self.chunkSize)
    guard let last = chunks.last else { return }
    chunks[chunks.count - 1].removeLast((chunks.count - 1) * Self.chunkSize + last.count - count)
  }

  /// Visits all elements in order.
  func forEach<Failure: Error>(_ body: (Int, Element) throws(Failure) -> Void) throws(Failure) {
    var index = 0
    for chunk in chunks {
      for element in chunk {
        try body(index, element)
        index += 1
      }
    }
  }
}
