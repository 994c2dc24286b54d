extension Message {
  /// What most messages have not: kept behind one reference, and not there at all while it is empty.
  struct Extras: Hashable, Sendable {
    var attachments: [Attachment] = []
    var replyTo: MessageID?
    var effect: Effect?
    var subject: String?
    var editedAt: Timestamp?
    var recentlyDeletedAt: Timestamp?
    var recipients: [Address] = []
    var origin: Origin?
    var delivery: Delivery?
    var absentFiles: [AbsentFile] = []
    var unsentPartCount: UInt32 = 0
    var unknownFields: [UnknownValue] = []

    var isEmpty: Bool {
      attachments.isEmpty && replyTo == nil && effect == nil && subject == nil && editedAt == nil
        && recentlyDeletedAt == nil && recipients.isEmpty && origin == nil && delivery == nil
        && absentFiles.isEmpty && unsentPartCount == 0 && unknownFields.isEmpty
    }
  }

  /// A value behind a reference: read where it is, replaced as a whole.
  final class Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
    let value: Value

    init(_ value: Value) {
      self.value = value
    }

    static func == (left: Boxed, right: Boxed) -> Bool {
      left.value == right.value
    }

    func hash(into hasher: inout Hasher) {
      hasher.combine(value)
    }
  }

  /// Its files.
  public var attachments: [Attachment] {
    get { extras?.value.attachments ?? [] }
    set { changeExtras { $0.attachments = newValue } }
  }

  /// The message it answers.
  public var replyTo: MessageID? {
    get { extras?.value.replyTo }
    set { changeExtras { $0.replyTo = newValue } }
  }

  /// How it makes its entrance.
  public var effect: Effect? {
    get { extras?.value.effect }
    set { changeExtras { $0.effect = newValue } }
  }

  /// The subject line.
  public var subject: String? {
    get { extras?.value.subject }
    set { changeExtras { $0.subject = newValue } }
  }

  /// When the last edit that is already part of the text was made.
  public var editedAt: Timestamp? {
    get { extras?.value.editedAt }
    set { changeExtras { $0.editedAt = newValue } }
  }

  /// When it went to "recently deleted" at its source.
  public var recentlyDeletedAt: Timestamp? {
    get { extras?.value.recentlyDeletedAt }
    set { changeExtras(keepingEvidence: core.standing) { $0.recentlyDeletedAt = newValue } }
  }

  /// To whom it went, where its source says so.
  public var recipients: [Address] {
    get { extras?.value.recipients ?? [] }
    set { changeExtras { $0.recipients = newValue } }
  }

  /// Where an importer found it.
  public var origin: Origin? {
    get { extras?.value.origin }
    set { changeExtras(keepingEvidence: core.standing) { $0.origin = newValue } }
  }

  /// Why it has not arrived, if its source says so; nil for what was sent or received.
  public var delivery: Delivery? {
    get { extras?.value.delivery }
    set { changeExtras { $0.delivery = newValue } }
  }

  /// Files that it had at its source, and that no import has brought yet.
  public var absentFiles: [AbsentFile] {
    get { extras?.value.absentFiles ?? [] }
    set { changeExtras(keepingEvidence: core.standing) { $0.absentFiles = newValue } }
  }

  /// How many parts of it were unsent while others stayed.
  public var unsentPartCount: UInt32 {
    get { extras?.value.unsentPartCount ?? 0 }
    set { changeExtras { $0.unsentPartCount = newValue } }
  }

  /// Fields of a newer version, by number.
  package internal(set) var unknownFields: [UnknownValue] {
    get { extras?.value.unknownFields ?? [] }
    set { changeExtras { $0.unknownFields = newValue } }
  }

  private mutating func changeExtras(
    keepingEvidence standing: EndToEndStanding? = nil, _ body: (inout Extras) -> Void
  ) {
    var changed = extras?.value ?? Extras()
    body(&changed)
    extras = changed.isEmpty ? nil : Boxed(changed)
    core.standing = standing ?? core.standing.afterChange
  }
}
