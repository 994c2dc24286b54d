extension Message {
  /// What every message has: small, since it is copied wherever a message goes.
  struct Core: Hashable, Sendable {
    var id: MessageID
    var conversation: ConversationID?
    var sender: Sender
    var sentAt: Timestamp
    var receivedAt: Timestamp?
    var carriage: Carriage
    var body: Body
    /// What is known of its end-to-end encryption; only meaningful with the carriage `endToEnd`.
    var standing = EndToEndStanding.claimed
  }
}
