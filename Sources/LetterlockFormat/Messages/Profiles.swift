/// What is known about a conversation; sealed like a message. SPEC.md section 10.8.
public struct ConversationProfile: Hashable, Sendable {
  /// The conversation.
  public var id: ConversationID
  /// Its name, if it has one.
  public var name: String?
  /// Everybody else in it.
  public var participants: [Address]
  /// The service it uses, as its source spells it.
  public var service: String?
  /// Whether it is a group, whatever the count of participants.
  public var isGroup: Bool
  /// Fields of a newer version, by number.
  package internal(set) var unknownFields: [UnknownValue] = []

  /// What is known about a conversation.
  public init(
    id: ConversationID, name: String? = nil, participants: [Address] = [], service: String? = nil,
    isGroup: Bool = false
  ) {
    self.id = id
    self.name = name
    self.participants = participants
    self.service = service
    self.isGroup = isGroup
  }
}

/// What a device tells the account's other devices about itself. SPEC.md section 10.8.
public struct DeviceProfile: Hashable, Sendable {
  /// The name its person gave it.
  public var name: String
  /// When it wrote this, by its own clock.
  public var seenAt: Timestamp?
  /// Fields of a newer version, by number.
  package internal(set) var unknownFields: [UnknownValue] = []

  /// What a device tells about itself.
  public init(name: String, seenAt: Timestamp? = nil) {
    self.name = name
    self.seenAt = seenAt
  }
}
