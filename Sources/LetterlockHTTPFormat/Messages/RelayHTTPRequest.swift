/// A request to a relay over HTTP, whole. SPEC.md section 13.
public struct RelayHTTPRequest: Hashable, Sendable {
  /// The method, in upper case.
  public var method: String
  /// The host and port that the request is for, where they are known.
  public var authority: String?
  /// The absolute path, as it stands in the request.
  public var path: String
  /// What stands after the question mark; nil if there is none.
  public var query: String?
  /// The header fields.
  public var fields: HTTPFieldList
  /// The body; empty if there is none.
  public var body: [UInt8]

  /// A request.
  public init(
    method: String, authority: String? = nil, path: String, query: String? = nil,
    fields: HTTPFieldList = HTTPFieldList(), body: [UInt8] = []
  ) {
    (self.method, self.authority, self.path, self.query) = (method, authority, path, query)
    (self.fields, self.body) = (fields, body)
  }

  /// A request whose target is a path with or without a query, as the first line of a message has it.
  public init(method: String, target: String, fields: HTTPFieldList, body: [UInt8]) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(
      method: method, path: parts.first.map(String.init) ?? "/",
      query: parts.count > 1 ? String(parts[1]) : nil, fields: fields, body: body)
  }

  /// The path with its query.
  public var target: String { query.map { "\(path)?\($0)" } ?? path }
}

/// What a relay answers over HTTP: its head, and its body as it arrives.
public struct RelayHTTPResponse: Sendable {
  /// The status code.
  public let status: Int
  /// The header fields.
  public let fields: HTTPFieldList
  /// The body.
  public let body: RelayHTTPBody

  /// An answer.
  public init(status: Int, fields: HTTPFieldList, body: RelayHTTPBody) {
    (self.status, self.fields, self.body) = (status, fields, body)
  }
}

/// A body that arrives in pieces.
public struct RelayHTTPBody: AsyncSequence, Sendable {
  /// A piece.
  public typealias Element = [UInt8]

  private let makeNext: @Sendable () -> () async throws -> [UInt8]?

  /// The pieces that a sequence brings.
  public init<Pieces: AsyncSequence & Sendable>(_ pieces: Pieces) where Pieces.Element == [UInt8] {
    makeNext = {
      var iterator = pieces.makeAsyncIterator()
      return { try await iterator.next() }
    }
  }

  /// A body that is there already, in one piece.
  public init(_ bytes: [UInt8]) {
    makeNext = {
      var rest: [UInt8]? = bytes.isEmpty ? nil : bytes
      return {
        defer { rest = nil }
        return rest
      }
    }
  }

  /// Reads the pieces in order.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let nextPiece: () async throws -> [UInt8]?

    /// Returns the next piece; nil after the last.
    public mutating func next() async throws -> [UInt8]? { try await nextPiece() }
  }

  /// Begins to read.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(nextPiece: makeNext()) }
}
