/// What an importer hands over before a file is sealed.
public struct AttachmentSource: Sendable {
  /// The file's name, if it had one.
  public var name: String?
  /// The media type, such as `image/jpeg`.
  public var mediaType: String
  /// What the file is to its message.
  public var role: Attachment.Role
  /// Where the bytes are.
  public var content: Content

  /// Where the bytes of a file are.
  public enum Content: Sendable {
    /// In a file at this path.
    case file(path: String)
    /// Here.
    case bytes([UInt8])
    /// Wherever the stream reads them from.
    case stream(ByteStream)
    /// Nowhere to be found, and why.
    case missing(reason: String)
    /// There, but not whole, or not to be read, and why.
    case damaged(reason: String)

    /// Whether there is anything to seal.
    package var isPresent: Bool {
      switch self {
      case .file, .bytes, .stream: true
      case .missing, .damaged: false
      }
    }
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
public struct ImportedMessage: Sendable {
  /// The message, without its attachments.
  public var message: Message
  /// Its files, in order.
  public var attachments: [AttachmentSource]
  /// What the message said before it was edited or unsent, from its first version on, without its attachments.
  public var earlier: [Message]

  /// A message with its files, and the versions that it had before.
  public init(message: Message, attachments: [AttachmentSource] = [], earlier: [Message] = []) {
    self.message = message
    self.attachments = attachments
    self.earlier = earlier
  }
}
