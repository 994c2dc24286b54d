/// The numbers and names in a request's query: `from=3&bytes=4096`. SPEC.md section 13.2.
package struct QueryItems: Hashable, Sendable {
  private var items: [(name: String, value: String)] = []

  package init() {}

  /// Reads a query, in which every name stands once, and only the names that are known.
  package init(_ query: String?, of names: Set<String>) throws(HTTPProblem) {
    guard let query, !query.isEmpty else { return }
    for part in query.split(separator: "&", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, names.contains(String(pair[0])), text(String(pair[0])) == nil else {
        throw .malformed
      }
      items.append((String(pair[0]), String(pair[1])))
    }
  }

  /// What stands in the request's target.
  package var query: String { items.map { "\($0.name)=\($0.value)" }.joined(separator: "&") }

  package mutating func add(_ name: String, _ value: some CustomStringConvertible) {
    items.append((name, value.description))
  }

  /// The text of a name; nil if it is not there.
  package func text(_ name: String) -> String? { items.first { $0.name == name }?.value }

  /// The number of a name, which must be there, in digits without a zero before them.
  package func number(_ name: String) throws(HTTPProblem) -> UInt64 {
    guard let text = text(name), let number = UInt64(text), "\(number)" == text else { throw .malformed }
    return number
  }

  package static func == (left: QueryItems, right: QueryItems) -> Bool { left.query == right.query }

  package func hash(into hasher: inout Hasher) { hasher.combine(query) }
}

/// The bytes of an attachment that a request asks for. RFC 9110 section 14.1.2.
package struct ByteRange: Hashable, Sendable {
  package let first: UInt64
  /// The last byte; nil for all that there are.
  package let last: UInt64?

  package init(first: UInt64, last: UInt64?) { (self.first, self.last) = (first, last) }

  /// As `Range` has it.
  package var value: String { "bytes=\(first)-" + (last.map { "\($0)" } ?? "") }

  /// Reads one range that names its first byte; nil if it is none, which a server ignores.
  package init?(_ value: String) {
    guard value.hasPrefix("bytes=") else { return nil }
    let parts = value.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
    // A number of Swift's may have a sign.
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let first = UInt64(parts[0])
    else { return nil }
    guard !parts[1].isEmpty else {
      self.init(first: first, last: nil)
      return
    }
    guard let last = UInt64(parts[1]), last >= first else { return nil }
    self.init(first: first, last: last)
  }
}
