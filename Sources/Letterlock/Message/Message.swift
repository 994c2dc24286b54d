/// One message, as a person knows it: who, when, what, and how it travelled. SPEC.md "Message".
///
/// Changing anything it says drops the evidence that it was end-to-end encrypted: its protection then is
/// `importedEndToEnd` at most.
public struct Message: Hashable, Sendable {
  /// Names the message; given or drawn at random.
  public var id: MessageID { didSet { forgetEvidence() } }
  /// The conversation it belongs to; sealing to a conversation sets it.
  public var conversation: ConversationID?
  /// Who wrote it.
  public var sender: Sender { didSet { forgetEvidence() } }
  /// When it was sent, by the sender's clock or the service's.
  public var sentAt: Timestamp { didSet { forgetEvidence() } }
  /// When it arrived here, if it did.
  public var receivedAt: Timestamp?
  /// How it travelled. `endToEnd` set here is a claim, shown as `importedEndToEnd`.
  public var carriage: Carriage { didSet { forgetCarriage() } }
  /// What it says or does.
  public var body: Body { didSet { forgetEvidence() } }
  /// Its files.
  public var attachments: [Attachment] { didSet { forgetEvidence() } }
  /// The message it answers.
  public var replyTo: MessageID? { didSet { forgetEvidence() } }
  /// How it makes its entrance.
  public var effect: Effect? { didSet { forgetEvidence() } }
  /// The subject line.
  public var subject: String? { didSet { forgetEvidence() } }
  /// When the last edit that is already part of the text was made.
  public var editedAt: Timestamp? { didSet { forgetEvidence() } }
  /// When it went to "recently deleted" at its source.
  public var recentlyDeletedAt: Timestamp?
  /// To whom it went, where its source says so.
  public var recipients: [Address] { didSet { forgetEvidence() } }
  /// Where an importer found it.
  public var origin: Origin?

  /// What is known of its end-to-end encryption; only meaningful with the carriage `endToEnd`.
  var standing: EndToEndStanding = .claimed
  /// Fields of a newer version, by number.
  package internal(set) var unknownFields: [UnknownValue] = []

  /// A message of any kind.
  ///
  /// The carriage `endToEnd` is the caller's word, and shown as `importedEndToEnd`.
  public init(
    id: MessageID = MessageID(), conversation: ConversationID? = nil, sender: Sender,
    sentAt: Timestamp = .now, receivedAt: Timestamp? = nil, carriage: Carriage, body: Body,
    attachments: [Attachment] = [], replyTo: MessageID? = nil, effect: Effect? = nil,
    subject: String? = nil, editedAt: Timestamp? = nil, recentlyDeletedAt: Timestamp? = nil,
    recipients: [Address] = [], origin: Origin? = nil
  ) {
    self.id = id
    self.conversation = conversation
    self.sender = sender
    self.sentAt = sentAt
    self.receivedAt = receivedAt
    self.carriage = carriage
    self.body = body
    self.attachments = attachments
    self.replyTo = replyTo
    self.effect = effect
    self.subject = subject
    self.editedAt = editedAt
    self.recentlyDeletedAt = recentlyDeletedAt
    self.recipients = recipients
    self.origin = origin
  }

  private mutating func forgetEvidence() {
    standing = .claimed
  }

  /// The service of an unknown carriage is an unknown field, and means nothing for another carriage.
  private mutating func forgetCarriage() {
    forgetEvidence()
    unknownFields.removeAll { $0.code == FieldNumber.service.rawValue }
  }
}

extension Message {
  /// A message that came from `sender` through a carrier.
  public static func carrier(
    _ carrier: Carrier, from sender: Address, text: String, at sentAt: Timestamp = .now
  ) -> Message {
    Message(sender: .other(sender), sentAt: sentAt, carriage: .carrier(carrier), body: .text(RichText(text)))
  }

  /// A message that this person sent through a carrier.
  public static func carrier(
    _ carrier: Carrier, to recipients: Address..., text: String, at sentAt: Timestamp = .now
  ) -> Message {
    Message(
      sender: .me, sentAt: sentAt, carriage: .carrier(carrier), body: .text(RichText(text)),
      recipients: recipients)
  }

  /// A note to oneself, which never travels.
  public static func note(_ text: String, at sentAt: Timestamp = .now) -> Message {
    Message(sender: .me, sentAt: sentAt, carriage: .local, body: .text(RichText(text)))
  }

  /// The text of the body, or of an edit; otherwise empty.
  public var text: String {
    switch body {
    case .text(let rich): rich.text
    case .edit(let edit): edit.newText.text
    case .reaction, .retraction, .sticker, .groupEvent, .app, .unknown: ""
    }
  }
}
