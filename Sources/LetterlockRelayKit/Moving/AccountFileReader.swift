internal import CryptoCore
internal import LetterlockFormat
internal import TLSCodec

/// Reads an account's file, item by item: it allocates no more than has arrived.
struct AccountFileReader {
  private let source: (Int) throws(AccountMoveError) -> [UInt8]
  private var hasher = SHA256Hash.Hasher()
  private var buffer: ArraySlice<UInt8> = []
  /// The item that comes next; nil after the end.
  private(set) var kind: AccountFile.Kind?
  private var body: [UInt8] = []

  private static let readByteCount = 1 << 20

  /// Reads the start of a file. `source` returns the next bytes, at most so many; none at the end.
  init(_ source: @escaping (Int) throws(AccountMoveError) -> [UInt8]) throws(AccountMoveError) {
    self.source = source
    let start: [UInt8]
    do throws(AccountMoveError) { start = try take(AccountFile.magic.count + 1) } catch {
      throw error == .truncated ? .notAccountFile : error
    }
    guard start.dropLast() == AccountFile.magic[...], let version = start.last else { throw .notAccountFile }
    guard version == FormatVersion.newest.rawValue else { throw .otherVersion(version) }
    try advance()
  }

  /// The item that comes next, decoded, if it is of a kind. The one after it comes next then.
  mutating func next<Value: TLSCodable>(
    _ kind: AccountFile.Kind, _ type: Value.Type = Value.self
  ) throws(AccountMoveError) -> Value? {
    guard self.kind == kind else { return nil }
    guard let value = try? Value(decoding: body) else { throw .damaged("a \(kind) cannot be read") }
    try advance()
    return value
  }

  /// The next bytes of an attachment; nil if another item comes next.
  mutating func nextPart() throws(AccountMoveError) -> [UInt8]? {
    guard kind == .part else { return nil }
    let part = body
    try advance()
    return part
  }

  /// Checks that the file ends here, and that it is what was written.
  mutating func finish() throws(AccountMoveError) {
    guard kind == nil else { throw .damaged("something stands where nothing belongs") }
  }

  private mutating func advance() throws(AccountMoveError) {
    let before = hasher
    guard let kind = AccountFile.Kind(rawValue: try take(1)[0]) else {
      throw .damaged("an item is of no known kind")
    }
    let length = try takeLength()
    guard length <= AccountFile.maximumItemByteCount else { throw .damaged("an item is too long") }
    body = try take(length)
    guard kind == .end else { return self.kind = kind }
    guard body == before.finalize() else { throw .damaged("its digest is another one") }
    guard try isAtEnd() else { throw .damaged("bytes stand after its end") }
    self.kind = nil
  }

  /// The length of a vector. RFC 9420 section 2.1.2.
  private mutating func takeLength() throws(AccountMoveError) -> Int {
    let first = try take(1)[0]
    let byteCount = 1 << Int(first >> 6)
    guard byteCount <= 4 else { throw .damaged("a length cannot be read") }
    var length = Int(first & 0x3f)
    for byte in try take(byteCount - 1) { length = length << 8 | Int(byte) }
    guard byteCount == TLSWriter.lengthByteCount(length) else { throw .damaged("a length cannot be read") }
    return length
  }

  private mutating func take(_ count: Int) throws(AccountMoveError) -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      if buffer.isEmpty { buffer = try source(Self.readByteCount)[...] }
      guard !buffer.isEmpty else { throw .truncated }
      let part = buffer.prefix(count - bytes.count)
      bytes += part
      buffer = buffer.dropFirst(part.count)
    }
    hasher.update(bytes)
    return bytes
  }

  private mutating func isAtEnd() throws(AccountMoveError) -> Bool {
    if buffer.isEmpty { buffer = try source(Self.readByteCount)[...] }
    return buffer.isEmpty
  }
}
