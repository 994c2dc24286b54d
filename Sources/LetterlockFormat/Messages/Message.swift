/// One message, as a person knows it: who, when, what, and how it travelled. SPEC.md section 10.3.
///
/// Changing anything it says drops the evidence that it was end-to-end encrypted: its protection then is
/// `importedEndToEnd` at most.
public struct Message: Hashable, Sendable {
  /// What every message has.
  var core: Core
  /// What most messages have not.
  var extras: Boxed<Extras>?

  /// A message of any kind.
  ///
  /// The carriage `endToEnd` is the caller's word, and shown as `importedEndToEnd`.
  public init(
    id: MessageID = MessageID(), conversation: ConversationID? = nil, sender: Sender,
    sentAt: Timestamp = .now, receivedAt: Timestamp? = nil, carriage: Carriage, body: Body,
    attachments: [Attachment] = [], replyTo: MessageID? = nil, effect: Effect? = nil,
    subject: String? = nil, editedAt: Timestamp? = nil, recentlyDeletedAt: Timestamp? = nil,
    recipients: [Address] = [], origin: Origin? = nil, delivery: Delivery? = nil
  ) {
    let extras = Extras(
      attachments: attachments, replyTo: replyTo, effect: effect, subject: subject, editedAt: editedAt,
      recentlyDeletedAt: recentlyDeletedAt, recipients: recipients, origin: origin,
      delivery: delivery)
    self.init(
      Core(
        id: id, conversation: conversation, sender: sender, sentAt: sentAt, receivedAt: receivedAt,
        carriage: carriage, body: body),
      extras: extras.isEmpty ? nil : Boxed(extras))
  }

  /// - Parameter extras: nil if they are empty.
  init(_ core: Core, extras: Boxed<Extras>?) {
    self.core = core
    self.extras = extras
  }
}

extension Message {
  /// Names the message; given or drawn at random.
  public var id: MessageID {
    get { core.id }
    set { change { $0.id = newValue } }
  }

  /// The conversation it belongs to; sealing to a conversation sets it.
  public var conversation: ConversationID? {
    get { core.conversation }
    set { core.conversation = newValue }
  }

  /// Who wrote it.
  public var sender: Sender {
    get { core.sender }
    set { change { $0.sender = newValue } }
  }

  /// When it was sent, by the sender's clock or the service's.
  public var sentAt: Timestamp {
    get { core.sentAt }
    set { change { $0.sentAt = newValue } }
  }

  /// When it arrived here, if it did.
  public var receivedAt: Timestamp? {
    get { core.receivedAt }
    set { core.receivedAt = newValue }
  }

  /// How it travelled: said once, when the message is made. What came through a carrier never becomes anything else.
  public var carriage: Carriage { core.carriage }

  /// What it says or does.
  public var body: Body {
    get { core.body }
    set { change { $0.body = newValue } }
  }

  /// The text of the body, of an edit, or of a link or another app's content; otherwise empty.
  public var text: String {
    switch core.body {
    case .text(let rich): rich.text
    case .edit(let edit): edit.newText.text
    case .app(let app): app.summary ?? ""
    case .reaction, .retraction, .sticker, .groupEvent, .unknown: ""
    }
  }

  private mutating func change(_ body: (inout Core) -> Void) {
    body(&core)
    core.standing = core.standing.afterChange
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
}
