extension Message {
  /// What a message says or does. SPEC.md section 10.5.
  public enum Body: Hashable, Sendable {
    /// Text; empty if there are only attachments.
    case text(RichText)
    /// A reaction to a message, or its removal.
    case reaction(Reaction)
    /// New text for an earlier message of the same sender.
    case edit(Edit)
    /// Takes back `target`; nil if this very message was taken back at its source.
    case retraction(target: MessageID?)
    /// A sticker, perhaps placed on a message.
    case sticker(Sticker)
    /// Something happened to the conversation.
    case groupEvent(GroupEvent)
    /// Something an app made.
    case app(AppContent)
    /// A body of a newer version.
    case unknown(UnknownValue)
  }

  /// New text for an earlier message.
  public struct Edit: Hashable, Sendable {
    /// The message whose text changes.
    public var target: MessageID
    /// What it says from now on.
    public var newText: RichText

    /// New text for `target`.
    public init(target: MessageID, newText: RichText) {
      self.target = target
      self.newText = newText
    }
  }

  /// A sticker.
  public struct Sticker: Hashable, Sendable {
    /// The message it is placed on, if any.
    public var target: MessageID?
    /// The place of its picture in the message's attachments, from 0.
    public var attachment: UInt32

    /// The sticker whose picture is this attachment.
    public init(target: MessageID? = nil, attachment: UInt32) {
      self.target = target
      self.attachment = attachment
    }
  }

  /// How a message makes its entrance: a name such as `com.apple.messages.effect.CKConfettiEffect`.
  public struct Effect: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The effect's name.
    public var name: String

    /// The effect of this name.
    public init(_ name: String) {
      self.name = name
    }

    /// The effect of this name.
    public init(stringLiteral value: String) {
      self.init(value)
    }
  }

  /// Where an importer found a message.
  public struct Origin: Hashable, Sendable {
    /// What was read, such as `chat.db` or `sms.xml`.
    public var source: String
    /// How the source names the message.
    public var identifier: String
    /// The service as the source spells it.
    public var service: String

    /// A message's place in a source.
    public init(source: String, identifier: String, service: String) {
      self.source = source
      self.identifier = identifier
      self.service = service
    }
  }
}

/// A reaction to a message, or its removal.
public struct Reaction: Hashable, Sendable {
  /// The message reacted to.
  public var target: MessageID
  /// Which part of it (text and each attachment count as parts), from 0.
  public var part: UInt32
  /// Which reaction.
  public var kind: Kind
  /// Whether it comes or goes.
  public var change: Change

  /// Which reaction.
  public enum Kind: Hashable, Sendable {
    /// A heart.
    case love
    /// Thumbs up.
    case like
    /// Thumbs down.
    case dislike
    /// Laughter.
    case laugh
    /// Exclamation marks.
    case emphasize
    /// A question mark.
    case question
    /// Any emoji.
    case emoji(String)
    /// A reaction of a newer version.
    case unknown(UnknownValue)
  }

  /// Whether a reaction comes or goes.
  public enum Change: Hashable, Sendable {
    /// The reaction is set.
    case added
    /// The reaction is taken away.
    case removed
  }

  /// A reaction to part `part` of `target`.
  public init(target: MessageID, part: UInt32 = 0, kind: Kind, change: Change = .added) {
    self.target = target
    self.part = part
    self.kind = kind
    self.change = change
  }
}

/// Something that happened to a conversation.
public enum GroupEvent: Hashable, Sendable {
  /// It has a new name, or none any more.
  case nameChanged(String?)
  /// Somebody joined.
  case memberAdded(Address)
  /// Somebody was removed.
  case memberRemoved(Address)
  /// Somebody left.
  case memberLeft(Address)
  /// It has a new picture.
  case photoChanged
  /// Anything else, in words.
  case other(String)
  /// An event of a newer version.
  case unknown(UnknownValue)
}

/// Something an app made.
public struct AppContent: Hashable, Sendable {
  /// The media type, such as `application/vnd.example.poll`.
  public var mediaType: String
  /// The content.
  public var bytes: [UInt8]
  /// What to show where the app is missing.
  public var summary: String?

  /// Content of an app.
  public init(mediaType: String, bytes: [UInt8], summary: String? = nil) {
    self.mediaType = mediaType
    self.bytes = bytes
    self.summary = summary
  }
}
