package import CryptoCore

/// A file that belongs to a message: where its sealed bytes are, how to open them, and what they are.
///
/// It stands inside the message's sealed record. SPEC.md section 10.6.
public struct Attachment: Sendable {
  /// Names the sealed file.
  public let blob: BlobID
  /// The input key of its chunked encryption, 32 bytes.
  package let key: SecretKey
  /// The file's name, if it had one.
  public var name: String?
  /// The media type, such as `image/jpeg`.
  public var mediaType: String
  /// The file's exact length in bytes.
  public let byteCount: UInt64
  /// The digest of the sealed file, 32 bytes: nobody can put another in its place, not even a device that has the
  /// key. SPEC.md section 7.1.
  public let digest: [UInt8]
  /// What the file is to its message.
  public var role: Role
  /// No file is longer: 2^38 chunks of 2^14 bytes. SPEC.md section 12.
  package static let maximumByteCount: UInt64 = 1 << 52
  /// Fields of a newer version, by number.
  package internal(set) var unknownFields: [UnknownValue] = []

  /// The reference to a file that has been sealed.
  /// - Throws: `IdentifierError.wrongByteCount` if the key or the digest has not 32 bytes.
  package init(
    blob: BlobID, key: SecretKey, name: String? = nil, mediaType: String, byteCount: UInt64,
    digest: [UInt8], role: Role = .file
  ) throws(IdentifierError) {
    guard key.byteCount == 32, digest.count == 32 else { throw .wrongByteCount }
    self.blob = blob
    self.key = key
    self.name = name
    self.mediaType = mediaType
    self.byteCount = byteCount
    self.digest = digest
    self.role = role
  }

  /// What a file is to its message.
  public enum Role: Hashable, Sendable {
    /// The file itself.
    case file
    /// A smaller picture of the attachment before it.
    case preview
    /// A sticker.
    case sticker
    /// A recording to be played in place.
    case voice
    /// A role of a newer version.
    case unknown(UInt8)
  }
}

extension Attachment: Hashable {
  /// Whether everything is equal, the key included, which is compared in constant time.
  public static func == (left: Self, right: Self) -> Bool {
    left.blob == right.blob && left.name == right.name && left.mediaType == right.mediaType
      && left.byteCount == right.byteCount && left.digest == right.digest && left.role == right.role
      && left.unknownFields == right.unknownFields && left.key.isEqual(to: right.key)
  }

  /// Hashes what names the file, never its key.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(blob)
    hasher.combine(digest)
  }
}

extension Attachment: CustomStringConvertible {
  /// Which file it is, without its key.
  public var description: String { "Attachment(\(blob), \(byteCount) bytes)" }
}
