internal import CryptoCore
internal import TLSCodec

/// A sealed message: everything that is ever stored of one.
///
/// ```
/// struct {
///   uint8 version;
///   opaque epoch[16];
///   opaque stream_tag[16];
///   opaque nonce[24];
///   opaque ciphertext<V>;           the padded entry, encrypted, and a tag of 16 bytes
/// } SealedRecord;
/// ```
/// The first 57 bytes are the associated data. SPEC.md section 5.1.
public struct SealedRecord: Hashable, Sendable {
  /// The encoding: what to store.
  public let bytes: [UInt8]

  /// 57: what stands before the ciphertext and is authenticated with it.
  static let prefixByteCount = 57
  /// The shortest padded entry, and the tag.
  static let minimumCiphertextByteCount = Padding.minimumByteCount + 16

  /// Takes a record that was stored. Whether it opens is another question.
  /// - Throws: `ArchiveError.unknownVersion` if the bytes begin with another version, whatever follows it;
  ///   `.malformed` if they are not a record.
  public init(decoding bytes: [UInt8]) throws(ArchiveError) {
    guard let version = bytes.first else { throw .malformed }
    guard version == FormatVersion.one.rawValue else { throw .unknownVersion(version) }
    guard bytes.count >= Self.prefixByteCount else { throw .malformed }
    let left = bytes.count - Self.prefixByteCount
    let lengthByteCount = 1 << Int(left > 0 ? bytes[Self.prefixByteCount] >> 6 : 3)
    let ciphertextByteCount = left - lengthByteCount
    guard lengthByteCount <= 4, ciphertextByteCount >= Self.minimumCiphertextByteCount,
      Self.hasLength(ciphertextByteCount, in: bytes, byteCount: lengthByteCount)
    else { throw .malformed }
    self.bytes = bytes
  }

  /// Wraps bytes that sealing has just written.
  init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  private static func hasLength(_ length: Int, in bytes: [UInt8], byteCount: Int) -> Bool {
    guard byteCount == TLSWriter.lengthByteCount(length) else { return false }
    var written = Int(bytes[prefixByteCount] & 0x3f)
    for index in 1..<byteCount { written = written << 8 | Int(bytes[prefixByteCount + index]) }
    return written == length
  }

  /// The epoch under which it was sealed.
  public var epoch: EpochReference { EpochReference(unchecked: Array(bytes[1..<17])) }
  /// What a relay sees of its conversation.
  public var streamTag: StreamTag { StreamTag(unchecked: Array(bytes[17..<33])) }

  /// How many bytes the length before the ciphertext takes.
  var lengthByteCount: Int { 1 << Int(bytes[Self.prefixByteCount] >> 6) }

  /// What finds the key without an allocation.
  package var keyID: RecordKeyID { RecordKeyID(bytes) }
}

/// The epoch and the stream tag of a record, as four words.
package struct RecordKeyID: Hashable, Sendable {
  let epoch: Bytes16
  let tag: Bytes16

  /// Reads both from a record of at least 33 bytes.
  fileprivate init(_ record: [UInt8]) {
    (epoch, tag) = record.withRawSpan { (Bytes16($0, at: 1), Bytes16($0, at: 17)) }
  }

  /// Half a tag is enough: nobody without the epoch secret can choose tags, or make two that begin or end alike.
  package func hash(into hasher: inout Hasher) { hasher.combine(tag.low) }

  init(epoch: EpochReference, tag: StreamTag) {
    self.init([1] + epoch.bytes + tag.bytes)
  }
}
