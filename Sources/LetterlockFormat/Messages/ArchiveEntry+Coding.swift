import CryptoCore
package import TLSCodec

/// ```
/// enum {
///   message(1), conversation(2), device(3), deletion(4), snapshot(5), revision(6), send_request(7), send_report(8),
///   (65535)
/// } EntryType;
///
/// struct {
///   EntryType type;
///   opaque body<V>;
/// } ArchiveEntry;
/// ```
/// followed by zeros up to the padded length. SPEC.md section 10.1.
extension ArchiveEntry {
  /// No entry is longer, padding not counted: 16 MiB. Larger content belongs in attachments.
  package static let maximumByteCount = 1 << 24

  private var type: UInt16 {
    switch self {
    case .message: 1
    case .conversation: 2
    case .device: 3
    case .deletion: 4
    case .snapshot: 5
    case .revision: 6
    case .sendRequest: 7
    case .sendReport: 8
    case .unknown(let unknown): unknown.code
    }
  }

  private var bodyByteCount: Int {
    switch self {
    case .message(let message): message.fieldsByteCount
    case .conversation(let profile): profile.fieldsByteCount
    case .device(let profile): profile.fieldsByteCount
    case .deletion(let deletion): deletion.fieldsByteCount
    case .snapshot(let snapshot): snapshot.fieldsByteCount
    case .revision(let revision): revision.message.fieldsByteCount
    case .sendRequest(let request): request.fieldsByteCount
    case .sendReport(let report): report.fieldsByteCount
    case .unknown(let unknown): unknown.bytes.count
    }
  }

  /// The length of the entry without padding.
  package var encodedByteCount: Int { 2 + bodyByteCount.asVector }

  /// The entry's lengths, found once for `encode(_:into:at:)`.
  package struct Measure {
    fileprivate let bodyByteCount: Int
    /// The length with padding.
    package let paddedByteCount: Int
  }

  /// Measures the entry.
  /// - Throws: `TLSError.lengthTooLong` past `maximumByteCount`.
  package func measured() throws(TLSError) -> Measure {
    let bodyByteCount = bodyByteCount
    let byteCount = 2 + bodyByteCount.asVector
    guard byteCount <= Self.maximumByteCount else { throw .lengthTooLong }
    return Measure(bodyByteCount: bodyByteCount, paddedByteCount: Padding.paddedByteCount(byteCount))
  }

  /// Writes the entry at `start`, and zeros after it to the end of its padding.
  ///
  /// - Parameter measure: this entry's, `paddedByteCount` of which are left from `start`.
  package func encode(_ measure: Measure, into bytes: inout MutableRawSpan, at start: Int) {
    var offset = start
    bytes.write(type, at: &offset)
    bytes.write(length: measure.bodyByteCount, at: &offset)
    switch self {
    case .message(let message): message.writeFields(to: &bytes, at: &offset)
    case .conversation(let profile): profile.writeFields(to: &bytes, at: &offset)
    case .device(let profile): profile.writeFields(to: &bytes, at: &offset)
    case .deletion(let deletion): deletion.writeFields(to: &bytes, at: &offset)
    case .snapshot(let snapshot): snapshot.writeFields(to: &bytes, at: &offset)
    case .revision(let revision): revision.message.writeFields(to: &bytes, at: &offset)
    case .sendRequest(let request): request.writeFields(to: &bytes, at: &offset)
    case .sendReport(let report): report.writeFields(to: &bytes, at: &offset)
    case .unknown(let unknown): bytes.write(fixed: unknown.bytes, at: &offset)
    }
    bytes.zero(offset..<start + measure.paddedByteCount)
  }

  /// The entry with its padding.
  /// - Throws: `TLSError.lengthTooLong` past `maximumByteCount`.
  package func padded() throws(TLSError) -> [UInt8] {
    let measure = try measured()
    var bytes = [UInt8](repeating: 0, count: measure.paddedByteCount)
    bytes.withMutableRawSpan { encode(measure, into: &$0, at: 0) }
    return bytes
  }

  /// The entry that a record's plaintext holds.
  /// - Throws: `TLSError` for anything that `encode(_:into:at:)` would not have written.
  package init(decodingArchiveEntry bytes: RawSpan) throws(TLSError) {
    var (type, body) = try Self.readFrame(of: bytes)
    switch type {
    case 1: self = .message(try Message(readingFields: &body, from: bytes))
    case 2: self = .conversation(try ConversationProfile(readingFields: &body, from: bytes))
    case 3: self = .device(try DeviceProfile(readingFields: &body, from: bytes))
    case 4: self = .deletion(try Deletion(readingFields: &body, from: bytes))
    case 5: self = .snapshot(try Snapshot(readingFields: &body, from: bytes))
    case 6: self = .revision(try Revision(readingFields: &body, from: bytes))
    case 7: self = .sendRequest(try SendRequestContent(readingFields: &body, from: bytes))
    case 8: self = .sendReport(try SendReport(readingFields: &body, from: bytes))
    default: self = .unknown(UnknownValue(code: type, bytes: body.readRest(from: bytes)))
    }
    try body.finish()
  }

  /// Reads the message that a record's plaintext holds into one that is `unread`; gives false, and reads nothing, if it
  /// holds another kind of entry.
  static func read(
    _ message: inout Message, decodingArchiveEntry bytes: RawSpan
  ) throws(TLSError) -> Bool {
    var (type, body) = try readFrame(of: bytes)
    guard type == 1 else { return false }
    try message.readFields(&body, from: bytes)
    try body.finish()
    return true
  }

  /// The type, and a reader of the body, after which there is padding and nothing else.
  @inline(__always)
  private static func readFrame(of bytes: RawSpan) throws(TLSError) -> (type: UInt16, body: SpanReader) {
    var reader = SpanReader(bytes)
    let type: UInt16 = try reader.read(from: bytes)
    let body = try reader.readVector(from: bytes)
    guard reader.offset <= Self.maximumByteCount else { throw .lengthTooLong }
    guard bytes.byteCount == Padding.paddedByteCount(reader.offset) else { throw .trailingBytes }
    guard bytes.isZero(reader.offset..<bytes.byteCount) else { throw .invalidValue }
    return (type, body)
  }

  /// The entry that these bytes, padding included, hold.
  package init(decodingArchiveEntry bytes: [UInt8]) throws(TLSError) {
    self = try bytes.withRawSpan { (span) throws(TLSError) in try Self(decodingArchiveEntry: span) }
  }
}
