/// A file that belongs to a message: where its sealed bytes are, how to open them, and what they are.
///
/// It stands inside the message's sealed record. SPEC.md "Attachment reference".
public struct Attachment: Hashable, Sendable {
  /// Names the sealed file.
  public let blob: BlobID
  /// The file's name, if it had one.
  public var name: String?
  /// The media type, such as `image/jpeg`.
  public var mediaType: String
  /// The file's exact length in bytes.
  public let byteCount: UInt64
  /// The file's SHA-256, 32 bytes.
  public let sha256: [UInt8]
  /// What the file is to its message.
  public var role: Role

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

/// What an importer hands over before a file is sealed.
public struct AttachmentSource: Hashable, Sendable {
  /// The file's name, if it had one.
  public var name: String?
  /// The media type, such as `image/jpeg`.
  public var mediaType: String
  /// What the file is to its message.
  public var role: Attachment.Role
  /// Where the bytes are.
  public var content: Content

  /// Where the bytes of a file are.
  public enum Content: Hashable, Sendable {
    /// In a file at this path.
    case file(path: String)
    /// Here.
    case bytes([UInt8])
    /// Nowhere to be found, and why.
    case missing(reason: String)
  }

  /// A file to be sealed with its message.
  public init(name: String? = nil, mediaType: String, role: Attachment.Role = .file, content: Content) {
    self.name = name
    self.mediaType = mediaType
    self.role = role
    self.content = content
  }
}

/// What an importer yields: sealing the files fills `message.attachments`.
public struct ImportedMessage: Hashable, Sendable {
  /// The message, without its attachments.
  public var message: Message
  /// Its files, in order.
  public var attachments: [AttachmentSource]

  /// A message and its files.
  public init(message: Message, attachments: [AttachmentSource] = []) {
    self.message = message
    self.attachments = attachments
  }
}
