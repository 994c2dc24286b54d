/// An array in chunks, and chunks in blocks: who edits a copy copies the chunk and the block that it edits, and
/// references to the others. A commit edits a copy of the tree at a few places.
struct ChunkedArray<Element: Sendable>: Sendable {
  private static var chunkSize: Int { 16 }
  private static var blockSize: Int { 512 }

  private var blocks: [[[Element]]] = []
  private(set) var count = 0

  init(_ elements: some Sequence<Element>) {
    for element in elements { append(element) }
  }

  var indices: Range<Int> { 0..<count }

  subscript(index: Int) -> Element {
    _read {
      yield blocks[index / Self.blockSize][index % Self.blockSize / Self.chunkSize][index % Self.chunkSize]
    }
    _modify {
      yield &blocks[index / Self.blockSize][index % Self.blockSize / Self.chunkSize][index % Self.chunkSize]
    }
  }

  private mutating func append(_ element: Element) {
    let block = count / Self.blockSize
    let chunk = count % Self.blockSize / Self.chunkSize
    if block == blocks.count { blocks.append([]) }
    if chunk == blocks[block].count { blocks[block].append([]) }
    blocks[block][chunk].append(element)
    count += 1
  }

  mutating func append(repeating element: Element, count added: Int) {
    for _ in 0..<added { append(element) }
  }

  mutating func removeLast(_ removed: Int) {
    for _ in 0..<removed {
      count -= 1
      let block = count / Self.blockSize
      let chunk = count % Self.blockSize / Self.chunkSize
      blocks[block][chunk].removeLast()
      if blocks[block][chunk].isEmpty { blocks[block].removeLast() }
      if blocks[block].isEmpty { blocks.removeLast() }
    }
  }

  /// Visits all elements in order.
  func forEach<Failure: Error>(_ body: (Int, Element) throws(Failure) -> Void) throws(Failure) {
    var index = 0
    for block in blocks {
      for chunk in block {
        for element in chunk {
          try body(index, element)
          index += 1
        }
      }
    }
  }
}
